package bot

import (
	"parley/internal/clock"
	"parley/internal/vocab"
)

// PublishBotFlowInput is the input of publishBotFlow. A bot's new flow.
type PublishBotFlowInput struct {
	BotID          string
	Flow           vocab.Flow
	IdempotencyKey *string
}

// SimulateBotInput is the input of simulateBot. A trial of a flow.
type SimulateBotInput struct {
	Flow         SimulatedFlowInput
	FirstMessage *string
	Answers      []string
	InboxID      *string
	ContactID    *string
	Language     *string
	PageURL      *string
	At           *clock.Micros
	SomeoneThere *bool
}

// SimulatedFlowInput is the flow to try: one of them.
type SimulatedFlowInput struct {
	BotID *string
	Flow  *vocab.Flow
}

// Template is a flow to begin with (BT-5).
type Template struct {
	Key, Name, Description string
	Flow                   vocab.Flow
}

// Simulation is what came of a trial (BT-5).
type Simulation struct {
	Messages      []*SimulatedMessage
	Properties    []*SimulatedProperty
	Tags          []string
	CreatesTicket bool
	Steps         []string
	SecondsWaited int
	Outcome       *vocab.FlowOutcome
}

// SimulatedMessage is a message of a trial.
type SimulatedMessage struct {
	Direction      vocab.MessageDirection
	StepID         string
	Markdown       string
	QuickReplies   []vocab.QuickReply
	LibraryItemIDs []string
}

// SimulatedProperty is a property that would be set.
type SimulatedProperty struct {
	Object          vocab.FlowObject
	Property, Value string
}
