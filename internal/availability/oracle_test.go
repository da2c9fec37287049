package availability_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parley/internal/availability"
	"parley/internal/clock"
	"parley/internal/vocab"
)

var zones = []string{
	"UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "America/Havana", "America/St_Johns", "Australia/Lord_Howe",
	"Asia/Kathmandu", "Asia/Gaza", "Africa/Casablanca", "Africa/Cairo", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati",
	"Antarctica/Troll", "America/Nuuk",
}

// Moments near which something rare happens to a zone's clock.
var rare = []time.Time{
	time.Date(2011, 12, 30, 10, 0, 0, 0, time.UTC), // Apia skips a day
	time.Date(2018, 11, 4, 3, 0, 0, 0, time.UTC),   // São Paulo skips midnight
	time.Date(2018, 2, 18, 2, 0, 0, 0, time.UTC),   // and has an hour before midnight twice
	time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC),   // Berlin, Troll
	time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC),
	time.Date(2026, 3, 8, 7, 0, 0, 0, time.UTC), // New York, Havana, St John's
	time.Date(2026, 11, 1, 5, 0, 0, 0, time.UTC),
	time.Date(2026, 4, 4, 15, 0, 0, 0, time.UTC), // Lord Howe, by half an hour
	time.Date(2026, 10, 3, 15, 30, 0, 0, time.UTC),
	time.Date(2026, 2, 15, 2, 0, 0, 0, time.UTC),  // Casablanca, around Ramadan
	time.Date(2026, 4, 23, 22, 0, 0, 0, time.UTC), // Cairo skips midnight
}

const dayMinutes = 24 * 60

// oracle tells by a list of all wall-clock minutes, made range by range and
// minute by minute, which of them are in the hours.
type oracle struct {
	zone *time.Location
	open map[string]bool
}

func minuteOf(t time.Time) string { return t.Format("2006-01-02 15:04") }

func newOracle(s vocab.Availability, around time.Time, days int) *oracle {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		panic(err)
	}
	closed := map[string]bool{}
	for _, h := range s.Holidays {
		closed[h.Date] = true
	}
	o := &oracle{zone: zone, open: map[string]bool{}}
	for d := -days; d <= days; d++ {
		day := around.UTC().Truncate(24*time.Hour).AddDate(0, 0, d)
		for _, h := range s.Hours {
			if closed[day.Format(time.DateOnly)] || vocab.Weekday(upper(day.Weekday())) != h.Day {
				continue
			}
			var fromHour, fromMinute, toHour, toMinute int
			if _, err := fmt.Sscanf(h.From+" "+h.To, "%d:%d %d:%d", &fromHour, &fromMinute, &toHour, &toMinute); err != nil {
				panic(err)
			}
			from, to := fromHour*60+fromMinute, toHour*60+toMinute
			if to <= from {
				to += dayMinutes
			}
			for m := from; m < to; m++ {
				o.open[minuteOf(day.Add(time.Duration(m)*time.Minute))] = true
			}
		}
	}
	return o
}

func upper(d time.Weekday) string {
	return [...]string{"SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"}[d]
}

func (o *oracle) at(t time.Time) bool { return o.open[minuteOf(t.In(o.zone))] }

// turn goes on minute by minute until something changes.
func (o *oracle) turn(t time.Time, within time.Duration) (time.Time, bool) {
	for m := t.Truncate(time.Minute).Add(time.Minute); !m.After(t.Add(within)); m = m.Add(time.Minute) {
		if o.at(m) != o.at(t) {
			return m, true
		}
	}
	return time.Time{}, false
}

// AV-3: the answer is the one that counting minutes gives, in every zone,
// through gaps, repeated hours, holidays, and ranges past midnight that overlap.
func TestHoursAgainstOracle(t *testing.T) {
	t.Parallel()
	someone := []availability.Person{{ID: "user", Available: true}}
	rapid.Check(t, func(t *rapid.T) {
		s := drawSettings(t)
		at := drawMoment(t)
		for n := rapid.IntRange(0, 3).Draw(t, "holidays"); n > 0; n-- {
			day := at.AddDate(0, 0, rapid.IntRange(-2, 9).Draw(t, "holiday"))
			s.Holidays = append(s.Holidays, vocab.Holiday{Date: day.Format(time.DateOnly)})
		}
		const days = 16
		o := newOracle(s, at, days+3)
		a := availability.Evaluate(s, someone, at)
		if got := a.State == vocab.StateAvailable; got != o.at(at) || availability.InHours(s, at) != got {
			t.Fatalf("%s (%s): open is %v, want %v", at, at.In(o.zone), got, o.at(at))
		}
		want, turns := o.turn(at, days*24*time.Hour)
		switch {
		case turns && a.Until != clock.Of(want):
			t.Fatalf("at %s the hours turn at %v, want %s", at.In(o.zone), a.Until, want.In(o.zone))
		case !turns && a.Until.IsSet() && a.Until.Time().Before(at.Add(days*24*time.Hour)):
			t.Fatalf("at %s the hours turn at %v, want no turn within %d days", at.In(o.zone), a.Until, days)
		}
		if a.State == vocab.StateOutOfHours && a.BackAt != a.Until {
			t.Fatalf("back at %v, hours open at %v", a.BackAt, a.Until)
		}
	})
}

func drawSettings(t *rapid.T) vocab.Availability {
	s := vocab.Availability{
		Mode: vocab.AvailabilityOperatingHours, OutOfHours: vocab.OutOfHoursReturnTime,
		TimeZone: rapid.SampledFrom(zones).Draw(t, "zone"),
	}
	clock := func(name string) string {
		// Nights are when clocks are turned.
		hour := rapid.OneOf(rapid.IntRange(0, 4), rapid.IntRange(0, 23)).Draw(t, name+" hour")
		return fmt.Sprintf("%02d:%02d", hour, rapid.SampledFrom([]int{0, 0, 15, 30, 59}).Draw(t, name+" minute"))
	}
	for n := rapid.IntRange(1, 8).Draw(t, "ranges"); n > 0; n-- {
		day := vocab.Weekday(upper(time.Weekday(rapid.IntRange(0, 6).Draw(t, "day"))))
		s.Hours = append(s.Hours, vocab.Hours{Day: day, From: clock("from"), To: clock("to")})
	}
	return s
}

func drawMoment(t *rapid.T) time.Time {
	if rapid.Bool().Draw(t, "rare") {
		near := rapid.SampledFrom(rare).Draw(t, "near")
		return near.Add(time.Duration(rapid.IntRange(-4*dayMinutes*60, dayMinutes*60).Draw(t, "seconds")) * time.Second)
	}
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	return start.Add(time.Duration(rapid.IntRange(0, 37*365*dayMinutes*60).Draw(t, "second")) * time.Second)
}
