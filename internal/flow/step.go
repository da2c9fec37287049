package flow

import (
	"context"
	"slices"
	"strings"
	"time"

	"parley/internal/vocab"
)

// Retries is how often a question is asked again, unless it says otherwise.
const Retries = 2

// Input is what happened.
type Input struct {
	// Text is what the visitor wrote since; nil: nothing.
	Text *string
}

// Step does what is next in a flow, and returns what follows from it and where the flow
// stands then. Without input a question goes on being asked, and a wait is over: its time
// is the caller's matter. A flow that is over stays so.
func Step(ctx context.Context, f *vocab.Flow, s State, in Input, w World) (Effect, State, error) {
	step, _ := f.Step(s.StepID)
	if step == nil || s.Phase == vocab.FlowOver {
		s.Phase = vocab.FlowOver
		return Effect{}, s, nil
	}
	if in.Text != nil {
		return take(f, step, s, *in.Text, w)
	}
	switch s.Phase {
	case vocab.FlowAsked:
		return Effect{}, s, nil
	case vocab.FlowWaiting:
		s.Wait = 0
		return Effect{}, s.to(step.Next), nil
	}
	e, s, err := do(ctx, step, s, w)
	e.Count.Reached++
	return e, s, err
}

// to has the flow stand before a step.
func (s State) to(stepID *string) State {
	s.Phase, s.Tries = vocab.FlowDue, 0
	if stepID == nil {
		s.StepID, s.Phase = "", vocab.FlowOver
		return s
	}
	s.StepID = *stepID
	return s
}

func (s State) over(outcome vocab.FlowOutcome) State {
	s.Phase, s.Outcome = vocab.FlowOver, outcome
	return s
}

// take takes what the visitor wrote. Who wants a person gets one, whatever was asked; what
// no question asked for is no answer.
func take(f *vocab.Flow, step *vocab.FlowStep, s State, text string, w World) (Effect, State, error) {
	if WantsPerson(f, text) && !isChoice(step, s, text) {
		s.LastAnswer = text
		return Effect{HandOff: &HandOff{Answers: orNone(s.Answers)}, Count: Count{Left: 1}}, s.over(vocab.FlowHandedOff), nil
	}
	if s.Phase != vocab.FlowAsked {
		return Effect{}, s, nil
	}
	s.LastAnswer = text
	got, ok := readAnswer(step, text)
	if !ok {
		return again(step, s, w)
	}
	e := Effect{Count: Count{Answered: 1}}
	if !got.skips {
		// Of each question the last answer is kept: a visitor may go round for as long as they like.
		s.Answers = append(slices.DeleteFunc(slices.Clone(s.Answers), func(a vocab.FlowAnswer) bool { return a.StepID == step.ID }),
			vocab.FlowAnswer{StepID: step.ID, Question: value(step.Markdown), Value: got.value})
		if step.Save != nil {
			e.Save = &Save{To: *step.Save, Value: got.value, Said: true}
		}
	}
	if got.choice != nil && got.choice.Next != nil {
		return e, s.to(got.choice.Next), nil
	}
	return e, s.to(step.Next), nil
}

// isChoice reports whether the question that is asked offers just this answer.
func isChoice(step *vocab.FlowStep, s State, text string) bool {
	return s.Phase == vocab.FlowAsked && matchExactly(step.Choices, text) != nil
}

// again asks again, or gives up on a question.
func again(step *vocab.FlowStep, s State, w World) (Effect, State, error) {
	retries := Retries
	if step.Retries != nil && *step.Retries > 0 {
		retries = *step.Retries
	}
	if s.Tries++; s.Tries <= retries {
		return Effect{Say: &Say{Markdown: invalidText(step, w.Language()), QuickReplies: offered(step)}}, s, nil
	}
	if step.OnFail != nil {
		return Effect{Count: Count{Left: 1}}, s.to(step.OnFail), nil
	}
	return Effect{HandOff: &HandOff{Answers: orNone(s.Answers)}, Count: Count{Left: 1}}, s.over(vocab.FlowHandedOff), nil
}

