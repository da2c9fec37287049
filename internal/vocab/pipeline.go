package vocab

// PipelineObject is what goes through a pipeline.
type PipelineObject string

// Objects of pipelines.
const (
	TicketPipeline PipelineObject = "TICKET"
	DealPipeline   PipelineObject = "DEAL"
)

// StageKind is what a stage means (CR-7, CR-9).
type StageKind string

// Kinds of stages.
const (
	StageOpen             StageKind = "OPEN"
	StageWaitingOnContact StageKind = "WAITING_ON_CONTACT"
	StageWaitingOnUs      StageKind = "WAITING_ON_US"
	StageClosed           StageKind = "CLOSED"
	StageWon              StageKind = "WON"
	StageLost             StageKind = "LOST"
)

// StageKinds are the kinds that the stages of an object's pipelines have.
func StageKinds(object PipelineObject) []StageKind {
	if object == DealPipeline {
		return []StageKind{StageOpen, StageWon, StageLost}
	}
	return []StageKind{StageOpen, StageWaitingOnContact, StageWaitingOnUs, StageClosed}
}

// Ended reports whether nothing more is to be done for a record in such a stage.
func (k StageKind) Ended() bool { return k == StageClosed || k == StageWon || k == StageLost }

// FirstStage is a stage of a pipeline that each account begins with.
type FirstStage struct {
	Name        string
	Kind        StageKind
	Probability int
}

// FirstPipeline is a pipeline that each account begins with.
type FirstPipeline struct {
	Object PipelineObject
	Name   string
	Stages []FirstStage
}

// FirstPipelines are the pipelines that each account begins with (CR-7, CR-9).
var FirstPipelines = []FirstPipeline{
	{TicketPipeline, "Support", []FirstStage{
		{"New", StageOpen, 0}, {"Waiting on contact", StageWaitingOnContact, 0}, {"Waiting on us", StageWaitingOnUs, 0}, {"Closed", StageClosed, 0},
	}},
	{DealPipeline, "Sales", []FirstStage{
		{"Appointment scheduled", StageOpen, 20}, {"Qualified", StageOpen, 40}, {"Presentation", StageOpen, 60},
		{"Decision maker bought in", StageOpen, 80}, {"Contract sent", StageOpen, 90}, {"Won", StageWon, 100}, {"Lost", StageLost, 0},
	}},
}

// TicketSource is where a ticket came from.
type TicketSource string

// Sources of tickets.
const (
	TicketFromEmail TicketSource = "EMAIL"
	TicketFromChat  TicketSource = "CHAT"
	TicketFromPhone TicketSource = "PHONE"
	TicketFromForm  TicketSource = "FORM"
	TicketFromAPI   TicketSource = "API"
)

// TicketOwnerRule is who gets the tickets that new mail makes (EM-3).
type TicketOwnerRule string

// Rules of owners.
const (
	OwnerNone                 TicketOwnerRule = "NONE"
	OwnerConversationAssignee TicketOwnerRule = "CONVERSATION_ASSIGNEE"
	OwnerContactOwner         TicketOwnerRule = "CONTACT_OWNER"
	OwnerUser                 TicketOwnerRule = "USER"
)

// TicketPresetProblem is why new tickets are not quite what a preset says (EM-3).
type TicketPresetProblem string

// Problems of presets.
const (
	PresetPipelineArchived TicketPresetProblem = "PIPELINE_ARCHIVED"
	PresetStageArchived    TicketPresetProblem = "STAGE_ARCHIVED"
	PresetOwnerGone        TicketPresetProblem = "OWNER_GONE"
	PresetPropertyArchived TicketPresetProblem = "PROPERTY_ARCHIVED"
)

// TicketOrder is the order of a list of tickets.
type TicketOrder string

// Orders of tickets.
const (
	TicketsByActivity TicketOrder = "ACTIVITY_DESC"
	TicketsNewest     TicketOrder = "CREATED_AT_DESC"
	TicketsByDue      TicketOrder = "DUE_AT_ASC"
)

// DealType is whom a deal is with.
type DealType string

// Types of deals.
const (
	NewBusiness      DealType = "NEW_BUSINESS"
	ExistingBusiness DealType = "EXISTING_BUSINESS"
)

// DealOrder is the order of a list of deals.
type DealOrder string

// Orders of deals.
const (
	DealsByActivity DealOrder = "ACTIVITY_DESC"
	DealsNewest     DealOrder = "CREATED_AT_DESC"
	DealsByClosing  DealOrder = "CLOSE_DATE_ASC"
)

// Money is an amount in a currency: a decimal number, and a code of ISO 4217.
type Money struct {
	Value    string
	Currency string
}
