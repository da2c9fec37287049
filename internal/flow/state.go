package flow

import (
	"context"
	"time"

	"parley/internal/vocab"
)

// State is where a flow stands.
type State struct {
	StepID string
	Phase  vocab.FlowPhase
	// Tries is how many answers to the question were none.
	Tries int
	// Wait is how long the step waits, while it does.
	Wait time.Duration
	// LastAnswer is what the visitor wrote last that the flow looked at.
	LastAnswer string
	Answers    []vocab.FlowAnswer
	// Outcome is how it ended, once it is over.
	Outcome vocab.FlowOutcome
}

// Begin is where a flow begins, for a visitor who wrote something already.
func Begin(f *vocab.Flow, wrote string) State {
	return State{StepID: f.Start, Phase: vocab.FlowDue, LastAnswer: wrote}
}

// World answers what a flow cannot know by itself.
type World interface {
	// Holds reports whether conditions all hold, none of which is on an answer.
	Holds(ctx context.Context, when []vocab.FlowCondition) (bool, error)
	// FindArticles finds articles that visitors may read, the best first.
	FindArticles(ctx context.Context, query string) ([]string, error)
	// Somebody reports whether someone can take the conversation at once by a step's
	// routing, or by the bot's where it has none.
	Somebody(ctx context.Context, step *vocab.FlowStep) (bool, error)
	// Language is the visitor's, as a BCP 47 tag; empty: not known.
	Language() string
}

// Effect is what a step does outside of the flow; the zero value: nothing.
type Effect struct {
	Say    *Say
	Save   *Save
	Tags   []string
	Ticket *vocab.TicketPreset
	// HandOff leaves the conversation to people.
	HandOff *HandOff
	// End: the bot has nothing more to say.
	End *End
	// Count is what the step's counts gain (BT-5).
	Count Count
}

// Say is a message of the bot's.
type Say struct {
	Markdown     string
	QuickReplies []vocab.QuickReply
	ItemIDs      []string
}

// Save is a property that gets a value.
type Save struct {
	To    vocab.FlowSave
	Value string
	// Said: it is what the visitor said; otherwise the flow itself does.
	Said bool
}

// HandOff is how a conversation is left to people.
type HandOff struct {
	// StepID is the step that has a routing of its own; empty: the bot's applies.
	StepID string
	// Answers are given to people as a note; nil: none are.
	Answers []vocab.FlowAnswer
}

// End is how the bot's part ends.
type End struct {
	// Close: the conversation closes once the visitor is silent (IN-8).
	Close bool
}

// Count is by how much the counts of a step rise.
type Count struct{ Reached, Answered, Left int }
