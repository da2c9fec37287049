package crm

import (
	"parley/internal/clock"
	"parley/internal/opt"
	"parley/internal/property"
	"parley/internal/vocab"
)

// CreatePipelineInput is the input of createPipeline. A new pipeline with its stages.
type CreatePipelineInput struct {
	// ID is the id that the caller chose; nil or "": a new one.
	ID             *string
	Object         vocab.PipelineObject
	Name           string
	CloseTogether  *bool
	Stages         []*NewStageInput
	IdempotencyKey *string
}

// NewStageInput is a stage of a new pipeline.
type NewStageInput struct {
	Name        string
	Kind        vocab.StageKind
	Probability *int
}

// UpdatePipelineInput is the input of updatePipeline. What is left out stays as it is.
type UpdatePipelineInput struct {
	PipelineID     string
	Name           opt.Value[*string]
	Position       opt.Value[*int]
	CloseTogether  opt.Value[*bool]
	IdempotencyKey *string
}

// ArchivePipelineInput is the input of archivePipeline. Which pipeline to archive.
type ArchivePipelineInput struct {
	PipelineID     string
	IdempotencyKey *string
}

// CreatePipelineStageInput is the input of createPipelineStage. A new stage.
type CreatePipelineStageInput struct {
	ID             *string
	PipelineID     string
	Name           string
	Kind           vocab.StageKind
	Probability    *int
	Position       *int
	IdempotencyKey *string
}

// UpdatePipelineStageInput is the input of updatePipelineStage. What is left out stays
// as it is.
type UpdatePipelineStageInput struct {
	StageID        string
	Name           opt.Value[*string]
	Probability    opt.Value[*int]
	Position       opt.Value[*int]
	IdempotencyKey *string
}

// ArchivePipelineStageInput is the input of archivePipelineStage. Which stage to
// archive, and where its records go.
type ArchivePipelineStageInput struct {
	StageID        string
	MoveToStageID  *string
	IdempotencyKey *string
}

// TicketFacts are what a ticket says. What is left out stays as it is.
type TicketFacts struct {
	Subject     opt.Value[*string]
	Description opt.Value[*string]
	PipelineID  opt.Value[*string]
	StageID     opt.Value[*string]
	Priority    opt.Value[*vocab.Priority]
	Source      opt.Value[*vocab.TicketSource]
	OwnerID     opt.Value[*string]
	TeamID      opt.Value[*string]
	DueAt       opt.Value[*clock.Micros]
	Properties  opt.Value[[]vocab.TicketProperty]
	ContactID   opt.Value[*string]
	CompanyID   opt.Value[*string]
	// AddContactIDs are contacts besides that one; those who are there stay.
	AddContactIDs opt.Value[[]string]
	// DefinedProperties are values of defined ones; those that are not named stay.
	DefinedProperties opt.Value[[]property.PropertyValueInput]
}

func (f TicketFacts) course() courseFacts {
	return courseFacts{f.PipelineID, f.StageID, f.OwnerID, f.ContactID, f.CompanyID, f.Properties}
}

// CreateTicketInput is the input of createTicket. A new ticket, of a contact or a
// conversation, or of none.
type CreateTicketInput struct {
	TicketFacts
	ID             *string
	ConversationID *string
	ExternalID     *string
	IdempotencyKey *string
}

// UpdateTicketInput is the input of updateTicket. What is left out stays as it is.
type UpdateTicketInput struct {
	TicketFacts
	TicketID         string
	RemoveContactIDs opt.Value[[]string]
	ExpectedRevision *int
	ExternalID       opt.Value[*string]
	IdempotencyKey   *string
}

// UpsertTicketInput is the input of upsertTicket. The ticket with an external id.
type UpsertTicketInput struct {
	TicketFacts
	ExternalID     string
	ConversationID *string
	IdempotencyKey *string
}

// DeleteTicketInput is the input of deleteTicket. Which ticket to delete.
type DeleteTicketInput struct {
	TicketID       string
	IdempotencyKey *string
}

// DealFacts are what a deal says. What is left out stays as it is.
type DealFacts struct {
	Name       opt.Value[*string]
	Amount     opt.Value[*vocab.Money]
	PipelineID opt.Value[*string]
	StageID    opt.Value[*string]
	Type       opt.Value[*vocab.DealType]
	OwnerID    opt.Value[*string]
	ClosesAt   opt.Value[*clock.Micros]
	LostReason opt.Value[*string]
	Properties opt.Value[[]vocab.TicketProperty]
	ContactID  opt.Value[*string]
	CompanyID  opt.Value[*string]
	// AddContactIDs are contacts besides that one; those who are there stay.
	AddContactIDs opt.Value[[]string]
	// DefinedProperties are values of defined ones; those that are not named stay.
	DefinedProperties opt.Value[[]property.PropertyValueInput]
}

func (f DealFacts) course() courseFacts {
	return courseFacts{f.PipelineID, f.StageID, f.OwnerID, f.ContactID, f.CompanyID, f.Properties}
}

// CreateDealInput is the input of createDeal. A new deal, of a contact or a
// conversation, or of none.
type CreateDealInput struct {
	DealFacts
	ID             *string
	ConversationID *string
	ExternalID     *string
	IdempotencyKey *string
}

// UpdateDealInput is the input of updateDeal. What is left out stays as it is.
type UpdateDealInput struct {
	DealFacts
	DealID           string
	RemoveContactIDs opt.Value[[]string]
	ExpectedRevision *int
	ExternalID       opt.Value[*string]
	IdempotencyKey   *string
}

// UpsertDealInput is the input of upsertDeal. The deal with an external id.
type UpsertDealInput struct {
	DealFacts
	ExternalID     string
	ConversationID *string
	IdempotencyKey *string
}

// DeleteDealInput is the input of deleteDeal. Which deal to delete.
type DeleteDealInput struct {
	DealID         string
	IdempotencyKey *string
}
