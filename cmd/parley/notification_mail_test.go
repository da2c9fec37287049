package main

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	accounts "parley/internal/account"
	"parley/internal/clock"
	"parley/internal/notification"
	"parley/internal/secret"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

// unsubscribesFrom is the address of a letter's one click.
func (a *api) unsubscribesFrom(file string) string {
	a.t.Helper()
	h := a.header(file)
	if h.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		a.t.Fatalf("one click is %q", h.Get("List-Unsubscribe-Post"))
	}
	return strings.Trim(h.Get("List-Unsubscribe"), "<>")
}

// NT-7, NT-8: a mention goes out by e-mail at once, with the inbox, the message and the
// address; the link in it, by GET, changes nothing, and by POST ends such mails, without a
// session.
func TestNotificationsByMail(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		a := serveTest(t, db.Open(t, clock.System{}), func(s *serverSettings) { s.ConversationURL = "https://inbox.example.com/c/{id}" })
		o := a.office()
		c := o.site.chat("Where is my parcel?")
		a.note(adminToken, c.conversationID, "@Ben, please look", o.ben)
		letter := a.transcripts("Admin mentioned you", 1)[0]
		raw, err := os.ReadFile(letter)
		if err != nil {
			t.Fatal(err)
		}
		body := strings.ReplaceAll(strings.ReplaceAll(string(raw), "=\r\n", ""), "=3D", "=")
		if to := a.header(letter).Get("To"); !strings.Contains(to, "ben@example.com") || !strings.Contains(body, "Inbox: Support") ||
			!strings.Contains(body, "https://inbox.example.com/c/"+c.conversationID) || !strings.Contains(body, "@Ben, please look") {
			t.Errorf("the letter to %s is\n%s", to, body)
		}
		link := a.unsubscribesFrom(letter)
		on := func() any {
			list, _ := at(a.do(o.benToken, `{ notificationPreferences { kind medium on } }`, nil), "notificationPreferences").([]any)
			for _, p := range list {
				if text(p, "kind") == "MENTION" && text(p, "medium") == "EMAIL" {
					return at(p, "on")
				}
			}
			return nil
		}
		if status, page := a.request("GET", link); status != 200 || !strings.Contains(page, "MENTION") || on() != true {
			t.Errorf("the page is %d %s, and mails are %v", status, page, on())
		}
		clicks := make(chan int)
		for range 4 { // an impatient one
			go func() {
				status, _ := a.request("POST", link)
				clicks <- status
			}()
		}
		for range 4 {
			if status := <-clicks; status != 200 {
				t.Errorf("one click gives %d", status)
			}
		}
		if on() != false {
			t.Errorf("after one click mails are %v", on())
		}
		if status, _ := a.request("POST", link+"x"); status != 400 {
			t.Errorf("a wrong link gives %d", status)
		}
		a.note(adminToken, c.conversationID, "@Ben, again", o.ben)
		o.told(o.benToken, vocab.NotifyMention, c.conversationID)
		o.waiting(t, 0)
	})
}

// waiting wants so many of the office's notifications to wait for a mail.
func (o *office) waiting(t *testing.T, want int) {
	t.Helper()
	found, err := o.store.Strings(t.Context(), "SELECT id FROM notifications WHERE mail_at > 0 AND read_at = 0")
	if err != nil || len(found) != want {
		t.Errorf("%d notifications wait for a mail, want %d (%v)", len(found), want, err)
	}
}

// NT-1: quiet hours go by the wall clock of their zone, on the days when clocks are turned too:
// a mail that is due in them waits until they end, and is not sent if its user reads before, or
// is gone.
func TestQuietHours(t *testing.T) {
	t.Parallel()
	for name, day := range map[string]struct{ at, ends string }{
		"usual":          {"2026-03-27T23:30:00+01:00", "2026-03-28T07:00:00+01:00"},
		"clocks go on":   {"2026-03-28T23:30:00+01:00", "2026-03-29T07:00:00+02:00"},
		"clocks go back": {"2026-10-24T23:30:00+02:00", "2026-10-25T07:00:00+01:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, ends := day.at, day.ends
			begin, err := time.Parse(time.RFC3339, at)
			if err != nil {
				t.Fatal(err)
			}
			end, err := time.Parse(time.RFC3339, ends)
			if err != nil {
				t.Fatal(err)
			}
			q := notification.QuietHours{TimeZone: "Europe/Berlin"}
			for _, d := range []vocab.Weekday{vocab.Monday, vocab.Tuesday, vocab.Wednesday, vocab.Thursday, vocab.Friday, vocab.Saturday, vocab.Sunday} {
				q.Hours = append(q.Hours, vocab.Hours{Day: d, From: "22:00", To: "07:00"})
			}
			if until, quiet := q.Until(begin); !quiet || !until.Equal(end) {
				t.Errorf("at %s it is quiet %v until %s, want %s", at, quiet, until, ends)
			}
			if _, quiet := q.Until(end); quiet {
				t.Errorf("at %s it is quiet still", ends)
			}
		})
	}
}

// NT-7: replies go by mail after ten minutes, if they are not read by then, in one mail; not
// to who lost the inbox or was deactivated meanwhile.
func TestMailsWaitToBeRead(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(clock.System{}.Now())
		s := db.Open(t, turned)
		a := serveTest(t, s)
		o := a.office()
		keys, err := secret.Parse(secret.GenerateKey())
		if err != nil {
			t.Fatal(err)
		}
		jobs := notification.New(s, keys, accounts.New(s), nil, notification.Addresses{Public: a.url}, slog.New(slog.DiscardHandler))
		mails := func() error {
			return jobs.Mail(context.Background(), notification.MailArgs{AccountID: o.account, UserID: o.ben})
		}
		queued := func() int {
			list, err := s.Strings(t.Context(), "SELECT CAST(id AS TEXT) FROM river_job WHERE kind = 'send-mail'")
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		c := o.site.chat("Where is my parcel?")
		a.assign(o.benToken, c.conversationID, o.ben)
		reply := func() {
			t.Helper()
			a.writes(c, "Hello?")
			a.told(o.benToken, vocab.NotifyReply, c.conversationID)
		}
		reply()
		before := queued()
		if err := mails(); err == nil || queued() != before {
			t.Errorf("it was mailed before ten minutes: %v", err)
		}
		if got := a.codes(o.benToken, "setQuietHours", "SetQuietHoursInput", "quietHours", map[string]any{"timeZone": "UTC", "hours": allWeekBut(turned.Now().UTC().Add(72 * time.Hour).Weekday())}); got != "" {
			t.Fatal(got)
		}
		turned.Advance(11 * time.Minute)
		if err := mails(); err == nil || queued() != before {
			t.Errorf("it was mailed in quiet hours: %v", err)
		}
		if got := a.codes(o.benToken, "setQuietHours", "SetQuietHoursInput", "quietHours", nil); got != "" {
			t.Fatal(got)
		}
		if err := mails(); err != nil || queued() != before+1 {
			t.Errorf("%d mails, want one more than %d (%v)", queued(), before, err)
		}
		if err := mails(); err != nil || queued() != before+1 {
			t.Errorf("it was mailed twice (%v)", err)
		}
		a.do(o.benToken, `mutation { markNotificationsRead(input: {which: {all: true}}) { unreadCount } }`, nil)
		reply()
		if got := a.codes(o.benToken, "setQuietHours", "SetQuietHoursInput", "quietHours", map[string]any{"timeZone": "UTC", "hours": allWeekBut(-1)}); got != "" {
			t.Fatal(got)
		}
		turned.Advance(11 * time.Minute)
		if err := mails(); err != nil || queued() != before+1 {
			t.Errorf("quiet hours never end, and it waits on (%v)", err)
		}
		o.waiting(t, 0)
		if got := a.codes(o.benToken, "setQuietHours", "SetQuietHoursInput", "quietHours", nil); got != "" {
			t.Fatal(got)
		}
		a.do(o.benToken, `mutation { markNotificationsRead(input: {which: {all: true}}) { unreadCount } }`, nil)
		reply()
		turned.Advance(11 * time.Minute)
		o.dismiss(o.site.inboxID, o.ben)
		if err := mails(); err != nil || queued() != before+1 {
			t.Errorf("he lost the inbox, and was mailed (%v)", err)
		}
		o.waiting(t, 0)
	})
}

// allWeekBut are all hours of the week but a day's.
func allWeekBut(free time.Weekday) (list []any) {
	for i, day := range []string{"SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"} {
		if time.Weekday(i) == free {
			continue
		}
		list = append(list, map[string]any{"day": day, "from": "00:00", "to": "00:00"})
	}
	return list
}
