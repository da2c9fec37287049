package availability

import (
	"errors"
	"slices"
	"strconv"
	"unicode/utf8"

	"parley/internal/errs"
	"parley/internal/vocab"
)

// Limits of settings.
const (
	// MaxHours is the most ranges in a week.
	MaxHours = 100
	// MaxHolidays is the most holidays: some ten years of them.
	MaxHolidays = 500
	// MaxText is the most characters of a message or a holiday's name.
	MaxText = 500
)

// Check returns what is wrong with settings, each error on its field, such as
// hours.0.from. The enums are taken as valid.
func Check(s vocab.Availability) error {
	var faults []error
	if _, err := LoadZone(s.TimeZone); err != nil && (s.TimeZone != "" || s.Mode == vocab.AvailabilityOperatingHours) {
		faults = append(faults, errs.New(errs.Invalid, "%q is not an IANA time zone such as \"Europe/Berlin\".", errs.Clip(s.TimeZone)).On("timeZone"))
	}
	if s.Mode == vocab.AvailabilityOperatingHours && len(s.Hours) == 0 {
		faults = append(faults, errs.New(errs.Required, "Operating hours require at least one range.").On("hours"))
	}
	faults = append(faults, checkText(s.AwayMessage, "awayMessage"), checkText(s.OutOfHoursMessage, "outOfHoursMessage"))
	faults = append(faults, checkHours(s.Hours)...)
	faults = append(faults, checkHolidays(s.Holidays)...)
	return errors.Join(faults...)
}

func checkHours(list []vocab.Hours) []error {
	if len(list) > MaxHours {
		return []error{errs.Exceeds(MaxHours, "There are %d ranges; at most %d are allowed.", len(list), MaxHours).On("hours")}
	}
	var faults []error
	for i, h := range list {
		for field, text := range map[string]string{"from": h.From, "to": h.To} {
			if _, err := parseMinute(text); err != nil {
				faults = append(faults, errs.New(errs.Invalid, "%q is not a time of day from \"00:00\" to \"23:59\"; a range until midnight ends at \"00:00\".", errs.Clip(text)).
					On("hours", strconv.Itoa(i), field))
			}
		}
		if slices.Contains(list[:i], h) {
			faults = append(faults, errs.New(errs.AlreadyExists, "The range is listed twice.").On("hours", strconv.Itoa(i)))
		}
	}
	return faults
}

func checkHolidays(list []vocab.Holiday) []error {
	if len(list) > MaxHolidays {
		return []error{errs.Exceeds(MaxHolidays, "There are %d holidays; at most %d are allowed.", len(list), MaxHolidays).On("holidays")}
	}
	var faults []error
	seen := make(map[string]bool, len(list))
	for i, h := range list {
		if _, err := parseDate(h.Date); err != nil {
			faults = append(faults, errs.New(errs.Invalid, "%q is not a date such as \"2026-12-25\".", errs.Clip(h.Date)).On("holidays", strconv.Itoa(i), "date"))
		} else if seen[h.Date] {
			faults = append(faults, errs.New(errs.AlreadyExists, "%s is listed twice.", h.Date).On("holidays", strconv.Itoa(i), "date"))
		}
		seen[h.Date] = true
		faults = append(faults, checkText(h.Name, "holidays", strconv.Itoa(i), "name"))
	}
	return faults
}

func checkText(text string, field ...string) error {
	if n := utf8.RuneCountInString(text); n > MaxText {
		return errs.Exceeds(MaxText, "The text has %d characters; at most %d are allowed.", n, MaxText).On(field...)
	}
	return nil
}
