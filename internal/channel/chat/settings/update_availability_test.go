package settings_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/internal/account"
	"parley/internal/availability"
	"parley/internal/channel/chat/settings"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// AV-3: what an admin set is what the team shows as; what is left out stays.
func TestUpdateAvailability(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		in := settings.UpdateChatChannelAvailabilityInput{
			ChannelID: o.ChannelIDs[0], Mode: opt.Of(vocab.AvailabilityOperatingHours), TimeZone: opt.Of("Europe/Berlin"),
			ReplyTime: opt.Of(vocab.ReplyTimeMinutes), AwayMessage: opt.Of(" At lunch\x00 "), OutOfHours: opt.Of(vocab.OutOfHoursReturnTime),
			Hours:    opt.List(vocab.Hours{Day: vocab.Monday, From: "09:00", To: "17:00"}),
			Holidays: opt.List(vocab.Holiday{Date: "2026-12-25"}, vocab.Holiday{Date: "2026-03-09"}),
		}
		for range 2 {
			_, err := o.settings.UpdateAvailability(o.Admin, in)
			check.NoError(t, err)
		}
		c, err := o.settings.UpdateAvailability(o.Admin, settings.UpdateChatChannelAvailabilityInput{
			ChannelID: o.ChannelIDs[0], OutOfHoursMessage: opt.Of("Closed"),
		})
		check.NoError(t, err)
		want := vocab.Availability{
			Mode: vocab.AvailabilityOperatingHours, TimeZone: "Europe/Berlin", ReplyTime: vocab.ReplyTimeMinutes,
			WhenAway: vocab.AwayMessage, AwayMessage: "At lunch", OutOfHours: vocab.OutOfHoursReturnTime, OutOfHoursMessage: "Closed",
			Hours: in.Hours.Value(), Holidays: []vocab.Holiday{{Date: "2026-03-09"}, {Date: "2026-12-25"}},
		}
		if diff := cmp.Diff(want, c.Availability); diff != "" {
			t.Error(diff)
		}
		updated := "CHANNEL_UPDATED " + c.ID
		if diff := cmp.Diff([]string{updated, updated}, o.events(t)); diff != "" {
			t.Error(diff)
		}
		c, err = o.settings.UpdateAvailability(o.Admin, settings.UpdateChatChannelAvailabilityInput{ChannelID: c.ID, Holidays: opt.List[vocab.Holiday]()})
		check.NoError(t, err)
		if len(c.Availability.Holidays) != 0 || len(c.Availability.Hours) != 1 {
			t.Errorf("after removing the holidays: %+v", c.Availability)
		}
	})
}

func TestUpdateAvailabilityRefuses(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		_, err := o.settings.UpdateAvailability(o.Admin, settings.UpdateChatChannelAvailabilityInput{
			ChannelID: o.ChannelIDs[0], Mode: opt.Of(vocab.AvailabilityOperatingHours), TimeZone: opt.Of("Mars/Olympus"),
			Hours:    opt.List(vocab.Hours{Day: vocab.Monday, From: "09:00", To: "17:00"}, vocab.Hours{Day: vocab.Monday, From: "9", To: "10:00"}),
			Holidays: opt.List(vocab.Holiday{Date: "2026-12-25"}, vocab.Holiday{Date: "25.12."}),
		})
		if diff := cmp.Diff([]string{"INVALID holidays.1.date", "INVALID hours.1.from", "INVALID timeZone"}, check.Faults(err)); diff != "" {
			t.Error(diff)
		}
		_, err = o.settings.UpdateAvailability(o.Agent(0), settings.UpdateChatChannelAvailabilityInput{ChannelID: o.ChannelIDs[0]})
		check.Refused(t, err, errs.Forbidden)
		_, err = o.settings.UpdateAvailability(o.Admin, settings.UpdateChatChannelAvailabilityInput{ChannelID: o.InboxIDs[0]})
		check.Refused(t, err, errs.NotFound, "channelId")
		if told := o.events(t); len(told) != 0 {
			t.Errorf("the log tells of %v", told)
		}
	})
}