// do begins a step.
func do(ctx context.Context, step *vocab.FlowStep, s State, w World) (Effect, State, error) {
	switch step.Kind {
	case vocab.FlowSay:
		return Effect{Say: &Say{Markdown: value(step.Markdown), ItemIDs: step.LibraryItemIDs}}, s.to(step.Next), nil
	case vocab.FlowAsk:
		s.Phase, s.Tries = vocab.FlowAsked, 0
		return Effect{Say: &Say{Markdown: value(step.Markdown), QuickReplies: offered(step)}}, s, nil
	case vocab.FlowBranch:
		next, err := branch(ctx, step, s, w)
		return Effect{}, s.to(next), err
	case vocab.FlowWait:
		s.Phase, s.Wait = vocab.FlowWaiting, time.Duration(value(step.Seconds))*time.Second
		return Effect{}, s, nil
	case vocab.FlowCreateTicket:
		return Effect{Ticket: step.Preset}, s.to(step.Next), nil
	case vocab.FlowTag:
		return Effect{Tags: step.Tags}, s.to(step.Next), nil
	case vocab.FlowSet:
		return Effect{Save: &Save{To: *step.Save, Value: value(step.Value)}}, s.to(step.Next), nil
	case vocab.FlowSearchArticles:
		return find(ctx, step, s, w)
	case vocab.FlowHandOff:
		return handOff(ctx, step, s, w)
	}
	return end(step, s)
}

func end(step *vocab.FlowStep, s State) (Effect, State, error) {
	e := Effect{End: &End{Close: step.Close == nil || *step.Close}}
	if text := value(step.Text); text != "" {
		e.Say = &Say{Markdown: text}
	}
	return e, s.over(vocab.FlowEnded), nil
}

func find(ctx context.Context, step *vocab.FlowStep, s State, w World) (Effect, State, error) {
	ids, err := w.FindArticles(ctx, s.LastAnswer)
	if err != nil || len(ids) == 0 {
		return Effect{}, s.to(step.NotFound), err
	}
	return Effect{Say: &Say{Markdown: value(step.Text), ItemIDs: ids}}, s.to(step.Found), nil
}

func handOff(ctx context.Context, step *vocab.FlowStep, s State, w World) (Effect, State, error) {
	if step.IfNobody != nil {
		there, err := w.Somebody(ctx, step)
		if err != nil || !there {
			return Effect{}, s.to(step.IfNobody), err
		}
	}
	e := Effect{HandOff: &HandOff{}}
	if step.Routing != nil {
		e.HandOff.StepID = step.ID
	}
	if step.Context == nil || *step.Context {
		e.HandOff.Answers = orNone(s.Answers)
	}
	if text := value(step.Text); text != "" {
		e.Say = &Say{Markdown: text}
	}
	return e, s.over(vocab.FlowHandedOff), nil
}

// branch is the step that follows a branch.
func branch(ctx context.Context, step *vocab.FlowStep, s State, w World) (*string, error) {
	for i, c := range step.Cases {
		var others []vocab.FlowCondition
		met := true
		for _, when := range c.When {
			if when.Answer == nil {
				others = append(others, when)
			} else {
				met = met && compare(s.LastAnswer, *when.Answer)
			}
		}
		if met && len(others) > 0 {
			var err error
			if met, err = w.Holds(ctx, others); err != nil {
				return nil, err
			}
		}
		if met {
			return &step.Cases[i].Next, nil
		}
	}
	return step.Otherwise, nil
}

// compare compares what the visitor wrote, without regard to case and accents.
func compare(text string, c vocab.RoutingCondition) bool {
	text, wanted := Plain(text), Plain(c.Value)
	switch c.Operator {
	case vocab.RoutingIsNot:
		return text != wanted
	case vocab.RoutingContains:
		return strings.Contains(text, wanted)
	case vocab.RoutingNotContains:
		return !strings.Contains(text, wanted)
	case vocab.RoutingStartsWith:
		return strings.HasPrefix(text, wanted)
	case vocab.RoutingKnown:
		return text != ""
	case vocab.RoutingUnknown:
		return text == ""
	}
	return text == wanted
}

// offered are the buttons of a question.
func offered(step *vocab.FlowStep) []vocab.QuickReply {
	var list []vocab.QuickReply
	for _, c := range step.Choices {
		list = append(list, vocab.QuickReply{Text: c.Text, Value: valueOf(c)})
	}
	if text := value(step.SkipText); text != "" {
		list = append(list, vocab.QuickReply{Text: text, Value: text})
	}
	return list
}

func orNone(answers []vocab.FlowAnswer) []vocab.FlowAnswer {
	if answers == nil {
		return []vocab.FlowAnswer{}
	}
	return answers
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
