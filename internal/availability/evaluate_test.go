package availability_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/internal/availability"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

var (
	here = []availability.Person{{ID: "a"}, {ID: "b", Available: true}}
	away = []availability.Person{{ID: "a"}, {ID: "b"}}
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

// office is open on weekdays from nine to five in Berlin, with a break on
// Mondays, a night shift from Friday on, and closed on Christmas Day.
func office(change func(*vocab.Availability)) vocab.Availability {
	s := vocab.Availability{
		Mode: vocab.AvailabilityOperatingHours, ReplyTime: vocab.ReplyTimeHours, TimeZone: "Europe/Berlin",
		WhenAway: vocab.AwayMessage, AwayMessage: "At lunch", OutOfHours: vocab.OutOfHoursMessage, OutOfHoursMessage: "Closed",
		Hours: []vocab.Hours{
			{Day: vocab.Monday, From: "09:00", To: "12:00"}, {Day: vocab.Monday, From: "13:00", To: "17:00"},
			{Day: vocab.Tuesday, From: "09:00", To: "17:00"}, {Day: vocab.Wednesday, From: "09:00", To: "17:00"},
			{Day: vocab.Thursday, From: "09:00", To: "17:00"}, {Day: vocab.Friday, From: "22:00", To: "02:30"},
		},
		Holidays: []vocab.Holiday{{Date: "2026-12-25", Name: "Christmas"}},
	}
	if change != nil {
		change(&s)
	}
	return s
}

// told is an answer without the wording of its reasons.
type told struct {
	State         vocab.AvailabilityState
	Shown         bool
	Text          string
	ReplyTime     vocab.ReplyTime
	BackAt, Until string
	Reasons       string
}

func tell(a availability.Answer) told {
	var codes []string
	for _, r := range a.Reasons {
		codes = append(codes, string(r.Code))
	}
	return told{a.State, a.Shown, a.Text, a.ReplyTime, a.BackAt.String(), a.Until.String(), strings.Join(codes, " ")}
}

func TestOf(t *testing.T) {
	t.Parallel()
	const hours, none = vocab.ReplyTimeHours, vocab.ReplyTimeNone
	team := vocab.Availability{Mode: vocab.AvailabilityTeamStatus, ReplyTime: hours, WhenAway: vocab.AwayMessage, AwayMessage: "Away"}
	hidden := team
	hidden.WhenAway = vocab.AwayHide
	// 2026-03-02 is a Monday. Berlin is an hour ahead.
	for _, c := range []struct {
		name     string
		settings vocab.Availability
		people   []availability.Person
		at       string
		want     told
	}{
		{"AV-1: always", vocab.Availability{Mode: vocab.AvailabilityAlways, ReplyTime: vocab.ReplyTimeDay}, away, "2026-03-02T03:00:00Z",
			told{vocab.StateAvailable, true, "", vocab.ReplyTimeDay, "", "", "ALWAYS"}},
		{"AV-1: no settings", vocab.Availability{}, nil, "2026-03-02T03:00:00Z", told{vocab.StateAvailable, true, "", none, "", "", "ALWAYS"}},
		{"AV-2: someone there", team, here, "2026-03-02T03:00:00Z", told{vocab.StateAvailable, true, "", hours, "", "", "TEAM_STATUS SOMEONE_AVAILABLE"}},
		{"AV-2: all away", team, away, "2026-03-02T03:00:00Z", told{vocab.StateAway, true, "Away", none, "", "", "TEAM_STATUS ALL_AWAY"}},
		{"AV-2: nobody counts", team, nil, "2026-03-02T03:00:00Z", told{vocab.StateAway, true, "Away", none, "", "", "TEAM_STATUS ALL_AWAY"}},
		{"AV-2: hide", hidden, away, "2026-03-02T03:00:00Z", told{vocab.StateAway, false, "", none, "", "", "TEAM_STATUS ALL_AWAY HIDDEN"}},
		{"AV-3: in hours", office(nil), here, "2026-03-02T08:00:00Z",
			told{vocab.StateAvailable, true, "", hours, "", "2026-03-02T11:00:00Z", "IN_HOURS SOMEONE_AVAILABLE"}},
		{"AV-3: in hours, all away", office(nil), away, "2026-03-02T15:59:59Z",
			told{vocab.StateAway, true, "At lunch", none, "", "2026-03-02T16:00:00Z", "IN_HOURS ALL_AWAY"}},
		{"AV-3: the break", office(nil), here, "2026-03-02T11:00:00Z",
			told{vocab.StateOutOfHours, true, "Closed", none, "", "2026-03-02T12:00:00Z", "OUT_OF_HOURS OPENS"}},
		{"AV-3: past midnight", office(nil), here, "2026-03-07T01:29:00Z",
			told{vocab.StateAvailable, true, "", hours, "", "2026-03-07T01:30:00Z", "IN_HOURS SOMEONE_AVAILABLE"}},
		{"AV-3: reply time", office(func(s *vocab.Availability) { s.OutOfHours = vocab.OutOfHoursReplyTime }), here, "2026-03-07T01:30:00Z",
			told{vocab.StateOutOfHours, true, "", hours, "", "2026-03-09T08:00:00Z", "OUT_OF_HOURS OPENS"}},
		{"AV-3: return time", office(func(s *vocab.Availability) { s.OutOfHours = vocab.OutOfHoursReturnTime }), here, "2026-03-07T01:30:00Z",
			told{vocab.StateOutOfHours, true, "", none, "2026-03-09T08:00:00Z", "2026-03-09T08:00:00Z", "OUT_OF_HOURS OPENS"}},
		{"AV-3: hide", office(func(s *vocab.Availability) { s.OutOfHours = vocab.OutOfHoursHide }), here, "2026-03-07T01:30:00Z",
			told{vocab.StateOutOfHours, false, "", none, "", "2026-03-09T08:00:00Z", "OUT_OF_HOURS OPENS HIDDEN"}},
		{"AV-3: a holiday closes what starts on it", office(nil), here, "2026-12-25T22:00:00Z",
			told{vocab.StateOutOfHours, true, "Closed", none, "", "2026-12-28T08:00:00Z", "HOLIDAY OUT_OF_HOURS OPENS"}},
		{"AV-3: never", office(func(s *vocab.Availability) { s.Hours, s.OutOfHours = nil, vocab.OutOfHoursReturnTime }), here, "2026-03-07T01:30:00Z",
			told{vocab.StateOutOfHours, true, "Closed", none, "", "", "OUT_OF_HOURS NEVER_OPENS"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, tell(availability.Evaluate(c.settings, c.people, at(t, c.at)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// AV-4: with a bot the widget always shows, and the chain still says how it
// would be without.
func TestBotOverrides(t *testing.T) {
	t.Parallel()
	closed := office(func(s *vocab.Availability) { s.OutOfHours = vocab.OutOfHoursHide })
	a := availability.Evaluate(closed, away, at(t, "2026-03-08T12:00:00Z"))
	want := told{vocab.StateAvailable, true, "", vocab.ReplyTimeNone, "", "2026-03-09T08:00:00Z", "OUT_OF_HOURS OPENS HIDDEN BOT"}
	if diff := cmp.Diff(want, tell(a.OverriddenByBot())); diff != "" {
		t.Error(diff)
	}
	if a.Shown || len(a.Reasons) != 3 {
		t.Error("the answer without a bot changed")
	}
}

// Where no admin wrote a text, the widget has words of its own.
func TestSay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		settings vocab.Availability
		people   []availability.Person
		at, want string
	}{
		{vocab.Availability{}, here, "2026-03-02T08:00:00Z", ""},
		{vocab.Availability{Mode: vocab.AvailabilityTeamStatus}, away, "2026-03-02T08:00:00Z", "<away>"},
		{office(nil), away, "2026-03-02T08:00:00Z", "At lunch"},
		{office(nil), here, "2026-03-07T12:00:00Z", "Closed"},
		{office(func(s *vocab.Availability) { s.OutOfHoursMessage = "" }), here, "2026-03-07T12:00:00Z", "<outOfHours>"},
		{office(func(s *vocab.Availability) { s.OutOfHours = vocab.OutOfHoursReturnTime }), here, "2026-03-07T12:00:00Z", ""},
		{office(func(s *vocab.Availability) { s.OutOfHours = vocab.OutOfHoursReplyTime }), here, "2026-03-07T12:00:00Z", ""},
	} {
		a := availability.Evaluate(c.settings, c.people, at(t, c.at))
		if got := a.Say(func(key string) string { return "<" + key + ">" }); got != c.want {
			t.Errorf("%+v says %q, want %q", a, got, c.want)
		}
	}
}

// AV-3: hours are wall-clock time when clocks are turned.
func TestTurnedClocks(t *testing.T) {
	t.Parallel()
	night := func(day vocab.Weekday, from, to string) vocab.Availability {
		return office(func(s *vocab.Availability) { s.Hours = []vocab.Hours{{Day: day, From: from, To: to}} })
	}
	for _, c := range []struct {
		name     string
		settings vocab.Availability
		at       string
		open     bool
		until    string
	}{
		{"a start in the gap moves to its end", night(vocab.Sunday, "02:30", "04:00"), "2026-03-29T00:59:59Z", false, "2026-03-29T01:00:00Z"},
		{"and ends as written", night(vocab.Sunday, "02:30", "04:00"), "2026-03-29T01:00:00Z", true, "2026-03-29T02:00:00Z"},
		{"what lies in the gap does not open", night(vocab.Sunday, "02:10", "02:50"), "2026-03-29T00:00:00Z", false, "2026-04-05T00:10:00Z"},
		{"the repeated hour counts the first time", night(vocab.Sunday, "02:10", "02:50"), "2026-10-25T00:20:00Z", true, "2026-10-25T00:50:00Z"},
		{"and the second time", night(vocab.Sunday, "02:10", "02:50"), "2026-10-25T00:50:00Z", false, "2026-10-25T01:10:00Z"},
		{"a whole night is as long as it is", night(vocab.Saturday, "22:00", "06:00"), "2026-10-24T20:00:00Z", true, "2026-10-25T05:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := availability.Evaluate(c.settings, here, at(t, c.at))
			if got := tell(a); got.Until != c.until || (a.State == vocab.StateAvailable) != c.open {
				t.Errorf("%s until %s, want open %v until %s", got.State, got.Until, c.open, c.until)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	if err := availability.Check(office(nil)); err != nil {
		t.Fatal(err)
	}
	if err := availability.Check(vocab.Availability{}); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("é", availability.MaxText+1)
	for name, c := range map[string]struct {
		change func(*vocab.Availability)
		want   []string
	}{
		"zone and hours needed":  {func(s *vocab.Availability) { s.TimeZone, s.Hours = "", nil }, []string{"INVALID timeZone", "REQUIRED hours"}},
		"no zone of the machine": {func(s *vocab.Availability) { s.TimeZone = "Local" }, []string{"INVALID timeZone"}},
		"times": {func(s *vocab.Availability) {
			s.Hours = []vocab.Hours{{Day: vocab.Monday, From: "9:00", To: "24:00"}, {Day: vocab.Monday, From: "09:00", To: "17:00:00"}}
		}, []string{"INVALID hours.0.from", "INVALID hours.0.to", "INVALID hours.1.to"}},
		"a range twice":   {func(s *vocab.Availability) { s.Hours = append(s.Hours, s.Hours[1]) }, []string{"ALREADY_EXISTS hours.6"}},
		"too many ranges": {func(s *vocab.Availability) { s.Hours = make([]vocab.Hours, availability.MaxHours+1) }, []string{"TOO_LONG hours"}},
		"holidays": {func(s *vocab.Availability) {
			s.Holidays = []vocab.Holiday{{Date: "2026-02-29"}, {Date: "2026-12-25"}, {Date: "2026-12-25", Name: long}}
		}, []string{"ALREADY_EXISTS holidays.2.date", "INVALID holidays.0.date", "TOO_LONG holidays.2.name"}},
		"texts": {func(s *vocab.Availability) { s.AwayMessage, s.OutOfHoursMessage = long, long }, []string{"TOO_LONG awayMessage", "TOO_LONG outOfHoursMessage"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, check.Faults(availability.Check(office(c.change)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
