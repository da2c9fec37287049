package vocab

import "parley/internal/clock"

// AssignOnReply says whether whoever answers an unassigned conversation gets it (IN-21).
type AssignOnReply string

// Whether answering assigns.
const (
	AssignOnReplyOn       AssignOnReply = "ON"
	AssignOnReplyTeamOnly AssignOnReply = "TEAM_ONLY"
	AssignOnReplyOff      AssignOnReply = "OFF"
)

// OnClose says what becomes of the assignee when a conversation is closed (RT-9).
type OnClose string

// What becomes of the assignee.
const (
	OnCloseKeepAssignee OnClose = "KEEP_ASSIGNEE"
	OnCloseRelease      OnClose = "RELEASE"
)

// DefaultNoAnswerSeconds is how long someone has whom routing chose (RT-8).
const DefaultNoAnswerSeconds = 120

// InboxSettings is how the conversations of an inbox are worked on. The zero value is
// that of a new inbox.
type InboxSettings struct {
	// AssignOnReply is "" for ON.
	AssignOnReply     AssignOnReply `json:"assignOnReply,omitempty"`
	ShowQueuePosition bool          `json:"showQueuePosition,omitempty"`
	// CloseSilentChatsAfter and CloseSilentEmailsAfter are minutes; 0: never. The
	// moments are those at which they were switched on (IN-22).
	CloseSilentChatsAfter  int          `json:"closeSilentChatsAfter,omitempty"`
	CloseSilentChatsSince  clock.Micros `json:"closeSilentChatsSince,omitempty"`
	CloseSilentEmailsAfter int          `json:"closeSilentEmailsAfter,omitempty"`
	CloseSilentEmailsSince clock.Micros `json:"closeSilentEmailsSince,omitempty"`
	FarewellText           string       `json:"farewellText,omitempty"`
	RerouteUnanswered      bool         `json:"rerouteUnanswered,omitempty"`
	// NoAnswerSeconds is 0 for DefaultNoAnswerSeconds.
	NoAnswerSeconds int `json:"noAnswerSeconds,omitempty"`
	// PassOnAfter are minutes; 0: never (AC-15).
	PassOnAfter int `json:"passOnAfter,omitempty"`
	// OnClose is "" for KEEP_ASSIGNEE.
	OnClose OnClose `json:"onClose,omitempty"`
	// NoFilteredDigest: admins get no weekly mail about what was filtered (IN-11).
	NoFilteredDigest bool `json:"noFilteredDigest,omitempty"`
	// Rating is what contacts are asked after a close; nil: nothing (CO-5).
	Rating *RatingSettings `json:"rating,omitempty"`
	// EscalateAfter are minutes; 0: never. EscalateTo is a team; "": the admins who are
	// members (NT-1).
	EscalateAfter int    `json:"escalateAfter,omitempty"`
	EscalateTo    string `json:"escalateTo,omitempty"`
	// AnswersByMail: notifications may be answered by e-mail (NT-8).
	AnswersByMail bool `json:"answersByMail,omitempty"`
}

// FilteredDigest reports whether admins get a weekly mail about what was filtered (IN-11).
func (s *InboxSettings) FilteredDigest() bool { return !s.NoFilteredDigest }

// WorkingHours are those of a user (AC-15); none: no hours.
type WorkingHours struct {
	TimeZone string    `json:"timeZone,omitempty"`
	Hours    []Hours   `json:"hours,omitempty"`
	Holidays []Holiday `json:"holidays,omitempty"`
}
