// Package errs has the one error type of Parley. A use case returns an *Error
// where the rule is that was broken; the graph package turns it into a
// GraphQL answer at one place. An error of any other type is internal: callers
// never see its text, only an id that the log has too.
package errs

import (
	"errors"
	"fmt"
	"math"
	"time"

	"parley/internal/clock"
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

// Codes of user errors: what the caller can correct. In a mutation they are
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
	ProofRequired         Code = "PROOF_REQUIRED"
	SenderBlocked         Code = "SENDER_BLOCKED"
	LastAdmin             Code = "LAST_ADMIN"
	ChannelNotConnected   Code = "CHANNEL_NOT_CONNECTED"
	NotEligible           Code = "NOT_ELIGIBLE"
	InUse                 Code = "IN_USE"
	ConversationNotClosed Code = "CONVERSATION_NOT_CLOSED"
	TranscriptUnavailable Code = "TRANSCRIPT_UNAVAILABLE"
	MissingPlaceholder    Code = "MISSING_PLACEHOLDER"
	FieldsRequired        Code = "FIELDS_REQUIRED"
	ReplyWindowClosed     Code = "REPLY_WINDOW_CLOSED"
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
	// Also are more objects for the payload to show, such as what came since.
	Also []any
	// Data is what a program acts on, so that it need not read the message.
	Data Data
}

// Data is what an error says to programs: fields of UserError, and extensions of
// other errors, of the same names. What is zero is not known.
type Data struct {
	// RetryAt is when the same call may succeed.
	RetryAt clock.Micros
	// ClosableAt is when the conversation can be closed.
	ClosableAt clock.Micros
	// HolderID is the user who has what the caller wanted.
	HolderID string
	// Limit is the most that is allowed: characters, bytes or rows, as the message says.
	Limit int
	// Missing are the fields that the visitor has yet to fill in.
	Missing []string
}

// Error returns the code and the message.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// New returns an error that blames no field.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Exceeds returns a TOO_LONG: something is longer, larger or more than the limit.
// A limit that GraphQL's Int cannot hold is in the message only.
func Exceeds[N int | int64](limit N, format string, args ...any) *Error {
	e := New(TooLong, format, args...)
	if int64(limit) > math.MaxInt32 {
		return e
	}
	return e.Having(Data{Limit: int(limit)})
}

// RetryIn returns a RATE_LIMITED: the call may be repeated after the wait, which
// ends the message in whole seconds.
func RetryIn(wait time.Duration, now time.Time, what string) *Error {
	return New(RateLimited, "%s: try again in %d s.", what, Seconds(wait)).Having(Data{RetryAt: clock.Of(now.Add(wait))})
}

// Seconds rounds a wait up, to one second at least.
func Seconds(wait time.Duration) int { return max(1, int(math.Ceil(wait.Seconds()))) }

// Having returns the error with what programs act on.
func (e *Error) Having(d Data) *Error {
	c := *e
	c.Data = d
	return &c
}

// Extensions returns the error as the extensions of a GraphQL error.
func (e *Error) Extensions() map[string]any {
	all := map[string]any{"code": string(e.Code)}
	if len(e.Field) > 0 {
		all["field"] = e.Field
	}
	if e.Data.RetryAt.IsSet() {
		all["retryAt"] = e.Data.RetryAt.String()
	}
	if e.Data.ClosableAt.IsSet() {
		all["closableAt"] = e.Data.ClosableAt.String()
	}
	if e.Data.HolderID != "" {
		all["holderId"] = e.Data.HolderID
	}
	if e.Data.Limit != 0 {
		all["limit"] = e.Data.Limit
	}
	if len(e.Data.Missing) > 0 {
		all["missing"] = e.Data.Missing
	}
	return all
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

// Showing returns the error with one more object that the payload shows.
func (e *Error) Showing(more any) *Error {
	c := *e
	c.Also = append(c.Also[:len(c.Also):len(c.Also)], more)
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

// All returns each *Error of a tree of joined errors, in its order; what is none is
// left out.
func All(err error) []*Error {
	switch e := err.(type) { //nolint:errorlint // it walks the tree itself
	case *Error:
		return []*Error{e}
	case interface{ Unwrap() []error }:
		var all []*Error
		for _, one := range e.Unwrap() {
			all = append(all, All(one)...)
		}
		return all
	case interface{ Unwrap() error }:
		return All(e.Unwrap())
	}
	return nil
}
