package parse

import (
	"net/mail"
	"regexp"
	"strings"
	"time"
)

var (
	leap      = regexp.MustCompile(`(:\d\d):60\b`)
	comments  = regexp.MustCompile(`\([^()]*\)`)
	offset    = regexp.MustCompile(`(?i)\b(?:GMT|UTC|UT)\s*([+-]\d{1,2}):?(\d{2})?`)
	dayBefore = regexp.MustCompile(`^\s*\p{L}+(?:\.?,\s*|\.?\s+)(\d)`)
)

// otherDates are what mailers write in place of RFC 5322's dates.
var otherDates = []string{
	"2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05", "2 Jan 2006 15:04 -0700",
	"2-Jan-2006 15:04:05 -0700", "2 January 2006 15:04:05 -0700", "2 Jan 06 15:04:05 -0700", "2 Jan 2006 15.04.05 -0700",
	"2 Jan 2006 15:04:05 -07:00", "2 Jan 2006 3:04:05 PM -0700", "2 Jan 2006",
	time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "2006-01-02T15:04:05",
	"Mon Jan 2 15:04:05 2006", "Mon Jan 2 15:04:05 MST 2006", "Mon Jan 2 15:04:05 2006 -0700",
	"Jan 2 2006 15:04:05 -0700", "Jan 2, 2006 15:04:05 -0700",
}

// parseDate reads a Date field in UTC; zero if it cannot be read, or names a
// year that no mail was sent in. A zone that is missing is UTC.
func parseDate(value string) time.Time {
	value = leap.ReplaceAllString(clip(value, 200), "$1:59") // a leap second (RFC 5322, 3.3), which no clock here has
	date, err := mail.ParseDate(value)
	if err != nil {
		date = parseOtherDate(value)
	}
	if date.Year() < 1971 || date.Year() > 9998 {
		return time.Time{}
	}
	return date.UTC()
}

func parseOtherDate(value string) time.Time {
	value = strings.Join(strings.Fields(comments.ReplaceAllString(value, " ")), " ")
	value = offset.ReplaceAllStringFunc(value, func(s string) string {
		m := offset.FindStringSubmatch(s)
		hours, minutes := m[1], m[2]
		if len(hours) == 2 {
			hours = hours[:1] + "0" + hours[1:]
		}
		if minutes == "" {
			minutes = "00"
		}
		return hours + minutes
	})
	for _, v := range []string{value, dayBefore.ReplaceAllString(value, "$1")} {
		for _, layout := range otherDates {
			if date, err := time.Parse(layout, v); err == nil {
				return date
			}
		}
	}
	return time.Time{}
}
