package engagement

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/richtext"
	"parley/internal/vocab"
)

// Limits of what bodies say, in characters, and of their lists.
const (
	maxText   = 20_000
	maxTitle  = 500
	maxPlace  = 500
	maxPhone  = 50
	maxPeople = 100
	// maxSeconds is a day.
	maxSeconds = 24 * 60 * 60
)

// clean returns the body as it is kept. Errors blame fields below "body".
func (in EngagementBodyInput) clean() (vocab.EngagementBody, error) {
	var b vocab.EngagementBody
	var err error
	switch {
	case in.Note != nil:
		b.Note, err = in.Note.clean()
	case in.Call != nil:
		b.Call, err = in.Call.clean()
	case in.Email != nil:
		b.Email, err = in.Email.clean()
	case in.Meeting != nil:
		b.Meeting, err = in.Meeting.clean()
	case in.Task != nil:
		b.Task, err = in.Task.clean()
	default:
		err = errs.New(errs.Invalid, "Give exactly one of note, call, email, meeting and task.").On("body")
	}
	return b, err
}

// field reads the fields of one part of a body, and collects what is wrong with them.
type field struct {
	part   string
	faults []error
}

func (f *field) path(name ...string) []string { return append([]string{"body", f.part}, name...) }

func (f *field) err() error { return errors.Join(f.faults...) }

// text reads a text of several lines; nil: none.
func (f *field) text(given *string, name string) string {
	if given == nil {
		return ""
	}
	if n := utf8.RuneCountInString(*given); n > maxText {
		f.faults = append(f.faults, errs.Exceeds(maxText, "The text has %d characters; at most %d are allowed.", n, maxText).On(f.path(name)...))
		return ""
	}
	clean, err := richtext.Clean(*given, f.path(name)...)
	f.faults = append(f.faults, err)
	return strings.TrimSpace(clean)
}

// line reads a text on one line; nil: none.
func (f *field) line(given *string, most int, name ...string) string {
	if given == nil {
		return ""
	}
	clean, err := richtext.OneLine(*given, most, f.path(name...)...)
	if !errs.Is(err, errs.Required) {
		f.faults = append(f.faults, err)
	}
	return clean
}

// must refuses a text that is missing.
func (f *field) must(text, name string) string {
	if text == "" && f.err() == nil {
		f.faults = append(f.faults, errs.New(errs.Required, "Enter a text.").On(f.path(name)...))
	}
	return text
}

// address reads an e-mail address; nil: none.
func (f *field) address(given *string, name ...string) string {
	if given == nil || *given == "" {
		return ""
	}
	clean, err := account.CleanEmail(*given, name[0])
	if e := errs.Of(err); e != nil {
		err = e.On(f.path(name...)...)
	}
	f.faults = append(f.faults, err)
	return clean
}

// tooMany refuses a list that is too long.
func (f *field) tooMany(n int, name string) bool {
	if n > maxPeople {
		f.faults = append(f.faults, errs.Exceeds(maxPeople, "There are %d; at most %d are allowed.", n, maxPeople).On(f.path(name)...))
	}
	return n > maxPeople
}

// instant is a time that was given; zero: none.
func instant(given *clock.Micros) clock.Micros {
	if given == nil {
		return 0
	}
	return *given
}

func orZero[T any](given *T) (v T) {
	if given != nil {
		v = *given
	}
	return v
}

func (in *EngagementNoteInput) clean() (*vocab.EngagementNote, error) {
	f := field{part: "note"}
	n := &vocab.EngagementNote{Text: f.must(f.text(&in.Text, "text"), "text")}
	return n, f.err()
}

func (in *EngagementCallInput) clean() (*vocab.EngagementCall, error) {
	f := field{part: "call"}
	c := &vocab.EngagementCall{
		Direction: in.Direction, Phone: f.line(in.Phone, maxPhone, "phone"), Outcome: in.Outcome, StartedAt: instant(in.StartedAt),
		Seconds: in.Seconds, Text: f.text(in.Text, "text"), RecordingURL: orZero(in.RecordingURL),
	}
	if in.Seconds != nil && (*in.Seconds < 0 || *in.Seconds > maxSeconds) {
		f.faults = append(f.faults, errs.New(errs.Invalid, "A call takes from 0 to %d seconds.", maxSeconds).On(f.path("seconds")...))
	}
	return c, f.err()
}

func (in *EngagementEmailInput) clean() (*vocab.EngagementEmail, error) {
	f := field{part: "email"}
	m := &vocab.EngagementEmail{
		Subject: f.line(in.Subject, maxTitle, "subject"), Text: f.text(in.Text, "text"), From: f.address(in.From, "from"), SentAt: instant(in.SentAt),
	}
	if f.tooMany(len(in.To), "to") {
		return nil, f.err()
	}
	for i, to := range in.To {
		m.To = append(m.To, f.address(&to, "to", strconv.Itoa(i)))
	}
	if m.Subject == "" {
		f.must(m.Text, "text")
	}
	return m, f.err()
}

func (in *EngagementMeetingInput) clean() (*vocab.EngagementMeeting, error) {
	f := field{part: "meeting"}
	m := &vocab.EngagementMeeting{
		Title: f.must(f.line(&in.Title, maxTitle, "title"), "title"), StartsAt: in.StartsAt, EndsAt: instant(in.EndsAt), Place: f.line(in.Place, maxPlace, "place"),
		Outcome: in.Outcome, Text: f.text(in.Text, "text"),
	}
	if m.EndsAt.IsSet() && m.EndsAt < m.StartsAt {
		f.faults = append(f.faults, errs.New(errs.Invalid, "The meeting ends before it starts.").On(f.path("endsAt")...))
	}
	if f.tooMany(len(in.Attendees), "attendees") {
		return nil, f.err()
	}
	for i, who := range in.Attendees {
		if clean := f.line(&who, account.MaxName, "attendees", strconv.Itoa(i)); clean != "" {
			m.Attendees = append(m.Attendees, clean)
		}
	}
	return m, f.err()
}

func (in *EngagementTaskInput) clean() (*vocab.EngagementTask, error) {
	f := field{part: "task"}
	t := &vocab.EngagementTask{
		Title: f.must(f.line(&in.Title, maxTitle, "title"), "title"), Type: vocab.TaskToDo, Text: f.text(in.Text, "text"), DueAt: instant(in.DueAt),
		RemindAt: instant(in.RemindAt), AssigneeID: orZero(in.AssigneeID),
	}
	if in.Type != nil {
		t.Type = *in.Type
	}
	return t, f.err()
}
