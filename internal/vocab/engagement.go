package vocab

import "parley/internal/clock"

// EngagementKind is what someone of the team did with a contact, or is to do (CR-8).
type EngagementKind string

// Kinds of engagements.
const (
	EngagementIsNote    EngagementKind = "NOTE"
	EngagementIsCall    EngagementKind = "CALL"
	EngagementIsEmail   EngagementKind = "EMAIL"
	EngagementIsMeeting EngagementKind = "MEETING"
	EngagementIsTask    EngagementKind = "TASK"
)

// CallDirection is who called.
type CallDirection string

// Directions of calls.
const (
	CallIncoming CallDirection = "INCOMING"
	CallOutgoing CallDirection = "OUTGOING"
)

// CallOutcome is what became of a call.
type CallOutcome string

// Outcomes of calls.
const (
	CallConnected     CallOutcome = "CONNECTED"
	CallNoAnswer      CallOutcome = "NO_ANSWER"
	CallBusy          CallOutcome = "BUSY"
	CallLeftVoicemail CallOutcome = "LEFT_VOICEMAIL"
	CallLeftMessage   CallOutcome = "LEFT_MESSAGE"
	CallWrongNumber   CallOutcome = "WRONG_NUMBER"
)

// MeetingOutcome is what became of a meeting.
type MeetingOutcome string

// Outcomes of meetings.
const (
	MeetingScheduled   MeetingOutcome = "SCHEDULED"
	MeetingCompleted   MeetingOutcome = "COMPLETED"
	MeetingRescheduled MeetingOutcome = "RESCHEDULED"
	MeetingNoShow      MeetingOutcome = "NO_SHOW"
	MeetingCanceled    MeetingOutcome = "CANCELED"
)

// EngagementTaskType is how a task is done.
type EngagementTaskType string

// Types of tasks.
const (
	TaskToDo  EngagementTaskType = "TODO"
	TaskCall  EngagementTaskType = "CALL"
	TaskEmail EngagementTaskType = "EMAIL"
)

// TaskProgress is whether a task is done; "": the engagement is no task.
type TaskProgress string

// Progress of tasks.
const (
	TaskIsOpen TaskProgress = "OPEN"
	TaskIsDone TaskProgress = "DONE"
)

// The bodies of engagements, as they are kept.
type (
	// EngagementNote is something worth knowing.
	EngagementNote struct {
		Text string `json:"text"`
	}
	// EngagementCall is a phone call that took place.
	EngagementCall struct {
		Direction    CallDirection `json:"direction"`
		Phone        string        `json:"phone,omitempty"`
		Outcome      *CallOutcome  `json:"outcome,omitempty"`
		StartedAt    clock.Micros  `json:"startedAt,omitempty"`
		Seconds      *int          `json:"seconds,omitempty"`
		Text         string        `json:"text,omitempty"`
		RecordingURL string        `json:"recordingUrl,omitempty"`
	}
	// EngagementEmail is a mail that was sent elsewhere; Parley never sends it.
	EngagementEmail struct {
		Subject string       `json:"subject,omitempty"`
		Text    string       `json:"text,omitempty"`
		From    string       `json:"from,omitempty"`
		To      []string     `json:"to,omitempty"`
		SentAt  clock.Micros `json:"sentAt,omitempty"`
	}
	// EngagementMeeting is a meeting that took place, or will.
	EngagementMeeting struct {
		Title     string          `json:"title"`
		StartsAt  clock.Micros    `json:"startsAt"`
		EndsAt    clock.Micros    `json:"endsAt,omitempty"`
		Place     string          `json:"place,omitempty"`
		Outcome   *MeetingOutcome `json:"outcome,omitempty"`
		Attendees []string        `json:"attendees,omitempty"`
		Text      string          `json:"text,omitempty"`
	}
	// EngagementTask is something that someone is to do.
	EngagementTask struct {
		Title      string             `json:"title"`
		Type       EngagementTaskType `json:"type"`
		Text       string             `json:"text,omitempty"`
		DueAt      clock.Micros       `json:"dueAt,omitempty"`
		RemindAt   clock.Micros       `json:"remindAt,omitempty"`
		AssigneeID string             `json:"assigneeId,omitempty"`
		DoneAt     clock.Micros       `json:"doneAt,omitempty"`
	}
	// EngagementBody is one of them.
	EngagementBody struct {
		Note    *EngagementNote    `json:"note,omitempty"`
		Call    *EngagementCall    `json:"call,omitempty"`
		Email   *EngagementEmail   `json:"email,omitempty"`
		Meeting *EngagementMeeting `json:"meeting,omitempty"`
		Task    *EngagementTask    `json:"task,omitempty"`
	}
)

