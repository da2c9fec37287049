package availability

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"parley/internal/vocab"
)

// weekdays are the days of the week as time counts them.
var weekdays = map[vocab.Weekday]time.Weekday{
	vocab.Sunday: time.Sunday, vocab.Monday: time.Monday, vocab.Tuesday: time.Tuesday, vocab.Wednesday: time.Wednesday,
	vocab.Thursday: time.Thursday, vocab.Friday: time.Friday, vocab.Saturday: time.Saturday,
}

// weekOf makes hours ready. What cannot be read, which Check would have refused,
// is left out; an unknown zone is UTC.
func weekOf(s vocab.Availability) *week {
	w := &week{zone: time.UTC, holidays: make(map[date]bool, len(s.Holidays))}
	if zone, err := LoadZone(s.TimeZone); err == nil {
		w.zone = zone
	}
	for _, h := range s.Hours {
		day, known := weekdays[h.Day]
		hours, err := spanOf(h)
		if known && err == nil {
			w.spans[day] = append(w.spans[day], hours)
		}
	}
	for _, h := range s.Holidays {
		if d, err := parseDate(h.Date); err == nil {
			w.holidays[d] = true
		}
	}
	return w
}

// zones keeps what was read of the machine's files. There are some 600 names.
var zones sync.Map

// FirstZone is the first of the names that is an IANA zone's; "UTC" where none is.
func FirstZone(names ...string) string {
	for _, name := range names {
		if _, err := LoadZone(name); err == nil {
			return name
		}
	}
	return "UTC"
}

// LoadZone returns an IANA zone.
func LoadZone(name string) (*time.Location, error) {
	if known, ok := zones.Load(name); ok {
		if zone, ok := known.(*time.Location); ok {
			return zone, nil
		}
	}
	// "" and "Local" are no zones, though time takes them.
	if name == "" || strings.EqualFold(name, "local") {
		return nil, fmt.Errorf("%q is not an IANA time zone", name)
	}
	zone, err := time.LoadLocation(name)
	if err == nil {
		zones.Store(name, zone)
	}
	return zone, err
}

func spanOf(h vocab.Hours) (span, error) {
	from, err := parseMinute(h.From)
	if err != nil {
		return span{}, err
	}
	to, err := parseMinute(h.To)
	if err != nil {
		return span{}, err
	}
	if to <= from {
		to += dayMinutes
	}
	return span{from, to}, nil
}

// parseMinute reads "HH:MM", from "00:00" to "23:59".
func parseMinute(text string) (int, error) {
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, fmt.Errorf("%q is not a time of day", text)
	}
	return t.Hour()*60 + t.Minute(), nil
}

func parseDate(text string) (date, error) {
	t, err := time.Parse(time.DateOnly, text)
	return dateOf(t), err
}
