package availability

import (
	"fmt"
	"slices"
	"time"

	"parley/internal/clock"
	"parley/internal/vocab"
)

// Person is someone who may answer: a target of the rule that the visitor would
// match (AV-0). Capacity does not count.
type Person struct {
	ID string
	// Available says that they are not away (AC-7).
	Available bool
}

// Answer is what there is to say of a channel at one moment. Nothing in it ever
// refuses a message (AV-0).
type Answer struct {
	State vocab.AvailabilityState
	// Shown is whether the launcher is there.
	Shown bool
	// Text is what an admin wrote for a state other than AVAILABLE; empty: the
	// widget's own words.
	Text string
	// ReplyTime is how soon the team typically answers; NONE: nothing is said.
	ReplyTime vocab.ReplyTime
	// BackAt is when the team is back, if out of hours that is what to say; zero
	// also when the hours do not open within a year.
	BackAt clock.Micros
	// Until is when the hours next open or close; zero without such hours, or when
	// that is more than a year away.
	Until clock.Micros
	// Reasons is the chain of reasons, each following from those before.
	Reasons []Reason
}

// Reason is a step to an answer.
type Reason struct {
	Code vocab.AvailabilityReasonCode
	// Text is the step in an English sentence.
	Text string
}

func (a *Answer) addReason(code vocab.AvailabilityReasonCode, format string, args ...any) {
	a.Reasons = append(a.Reasons, Reason{code, fmt.Sprintf(format, args...)})
}

// Evaluate answers for the settings, with the people who count, at a moment (AV-1 to
// AV-3). The zero settings are those of ALWAYS.
func Evaluate(s vocab.Availability, people []Person, at time.Time) Answer {
	a := Answer{State: vocab.StateAvailable, Shown: true, ReplyTime: replyTime(s)}
	switch s.Mode {
	case vocab.AvailabilityTeamStatus:
		a.addReason(vocab.ReasonTeamStatus, "The team is available while someone who could take the chat is.")
		a.answerByPeople(s, people)
	case vocab.AvailabilityOperatingHours:
		a.answerByHours(s, people, at)
	default:
		a.addReason(vocab.ReasonAlways, "The team is always available.")
	}
	return a
}

// InHours reports whether a moment lies within the settings' operating hours,
// whatever the mode (RT-3).
func InHours(s vocab.Availability, at time.Time) bool { return weekOf(s).open(at) }

// OverriddenByBot returns the answer for a targeted message whose bot talks to
// the visitor, whoever else is there: the widget shows (AV-4). Targeting and
// small screens are not its matter.
func (a Answer) OverriddenByBot() Answer {
	reasons := slices.Clone(a.Reasons)
	a.State, a.Shown, a.Text, a.ReplyTime, a.BackAt = vocab.StateAvailable, true, "", vocab.ReplyTimeNone, 0
	a.Reasons = reasons
	a.addReason(vocab.ReasonBot, "A bot replies, so the team is shown as available anyway.")
	return a
}

// Say returns the answer's text, or where an admin wrote none the widget's own
// words, which say returns for the keys "away" and "outOfHours". It is empty
// where there is nothing to say beside the reply time or the time of return.
func (a Answer) Say(say func(key string) string) string {
	switch {
	case a.Text != "" || a.State == vocab.StateAvailable || a.ReplyTime != vocab.ReplyTimeNone || a.BackAt.IsSet():
		return a.Text
	case a.State == vocab.StateAway:
		return say("away")
	}
	return say("outOfHours")
}

func replyTime(s vocab.Availability) vocab.ReplyTime {
	if s.ReplyTime == "" {
		return vocab.ReplyTimeNone
	}
	return s.ReplyTime
}

// answerByHours answers by the hours.
func (a *Answer) answerByHours(s vocab.Availability, people []Person, at time.Time) {
	w := weekOf(s)
	turn, turns := w.nextTurn(at)
	if turns {
		a.Until = clock.Of(turn)
	}
	now := at.In(w.zone).Format("Monday 2006-01-02 15:04")
	if w.open(at) {
		a.addReason(vocab.ReasonInHours, "It is %s in %s, within the operating hours.", now, w.zone)
		a.answerByPeople(s, people)
		return
	}
	if local := at.In(w.zone); w.holidays[dateOf(local)] {
		a.addReason(vocab.ReasonHoliday, "%s is a holiday: hours that start on it are closed.", local.Format(time.DateOnly))
	}
	a.addReason(vocab.ReasonOutOfHours, "It is %s in %s, outside the operating hours.", now, w.zone)
	if turns {
		a.addReason(vocab.ReasonOpens, "They open on %s.", turn.In(w.zone).Format("Monday 2006-01-02 15:04"))
	} else {
		a.addReason(vocab.ReasonNeverOpens, "They do not open within a year.")
	}
	a.answerOutOfHours(s)
}

// answerByPeople answers by who is available.
func (a *Answer) answerByPeople(s vocab.Availability, people []Person) {
	available := 0
	for _, p := range people {
		if p.Available {
			available++
		}
	}
	if available > 0 {
		a.addReason(vocab.ReasonSomeoneAvailable, "%d of the %d people who count are available.", available, len(people))
		return
	}
	a.addReason(vocab.ReasonAllAway, "None of the %d people who count is available.", len(people))
	a.State, a.ReplyTime = vocab.StateAway, vocab.ReplyTimeNone
	if s.WhenAway == vocab.AwayHide {
		a.hideLauncher()
		return
	}
	a.Text = s.AwayMessage
}