// Kind is what the body is of; "": none.
func (b EngagementBody) Kind() EngagementKind {
	switch {
	case b.Note != nil:
		return EngagementIsNote
	case b.Call != nil:
		return EngagementIsCall
	case b.Email != nil:
		return EngagementIsEmail
	case b.Meeting != nil:
		return EngagementIsMeeting
	case b.Task != nil:
		return EngagementIsTask
	}
	return ""
}

// Part is the one that the body is; nil: none.
func (b EngagementBody) Part() any {
	switch {
	case b.Note != nil:
		return b.Note
	case b.Call != nil:
		return b.Call
	case b.Email != nil:
		return b.Email
	case b.Meeting != nil:
		return b.Meeting
	case b.Task != nil:
		return b.Task
	}
	return nil
}

// Texts are what the body says, for a search.
func (b EngagementBody) Texts() []string {
	switch {
	case b.Note != nil:
		return []string{b.Note.Text}
	case b.Call != nil:
		return []string{b.Call.Text, b.Call.Phone}
	case b.Email != nil:
		return append([]string{b.Email.Subject, b.Email.Text, b.Email.From}, b.Email.To...)
	case b.Meeting != nil:
		return append([]string{b.Meeting.Title, b.Meeting.Text, b.Meeting.Place}, b.Meeting.Attendees...)
	case b.Task != nil:
		return []string{b.Task.Title, b.Task.Text}
	}
	return nil
}

// TimelineKind is what an entry of a contact's timeline is (CR-3).
type TimelineKind string

// Kinds of entries.
const (
	TimelineConversation TimelineKind = "CONVERSATION"
	TimelineEngagement   TimelineKind = "ENGAGEMENT"
	TimelineTicket       TimelineKind = "TICKET"
	TimelineDeal         TimelineKind = "DEAL"
	TimelinePageView     TimelineKind = "PAGE_VIEW"
	TimelineConsent      TimelineKind = "CONSENT"
	TimelineListChange   TimelineKind = "LIST_CHANGE"
	TimelineOpening      TimelineKind = "DOCUMENT_OPENING"

	TimelineQuotePublished TimelineKind = "QUOTE_PUBLISHED"
	TimelineQuoteAccepted  TimelineKind = "QUOTE_ACCEPTED"
	TimelineQuoteDeclined  TimelineKind = "QUOTE_DECLINED"
)

// TimelineKinds returns all kinds of entries.
func TimelineKinds() []TimelineKind {
	return []TimelineKind{
		TimelineConversation, TimelineEngagement, TimelineTicket, TimelineDeal, TimelinePageView, TimelineConsent, TimelineListChange, TimelineOpening,
		TimelineQuotePublished, TimelineQuoteAccepted, TimelineQuoteDeclined,
	}
}

// AssociationKind is what a record of a conversation is (CR-3).
type AssociationKind string

// Kinds of records.
const (
	AssociatedContact AssociationKind = "CONTACT"
	AssociatedCompany AssociationKind = "COMPANY"
	AssociatedDeal    AssociationKind = "DEAL"
	AssociatedTicket  AssociationKind = "TICKET"
)

// AssociationSource is why a record belongs to a conversation.
type AssociationSource string

// Sources of associations.
const (
	AssociatedByHand        AssociationSource = "MANUAL"
	AssociatedByRule        AssociationSource = "RULE"
	AssociatedByMail        AssociationSource = "MAIL_PARTICIPANT"
	AssociatedByItsCreation AssociationSource = "CREATED_HERE"
)
