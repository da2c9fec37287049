package smartlist

import (
	"math"
	"time"

	"parley/internal/clock"
)

// span is when something is in a range of time: from a time on, until another. always and
// clock.Never are a span without this end.
type span struct{ from, until clock.Micros }

const always = clock.Micros(math.MinInt64)

// answerAt is whether it is at a time, and when time alone changes that.
func (s span) answerAt(now clock.Micros) Answer {
	switch {
	case now < s.from:
		return Answer{Due: s.from}
	case s.until == clock.Never:
		return Answer{Holds: true}
	case now < s.until:
		return Answer{Holds: true, Due: s.until}
	}
	return Answer{}
}

// window is when something that was at a time is in the range; nil: at any time.
func (r *ContactListTimeRangeInput) window() func(at clock.Micros) span {
	switch {
	case r == nil:
		return nil
	case r.WithinDays != nil:
		return func(at clock.Micros) span { return span{always, at.Add(days(*r.WithinDays))} }
	case r.MoreThanDaysAgo != nil:
		return func(at clock.Micros) span { return span{at.Add(days(*r.MoreThanDaysAgo)), clock.Never} }
	}
	return nil
}

// ofTime is when a time, in milliseconds, is in the range.
func (r *ContactListDateRangeInput) ofTime(milliseconds clock.Micros) span {
	at := milliseconds * 1000
	switch {
	case r.WithinLastDays != nil:
		return span{at, at.Add(days(*r.WithinLastDays))}
	case r.MoreThanDaysAgo != nil:
		return span{at.Add(days(*r.MoreThanDaysAgo)), clock.Never}
	case r.WithinNextDays != nil:
		return span{at.Add(-days(*r.WithinNextDays)), at}
	}
	return span{always, at.Add(-days(*r.MoreThanDaysAhead))}
}

// ofDay is when a day, counted from 1970 on, is in the range: today is the day that it is
// in the zone.
func (r *ContactListDateRangeInput) ofDay(day int, zone *time.Location) span {
	begins := func(day int) clock.Micros { return clock.Of(time.Date(1970, 1, 1+day, 0, 0, 0, 0, zone)) }
	switch {
	case r.WithinLastDays != nil:
		return span{begins(day), begins(day + 1 + *r.WithinLastDays)}
	case r.MoreThanDaysAgo != nil:
		return span{begins(day + 1 + *r.MoreThanDaysAgo), clock.Never}
	case r.WithinNextDays != nil:
		return span{begins(day - *r.WithinNextDays), begins(day + 1)}
	}
	return span{always, begins(day - *r.MoreThanDaysAhead)}
}

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }
