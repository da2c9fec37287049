package main

import (
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/internal/clock"
)

// CH-1, AV-3: an admin sets a channel's looks, words and hours, and reads them
// and the team's availability back.
func TestChannelSettings(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		c := a.channel()
		a.do(adminToken, `mutation($in: UpdateChatChannelInput!) { updateChatChannel(input: $in) { userErrors { message } } }`, input(
			"channelId", c.channelID, "position", "LEFT", "accentColor", "#ffcc00", "defaultLocale", "he",
			"texts", []any{map[string]any{"locale": "he", "key": "send", "text": "שלח"}}))
		a.do(adminToken, `mutation($in: UpdateChatChannelAvailabilityInput!) { updateChatChannelAvailability(input: $in) { userErrors { message } } }`, input(
			"channelId", c.channelID, "mode", "OPERATING_HOURS", "timeZone", "Pacific/Auckland", "outOfHours", "RETURN_TIME",
			"hours", []any{map[string]any{"day": "MONDAY", "from": "09:00", "to": "17:00"}}, "holidays", []any{map[string]any{"date": "2026-06-01"}}))
		got := a.do(adminToken, `query($inbox: ID!, $channel: ID!) {
			inbox(id: $inbox) { chatChannel {
				style { position avatarUrl accentColor onAccentColor contrast } defaultLocale
				customTexts { nodes { locale key text custom } }
				availability { mode replyTime whenAway awayMessage timeZone hours { day from to } holidays { date name } outOfHours outOfHoursMessage }
			} }
			availability(channelId: $channel, at: "2026-05-31T22:00:00Z") { state shown text replyTime backAt until reasons { code } }
		}`, map[string]any{"inbox": c.inboxID, "channel": c.channelID})
		want := map[string]any{
			"inbox": map[string]any{"chatChannel": map[string]any{
				"style":         map[string]any{"position": "LEFT", "avatarUrl": nil, "accentColor": "#ffcc00", "onAccentColor": "#000000", "contrast": 1.51},
				"defaultLocale": "he",
				"customTexts":   map[string]any{"nodes": []any{map[string]any{"locale": "he", "key": "send", "text": "שלח", "custom": true}}},
				"availability": map[string]any{
					"mode": "OPERATING_HOURS", "replyTime": "NONE", "whenAway": "MESSAGE", "awayMessage": nil, "timeZone": "Pacific/Auckland",
					"hours": []any{map[string]any{"day": "MONDAY", "from": "09:00", "to": "17:00"}}, "holidays": []any{map[string]any{"date": "2026-06-01", "name": nil}},
					"outOfHours": "RETURN_TIME", "outOfHoursMessage": nil,
				},
			}},
			"availability": map[string]any{
				"state": "OUT_OF_HOURS", "shown": true, "text": nil, "replyTime": "NONE", "backAt": "2026-06-07T21:00:00Z", "until": "2026-06-07T21:00:00Z",
				"reasons": []any{map[string]any{"code": "HOLIDAY"}, map[string]any{"code": "OUT_OF_HOURS"}, map[string]any{"code": "OPENS"}},
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// CH-2: without a mail server, the tracking code that is sent lies in the data
// folder.
func TestSendTrackingCode(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		c := a.channel()
		a.do(adminToken, `mutation($in: SendTrackingCodeInput!) { sendTrackingCode(input: $in) { userErrors { message } } }`, input(
			"channelId", c.channelID, "email", "dev@example.net", "note", "Please"))
		file, err := os.Open(a.letter())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = file.Close() }()
		letter, err := mail.ReadMessage(file)
		if err != nil {
			t.Fatal(err)
		}
		if to, from := letter.Header.Get("To"), letter.Header.Get("From"); to != "<dev@example.net>" || !strings.HasSuffix(from, "<parley@localhost>") {
			t.Errorf("from %s to %s", from, to)
		}
	})
}

// letter waits for the first letter in the outbox and returns its file.
func (a *api) letter() string {
	a.t.Helper()
	look, end := time.NewTicker(10*time.Millisecond), time.After(time.Minute)
	defer look.Stop()
	for {
		found, err := filepath.Glob(filepath.Join(a.dataDir, "outbox", "*.eml"))
		if err != nil {
			a.t.Fatal(err)
		}
		if len(found) > 0 {
			return found[0]
		}
		select {
		case <-look.C:
		case <-end:
			a.t.Fatal("no letter was written")
		}
	}
}
