// Package errs has the one error type of Parley. A use case returns an *Error
// where the rule is that was broken; the graph package turns it into a
// GraphQL answer at one place. An error of any other type is internal: callers
// never see its text, only an id that the log bears too.
package errs

import (
	"errors"
	"fmt"
)

// Code names what went wrong, in the words of the GraphQL contract.
type Code string

// Codes of request errors: they travel as extensions.code of a GraphQL error.
const (
	Unauthenticated Code = "UNAUTHENTICATED"
	Forbidden       Code = "FORBIDDEN"
	BadUserInput    Code = "BAD_USER_INPUT"
	RateLimited     Code = "RATE_LIMITED"
	ComplexityLimit Code = "COMPLEXITY_LIMIT"
	Unavailable     Code = "UNAVAILABLE"
	Internal        Code = "INTERNAL"
	CursorExpired   Code = "CURSOR_EXPIRED"
)

// Codes of user errors: what the caller can put right. In a mutation they are
// the UserErrorCode of a UserError in the payload; elsewhere extensions.code.
const (
	Required              Code = "REQUIRED"
	Invalid               Code = "INVALID"
	TooLong               Code = "TOO_LONG"
	NotFound              Code = "NOT_FOUND"
	AlreadyExists         Code = "ALREADY_EXISTS"
	Conflict              Code = "CONFLICT"
	SeatRequired          Code = "SEAT_REQUIRED"
	NotAMember            Code = "NOT_A_MEMBER"
	InboxLimitReached     Code = "INBOX_LIMIT_REACHED"
	ConfirmationMismatch  Code = "CONFIRMATION_MISMATCH"
	BotConversationActive Code = "BOT_CONVERSATION_ACTIVE"
	ConversationClosed    Code = "CONVERSATION_CLOSED"
	ConsentRequired       Code = "CONSENT_REQUIRED"
	EmailRequired         Code = "EMAIL_REQUIRED"
	SenderBlocked         Code = "SENDER_BLOCKED"
	LastAdmin             Code = "LAST_ADMIN"
	ChannelNotConnected   Code = "CHANNEL_NOT_CONNECTED"
	NotEligible           Code = "NOT_ELIGIBLE"
)

// Error is what a use case returns when a rule refuses the call.
type Error struct {
	Code Code
	// Message says in one English sentence what is wrong and what would be right.
	Message string
	// Field is the path of the input field, e.g. ["routing", "userIds", "1"]; empty when no field is to blame.
	Field []string
	// Current is the object as it is now, set with CONFLICT; the payload shows it.
	Current any
}

// Error returns the code and the message.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// New returns an error that blames no field.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// On returns the error blaming the input field at path.
func (e *Error) On(path ...string) *Error {
	c := *e
	c.Field = path
	return &c
}

// With returns the error bearing the object as it is now.
func (e *Error) With(current any) *Error {
	c := *e
	c.Current = current
	return &c
}

// Of returns the *Error in err's chain, or nil.
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// Is reports whether err is an *Error of the given code.
func Is(err error, code Code) bool {
	e := Of(err)
	return e != nil && e.Code == code
}

// Correctable reports whether the caller can put the error right: then it
// belongs into a mutation's userErrors.
func (e *Error) Correctable() bool {
	switch e.Code {
	case Unauthenticated, Forbidden, BadUserInput, RateLimited, ComplexityLimit, Unavailable, Internal, CursorExpired:
		return false
	}
	return true
}

// Clip shortens what a caller sent, so that a message can quote it: to 80
// characters and an ellipsis.
func Clip(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
