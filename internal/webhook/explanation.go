package webhook

import (
	"parley/ent"
	"parley/internal/vocab"
)

// Explanation is why an event goes to an endpoint, or does not.
type Explanation struct {
	Steps []*Step
	// Delivery is the first one of the event; nil: there is none.
	Delivery *ent.WebhookDelivery
}

// Matched reports whether the event goes to the endpoint, whatever its state.
func (e *Explanation) Matched() bool {
	for _, s := range e.Steps {
		if !s.Matched && s.Step != vocab.WebhookStepState {
			return false
		}
	}
	return true
}

// Step is the answer to one question.
type Step struct {
	Step    vocab.WebhookStep
	Matched bool
	// Text says why, in a sentence.
	Text string
}
