package proposal

import (
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/crm"
)

// ProposalSourceInput is what a proposal goes back to.
type ProposalSourceInput struct {
	Title string
	URL   *string
}

// Grounds are what a proposal says besides what it proposes. It is embedded by value:
// gqlgen binds the SDL's fields to it.
type Grounds struct {
	ID             *string
	ConversationID string
	Confidence     *float64
	Sources        []ProposalSourceInput
	BasedOnNumber  *int
	Reason         *string
	IdempotencyKey *string
}

// ProposeReplyInput is the input of proposeReply. A reply to propose.
type ProposeReplyInput struct {
	Grounds
	Markdown string
}

// ProposeActionInput is the input of proposeAction. An action to propose.
type ProposeActionInput struct {
	Grounds
	Action ProposedActionInput
}

// ProposedActionInput is a mutation with its input: one of them.
type ProposedActionInput struct {
	AssignConversation        *conversation.AssignConversationInput
	CloseConversation         *conversation.CloseConversationInput
	ReopenConversation        *conversation.ReopenConversationInput
	SnoozeConversation        *conversation.SnoozeConversationInput
	TagConversation           *conversation.TagConversationInput
	UntagConversation         *conversation.UntagConversationInput
	HandOffConversation       *conversation.HandOffConversationInput
	SetConversationPriority   *conversation.SetConversationPriorityInput
	SetConversationProperties *conversation.SetConversationPropertiesInput
	CreateTicket              *crm.CreateTicketInput
}

// AcceptProposalInput is the input of acceptProposal. The proposal to accept.
type AcceptProposalInput struct {
	ProposalID       string
	Markdown         *string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// DismissProposalInput is the input of dismissProposal. The proposal to dismiss.
type DismissProposalInput struct {
	ProposalID     string
	Note           *string
	IdempotencyKey *string
}

// ExportProposalOutcomesInput is the input of exportProposalOutcomes. Which outcomes.
type ExportProposalOutcomesInput struct {
	From, To       clock.Micros
	AsOf           *clock.Micros
	IdempotencyKey *string
}
