package engagement

import (
	"parley/internal/clock"
	"parley/internal/opt"
	"parley/internal/vocab"
)

// EngagementNoteInput is something worth knowing.
type EngagementNoteInput struct{ Text string }

// EngagementCallInput is a phone call that took place.
type EngagementCallInput struct {
	Direction    vocab.CallDirection
	Phone        *string
	Outcome      *vocab.CallOutcome
	StartedAt    *clock.Micros
	Seconds      *int
	Text         *string
	RecordingURL *string
}

// EngagementEmailInput is a mail that was sent elsewhere.
type EngagementEmailInput struct {
	Subject *string
	Text    *string
	From    *string
	To      []string
	SentAt  *clock.Micros
}

// EngagementMeetingInput is a meeting that took place, or will.
type EngagementMeetingInput struct {
	Title     string
	StartsAt  clock.Micros
	EndsAt    *clock.Micros
	Place     *string
	Outcome   *vocab.MeetingOutcome
	Attendees []string
	Text      *string
}

// EngagementTaskInput is something that someone is to do.
type EngagementTaskInput struct {
	Title      string
	Type       *vocab.EngagementTaskType
	Text       *string
	DueAt      *clock.Micros
	RemindAt   *clock.Micros
	AssigneeID *string
}

// EngagementBodyInput is exactly one of them.
type EngagementBodyInput struct {
	Note    *EngagementNoteInput
	Call    *EngagementCallInput
	Email   *EngagementEmailInput
	Meeting *EngagementMeetingInput
	Task    *EngagementTaskInput
}

// LogEngagementInput is the input of logEngagement. What was done or is to do, and of what.
type LogEngagementInput struct {
	// ID is the engagement's id, if the caller chose it.
	ID             *string
	ConversationID *string
	ContactID      *string
	CompanyID      *string
	DealID         *string
	TicketID       *string
	// Kind, if given, is that of the body.
	Kind           *vocab.EngagementKind
	Body           EngagementBodyInput
	OwnerID        *string
	AttachmentIDs  []string
	ExternalID     *string
	IdempotencyKey *string
}

// UpdateEngagementInput is the input of updateEngagement. What is left out stays as it is.
type UpdateEngagementInput struct {
	EngagementID     string
	ExpectedRevision *int
	// Body is the whole of it, of the same kind.
	Body           opt.Value[*EngagementBodyInput]
	OwnerID        opt.Value[*string]
	AttachmentIDs  opt.Value[[]string]
	IdempotencyKey *string
}

// DeleteEngagementInput is the input of deleteEngagement. Which engagement to delete.
type DeleteEngagementInput struct {
	EngagementID   string
	IdempotencyKey *string
}

// CompleteTaskInput is the input of completeTask. Which task is done, or is not after all.
type CompleteTaskInput struct {
	EngagementID   string
	Done           *bool
	IdempotencyKey *string
}
