package inbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/ent/schema"
	"parley/internal/availability"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/inbox"
	"parley/internal/people"
	"parley/internal/vocab"
)

// AV-3: what an admin set is what the team shows as; what is left out stays.
func TestUpdateAvailability(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		in := inbox.UpdateChatChannelAvailabilityInput{
			ChatChannelID: o.ChannelIDs[0], Mode: ptr(vocab.AvailabilityOperatingHours), TimeZone: ptr("Europe/Berlin"),
			ReplyTime: ptr(vocab.ReplyTimeMinutes), AwayMessage: ptr(" At lunch\x00 "), OutOfHours: ptr(vocab.OutOfHoursReturnTime),
			Hours:    []schema.Hours{{Day: vocab.Monday, From: "09:00", To: "17:00"}},
			Holidays: []schema.Holiday{{Date: "2026-12-25"}, {Date: "2026-03-09"}},
		}
		for range 2 {
			_, err := o.inboxes.UpdateAvailability(o.Admin, in)
			must(t, err)
		}
		c, err := o.inboxes.UpdateAvailability(o.Admin, inbox.UpdateChatChannelAvailabilityInput{
			ChatChannelID: o.ChannelIDs[0], OutOfHoursMessage: ptr("Closed"),
		})
		must(t, err)
		want := schema.Availability{
			Mode: vocab.AvailabilityOperatingHours, TimeZone: "Europe/Berlin", ReplyTime: vocab.ReplyTimeMinutes,
			WhenAway: vocab.AwayMessage, AwayMessage: "At lunch", OutOfHours: vocab.OutOfHoursReturnTime, OutOfHoursMessage: "Closed",
			Hours: in.Hours, Holidays: []schema.Holiday{{Date: "2026-03-09"}, {Date: "2026-12-25"}},
		}
		if diff := cmp.Diff(want, c.Availability); diff != "" {
			t.Error(diff)
		}
		updated := "CHANNEL_UPDATED " + c.ID
		if diff := cmp.Diff([]string{updated, updated}, o.events(t)); diff != "" {
			t.Error(diff)
		}
		c, err = o.inboxes.UpdateAvailability(o.Admin, inbox.UpdateChatChannelAvailabilityInput{ChatChannelID: c.ID, Holidays: []schema.Holiday{}})
		must(t, err)
		if len(c.Availability.Holidays) != 0 || len(c.Availability.Hours) != 1 {
			t.Errorf("after removing the holidays: %+v", c.Availability)
		}
	})
}

func TestUpdateAvailabilityRefuses(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		_, err := o.inboxes.UpdateAvailability(o.Admin, inbox.UpdateChatChannelAvailabilityInput{
			ChatChannelID: o.ChannelIDs[0], Mode: ptr(vocab.AvailabilityOperatingHours), TimeZone: ptr("Mars/Olympus"),
			Hours:    []schema.Hours{{Day: vocab.Monday, From: "09:00", To: "17:00"}, {Day: vocab.Monday, From: "9", To: "10:00"}},
			Holidays: []schema.Holiday{{Date: "2026-12-25"}, {Date: "25.12."}},
		})
		if diff := cmp.Diff([]string{"INVALID holidays.1.date", "INVALID hours.1.from", "INVALID timeZone"}, faults(err)); diff != "" {
			t.Error(diff)
		}
		_, err = o.inboxes.UpdateAvailability(o.Agent(0), inbox.UpdateChatChannelAvailabilityInput{ChatChannelID: o.ChannelIDs[0]})
		refused(t, err, errs.Forbidden, "")
		_, err = o.inboxes.UpdateAvailability(o.Admin, inbox.UpdateChatChannelAvailabilityInput{ChatChannelID: o.InboxIDs[0]})
		refused(t, err, errs.NotFound, "chatChannelId")
		if told := o.events(t); len(told) != 0 {
			t.Errorf("the log tells of %v", told)
		}
	})
}

// AV-0, AV-2: the inbox's members count, or those that are named.
func TestAvailability(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		_, err := o.inboxes.UpdateAvailability(o.Admin, inbox.UpdateChatChannelAvailabilityInput{
			ChatChannelID: o.ChannelIDs[0], Mode: ptr(vocab.AvailabilityTeamStatus),
		})
		must(t, err)
		_, err = o.people.SetAvailability(o.Admin, people.SetAvailabilityInput{UserID: &o.AgentIDs[0], Availability: vocab.Away})
		must(t, err)
		state := func(users []string) string {
			a, err := o.inboxes.Availability(o.Agent(0), o.ChannelIDs[0], 0, users)
			must(t, err)
			return string(a.State) + ": " + a.Reasons[1].Text
		}
		for want, users := range map[string][]string{
			"AVAILABLE: 2 of the 3 people who count are available.": nil,
			"AVAILABLE: 1 of the 1 people who count are available.": {o.AgentIDs[1]},
			"AWAY: None of the 1 people who count is available.":    {o.AgentIDs[0]},
			"AWAY: None of the 0 people who count is available.":    {},
		} {
			if got := state(users); got != want {
				t.Errorf("%v: %s, want %s", users, got, want)
			}
		}
		_, err = o.inboxes.Availability(o.Admin, o.ChannelIDs[1], 0, []string{o.AgentIDs[1], o.AgentIDs[0]})
		refused(t, err, errs.NotAMember, "userIds.1")
		_, err = o.inboxes.Availability(o.Agent(0), o.ChannelIDs[1], 0, nil)
		refused(t, err, errs.NotFound, "channelId")
	})
}