// AV-0, AV-2: the inbox's members count, or those that are named.
func TestAvailability(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		_, err := o.settings.UpdateAvailability(o.Admin, settings.UpdateChatChannelAvailabilityInput{
			ChannelID: o.ChannelIDs[0], Mode: opt.Of(vocab.AvailabilityTeamStatus),
		})
		check.NoError(t, err)
		_, err = o.people.SetAvailability(o.Admin, account.SetAvailabilityInput{UserID: &o.AgentIDs[0], Availability: vocab.Away})
		check.NoError(t, err)
		state := func(users []string) string {
			a, err := o.availability(o.Agent(0), o.ChannelIDs[0], 0, users)
			check.NoError(t, err)
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
		_, err = o.availability(o.Admin, o.ChannelIDs[1], 0, []string{o.AgentIDs[1], o.AgentIDs[0]})
		check.Refused(t, err, errs.NotAMember, "userIds", "1")
		_, err = o.availability(o.Agent(0), o.ChannelIDs[1], 0, nil)
		check.Refused(t, err, errs.NotFound, "channelId")
	})
}

// AV-3: without a moment it is now.
func TestAvailabilityNow(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		_, err := o.settings.UpdateAvailability(o.Admin, settings.UpdateChatChannelAvailabilityInput{
			ChannelID: o.ChannelIDs[0], Mode: opt.Of(vocab.AvailabilityOperatingHours), TimeZone: opt.Of("UTC"), OutOfHours: opt.Of(vocab.OutOfHoursReturnTime),
			Hours: opt.List(vocab.Hours{Day: vocab.Monday, From: "09:00", To: "17:00"}), // 2026-03-02, 09:00
		})
		check.NoError(t, err)
		now, err := o.availability(o.Admin, o.ChannelIDs[0], 0, nil)
		check.NoError(t, err)
		before, err := o.availability(o.Admin, o.ChannelIDs[0], clock.Of(morning.Add(-time.Microsecond)), nil)
		check.NoError(t, err)
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
		if words := settings.Words(channelOf(t, o), "de-CH"); words.Get("send") != "Senden" || words.Locale != "de" {
			t.Errorf("a new channel speaks %s: %s", words.Locale, words.Get("send"))
		}
		c, err := o.settings.UpdateChannel(o.Admin, settings.UpdateChatChannelInput{
			ChannelID: o.ChannelIDs[0], Title: opt.Of(" Shop\u202e team\u200b "), Position: opt.Of(vocab.WidgetLeft), AvatarURL: opt.Of("https://example.com/team.png"), DefaultLocale: opt.Of("FR"),
			Texts: choices("de", "send", "Los!", "fr", "title", "Parlons"),
		})
		check.NoError(t, err)
		if c.Style.Position != vocab.WidgetLeft || c.Style.AvatarURL != "https://example.com/team.png" || c.Texts.DefaultLocale != "fr" {
			t.Errorf("the style is %+v, the language %q", c.Style, c.Texts.DefaultLocale)
		}
		if c.Title != "Shop team\u200b" {
			t.Errorf("the title is %q", c.Title)
		}
		if got := settings.Words(c, "de").Get("send") + settings.Words(c, "").Get("title"); got != "Los!Parlons" {
			t.Errorf("the widget says %s", got)
		}
		c, err = o.settings.UpdateChannel(o.Admin, settings.UpdateChatChannelInput{
			ChannelID: c.ID, Texts: choices("de", "send", ""), AvatarURL: opt.Of(""), DefaultLocale: opt.Of(""),
		})
		check.NoError(t, err)
		if settings.Words(c, "de").Get("send") != "Senden" || settings.Words(c, "").Get("title") != "Chat" || c.Style.AvatarURL != "" {
			t.Errorf("after taking back: %+v", c)
		}
		_, err = o.settings.UpdateChannel(o.Admin, settings.UpdateChatChannelInput{
			ChannelID: c.ID, AvatarURL: opt.Of("javascript:alert(1)"), DefaultLocale: opt.Of("?"),
			Texts: choices("de", "send", "Los", "?", "send", "x", "de", "sned", "x", "de", "send", strings.Repeat("x", 501)),
		})
		want := []string{"INVALID avatarUrl", "INVALID defaultLocale", "INVALID texts.1.locale", "INVALID texts.2.key", "TOO_LONG texts.3.text"}
		if diff := cmp.Diff(want, check.Faults(err)); diff != "" {
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
		if contrast, on := settings.Contrast(accent), settings.OnAccent(accent); contrast != want.contrast || on != want.on {
			t.Errorf("%s: %v and %s, want %+v", accent, contrast, on, want)
		}
	}
}
