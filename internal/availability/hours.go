package availability

import (
	"slices"
	"time"
	_ "time/tzdata" // zones do not depend on the machine

	"parley/internal/vocab"
)

const (
	dayMinutes = 24 * 60
	// horizon is how far ahead an opening is looked for.
	horizon = 366 * 24 * time.Hour
	// step is how much of it is looked at in one go. No clock is turned by more.
	step = 24 * time.Hour
)

// date is a day of the calendar. Calendar days are counted, not lived: the one
// that a zone skips when it moves across the date line has hours too.
type date struct {
	year  int
	month time.Month
	day   int
}

// span is a range of wall-clock time in minutes since its day's midnight. to
// lies after from, and past dayMinutes when the range ends on the next day.
type span struct{ from, to int }

// week is hours ready to be looked up.
type week struct {
	zone     *time.Location
	spans    [7][]span // by the weekday on which they start
	holidays map[date]bool
}

func dateOf(t time.Time) date {
	year, month, day := t.Date()
	return date{year, month, day}
}

// plus returns the date some days later.
func (d date) plus(days int) date { return dateOf(d.at(0).AddDate(0, 0, days)) }

// at returns a wall-clock time of the date as if its zone were UTC.
func (d date) at(minute int) time.Time {
	return time.Date(d.year, d.month, d.day, 0, minute, 0, 0, time.UTC)
}

// starting returns the spans that start on a date: none on a holiday.
func (w *week) starting(d date) []span {
	if w.holidays[d] {
		return nil
	}
	return w.spans[d.at(0).Weekday()]
}

// open reports whether t is within the hours.
func (w *week) open(t time.Time) bool {
	local := t.In(w.zone)
	today, minute := dateOf(local), local.Hour()*60+local.Minute()
	covers := func(s span) bool { return s.from <= minute && minute < s.to }
	coversNextDay := func(s span) bool { return minute < s.to-dayMinutes }
	return slices.ContainsFunc(w.starting(today), covers) || slices.ContainsFunc(w.starting(today.plus(-1)), coversNextDay)
}

// NextTurn returns the first moment after one at which operating hours open or close;
// false: there is none within a year.
func NextTurn(s vocab.Availability, at time.Time) (time.Time, bool) { return weekOf(s).nextTurn(at) }

// nextTurn returns the first moment after t from which the hours are open, if they
// are closed at t, or closed, if they are open. Not ok: there is none within a
// year.
func (w *week) nextTurn(t time.Time) (turn time.Time, ok bool) {
	was, end := w.open(t), t.Add(horizon)
	for from := t; from.Before(end); from = from.Add(step) {
		for _, m := range w.moments(from, from.Add(step)) {
			if !m.After(end) && w.open(m) != was {
				return m, true
			}
		}
	}
	return time.Time{}, false
}

// moments returns, in order, all moments after from and not after to at which
// the hours may turn: where a span starts or ends, and where clocks are turned.
func (w *week) moments(from, to time.Time) []time.Time {
	var list []time.Time
	add := func(m time.Time) {
		if m.After(from) && !m.After(to) {
			list = append(list, m)
		}
	}
	offsets := w.offsets(from, to, add)
	// A span of the day before last may end yesterday, and the zone's day may be
	// one ahead.
	for d, last := dateOf(from.In(w.zone)).plus(-2), dateOf(to.In(w.zone)).plus(1); !last.at(0).Before(d.at(0)); d = d.plus(1) {
		for _, s := range w.starting(d) {
			for _, offset := range offsets {
				add(d.at(s.from).Add(-offset))
				add(d.at(s.to).Add(-offset))
			}
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	return list
}

// offsets returns the zone's distances from UTC between two moments, and reports
// each moment at which one follows another.
func (w *week) offsets(from, to time.Time, turned func(time.Time)) []time.Duration {
	var list []time.Duration
	for t := from; ; {
		local := t.In(w.zone)
		_, seconds := local.Zone()
		list = append(list, time.Duration(seconds)*time.Second)
		_, t = local.ZoneBounds()
		if t.IsZero() || t.After(to) {
			return list
		}
		turned(t)
	}
}