// AV-3: without a moment it is now.
func TestAvailabilityNow(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		_, err := o.inboxes.UpdateAvailability(o.Admin, inbox.UpdateChatChannelAvailabilityInput{
			ChatChannelID: o.ChannelIDs[0], Mode: ptr(vocab.AvailabilityOperatingHours), TimeZone: ptr("UTC"), OutOfHours: ptr(vocab.OutOfHoursReturnTime),
			Hours: []schema.Hours{{Day: vocab.Monday, From: "09:00", To: "17:00"}}, // 2026-03-02, 09:00
		})
		must(t, err)
		now, err := o.inboxes.Availability(o.Admin, o.ChannelIDs[0], 0, nil)
		must(t, err)
		before, err := o.inboxes.Availability(o.Admin, o.ChannelIDs[0], clock.Of(morning.Add(-time.Microsecond)), nil)
		must(t, err)
		got := []availability.Answer{{State: now.State, Until: now.Until}, {State: before.State, Until: before.Until, BackAt: before.BackAt}}
		opens := clock.Of(morning)
		want := []availability.Answer{{State: vocab.StateAvailable, Until: opens.Add(8 * time.Hour)}, {State: vocab.StateOutOfHours, Until: opens, BackAt: opens}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// CH-1: style and texts; each fault is named by its place.
func TestUpdateStyle(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		if words := inbox.Words(channelOf(t, o), "de-CH"); words.Get("send") != "Senden" || words.Locale != "de" {
			t.Errorf("a new channel speaks %s: %s", words.Locale, words.Get("send"))
		}
		c, err := o.inboxes.UpdateChannel(o.Admin, inbox.UpdateChatChannelInput{
			ChatChannelID: o.ChannelIDs[0], Position: ptr(vocab.WidgetLeft), AvatarURL: ptr("https://example.com/team.png"), DefaultLocale: ptr("FR"),
			Texts: choices("de", "send", "Los!", "fr", "title", "Parlons"),
		})
		must(t, err)
		if c.Style.Position != vocab.WidgetLeft || c.Style.AvatarURL != "https://example.com/team.png" || c.Texts.DefaultLocale != "fr" {
			t.Errorf("the style is %+v, the language %q", c.Style, c.Texts.DefaultLocale)
		}
		if got := inbox.Words(c, "de").Get("send") + inbox.Words(c, "").Get("title"); got != "Los!Parlons" {
			t.Errorf("the widget says %s", got)
		}
		c, err = o.inboxes.UpdateChannel(o.Admin, inbox.UpdateChatChannelInput{
			ChatChannelID: c.ID, Texts: choices("de", "send", ""), AvatarURL: ptr(""), DefaultLocale: ptr(""),
		})
		must(t, err)
		if inbox.Words(c, "de").Get("send") != "Senden" || inbox.Words(c, "").Get("title") != "Chat" || c.Style.AvatarURL != "" {
			t.Errorf("after taking back: %+v", c)
		}
		_, err = o.inboxes.UpdateChannel(o.Admin, inbox.UpdateChatChannelInput{
			ChatChannelID: c.ID, AvatarURL: ptr("javascript:alert(1)"), DefaultLocale: ptr("?"),
			Texts: choices("de", "send", "Los", "?", "send", "x", "de", "sned", "x", "de", "send", strings.Repeat("x", 501)),
		})
		want := []string{"INVALID avatarUrl", "INVALID defaultLocale", "INVALID texts.1.locale", "INVALID texts.2.key", "TOO_LONG texts.3.text"}
		if diff := cmp.Diff(want, faults(err)); diff != "" {
			t.Error(diff)
		}
	})
}

// CH-1: the accent colour's contrast to white, by WCAG 2.
func TestContrast(t *testing.T) {
	t.Parallel()
	for accent, want := range map[string]struct {
		contrast float64
		on       string
	}{
		"#ffffff": {1, "#000000"}, "#000000": {21, "#ffffff"}, "#767676": {4.54, "#000000"}, "#2457d6": {6.16, "#ffffff"}, "#ffcc00": {1.51, "#000000"},
	} {
		if contrast, on := inbox.Contrast(accent), inbox.OnAccent(accent); contrast != want.contrast || on != want.on {
			t.Errorf("%s: %v and %s, want %+v", accent, contrast, on, want)
		}
	}
}
