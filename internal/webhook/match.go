package webhook

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// judge asks whether an event goes to an endpoint that reads as v, in the order of the steps.
// With all it asks every question, otherwise none after the first that says no.
func (s *Service) judge(ctx context.Context, asked filters, e *ent.WebhookEndpoint, v *viewer.Viewer, ev *ent.Event, all bool) ([]*Step, error) {
	var steps []*Step
	for _, ask := range []func() (*Step, error){
		func() (*Step, error) { return askRights(e, v, ev), nil },
		func() (*Step, error) { return askType(e, ev), nil },
		func() (*Step, error) { return askInbox(e, ev), nil },
		func() (*Step, error) { return askFields(e, ev), nil },
		func() (*Step, error) { return s.askFilter(ctx, asked, e, v, ev) },
	} {
		step, err := ask()
		if err != nil {
			return nil, err
		}
		steps = append(steps, step)
		if !step.Matched && !all {
			break
		}
	}
	return steps, nil
}

// wants reports whether an event goes to an endpoint that reads as v.
func (s *Service) wants(ctx context.Context, asked filters, e *ent.WebhookEndpoint, v *viewer.Viewer, ev *ent.Event) (bool, error) {
	steps, err := s.judge(ctx, asked, e, v, ev, false)
	return err == nil && (&Explanation{Steps: steps}).Matched(), err
}

func yes(step vocab.WebhookStep, format string, args ...any) *Step {
	return &Step{Step: step, Matched: true, Text: fmt.Sprintf(format, args...)}
}

func no(step vocab.WebhookStep, format string, args ...any) *Step {
	return &Step{Step: step, Text: fmt.Sprintf(format, args...)}
}

func askRights(e *ent.WebhookEndpoint, v *viewer.Viewer, ev *ent.Event) *Step {
	const step = vocab.WebhookStepRights
	switch {
	case v == nil:
		return no(step, "The endpoint's integration no longer has access.")
	case ev.Sequence <= e.SinceSequence:
		return no(step, "The event is from before the endpoint was created. A replay sends it all the same.")
	case !visible(v, ev):
		return no(step, "The endpoint's integration may not see the event: it has not got its inbox, or the event is for one user only.")
	}
	return yes(step, "The endpoint's integration may see the event.")
}

// visible reports whether the endpoint's integration may see an event.
func visible(v *viewer.Viewer, ev *ent.Event) bool {
	return v.Grants("events:read") && event.Visible(v, ev)
}

func askType(e *ent.WebhookEndpoint, ev *ent.Event) *Step {
	const step = vocab.WebhookStepType
	switch {
	case len(e.Types) == 0:
		return yes(step, "The endpoint asks for events of all types.")
	case slices.Contains(e.Types, ev.Type):
		return yes(step, "The endpoint asks for %s.", ev.Type)
	}
	return no(step, "The event is of the type %s, which is none of the endpoint's.", ev.Type)
}

func askInbox(e *ent.WebhookEndpoint, ev *ent.Event) *Step {
	const step = vocab.WebhookStepInbox
	switch {
	case len(e.InboxIds) == 0:
		return yes(step, "The endpoint asks for events of all inboxes.")
	case ev.InboxID == "":
		return no(step, "The event belongs to no inbox, and the endpoint asks for some only.")
	case slices.Contains(e.InboxIds, ev.InboxID):
		return yes(step, "The endpoint asks for events of the inbox %s.", ev.InboxID)
	}
	return no(step, "The event happened in the inbox %s, which is none of the endpoint's.", ev.InboxID)
}

func askFields(e *ent.WebhookEndpoint, ev *ent.Event) *Step {
	const step = vocab.WebhookStepChangedFields
	if len(e.ChangedFields) == 0 {
		return yes(step, "The endpoint asks for no changed field.")
	}
	for _, c := range ev.Changes {
		if slices.Contains(e.ChangedFields, c.Field) {
			return yes(step, "The field %s changed.", c.Field)
		}
	}
	return no(step, "None of the endpoint's fields is among the event's changes.")
}

// filters are answers about conversations at a moment: endpoints that read as the same
// integration and have the same filter share one, and so do the events of a replay.
type filters map[string]*Step

// askFilter asks the filter, unless it was asked before.
func (s *Service) askFilter(ctx context.Context, asked filters, e *ent.WebhookEndpoint, v *viewer.Viewer, ev *ent.Event) (*Step, error) {
	key := strings.Join(append([]string{ev.ConversationID, e.IntegrationID, string(e.Filter), strings.Join(e.Scopes, ",")}, e.InboxIds...), "\n")
	if step := asked[key]; step != nil {
		return step, nil
	}
	step, err := s.compareFilter(ctx, e, v, ev)
	if wrong := errs.Of(err); wrong != nil { // its own fault, and no one else's
		step, err = no(vocab.WebhookStepFilter, "The filter can no longer be compared with conversations. %s", wrong.Message), nil
	}
	if err == nil {
		asked[key] = step
	}
	return step, err
}

// compareFilter compares the conversation as it is now with the filter, as a list does.
func (s *Service) compareFilter(ctx context.Context, e *ent.WebhookEndpoint, v *viewer.Viewer, ev *ent.Event) (*Step, error) {
	const step = vocab.WebhookStepFilter
	if len(e.Filter) == 0 {
		return yes(step, "The endpoint has no filter."), nil
	}
	if ev.ConversationID == "" {
		return no(step, "The event is about no conversation, or about one that was removed."), nil
	}
	if v == nil {
		return no(step, "The endpoint's integration no longer has access."), nil
	}
	filter, err := view.ReadFilter(e.Filter)
	if err != nil {
		return nil, err
	}
	ctx = viewer.NewContext(ctx, narrowed(v, e))
	c, err := s.store.Client(ctx).Conversation.Query().Where(entconversation.ID(ev.ConversationID)).Only(ctx)
	if ent.IsNotFound(err) {
		return no(step, "The endpoint's integration may not see the conversation now."), nil
	}
	if err != nil {
		return nil, err
	}
	passes, err := s.views.Matches(ctx, view.Selection{Filter: filter}, c)
	if err != nil {
		return nil, err
	}
	if passes {
		return yes(step, "The conversation passes the filter."), nil
	}
	return no(step, "The conversation, as it is now, does not pass the filter."), nil
}
