package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/internal/notification"
	"parley/internal/vocab"
)

// NT-7: each kind goes out by mail and by push by default as the table has it, and as its user
// chose otherwise, for all inboxes or for one; what is chosen for an inbox wins.
func TestKindsByMedia(t *testing.T) {
	eachPushing(t, func(t *testing.T, a *api, s *pushService) {
		o := a.office()
		if got := a.codes(adminToken, "updateUser", "UpdateUserInput", "userId", o.ben, "role", "ADMIN"); got != "" {
			t.Fatal(got)
		}
		// In quiet hours mails wait where they can be seen.
		if got := a.codes(o.benToken, "setQuietHours", "SetQuietHoursInput", "quietHours", map[string]any{"timeZone": "UTC", "hours": allWeekBut(time.Now().UTC().Add(72 * time.Hour).Weekday())}); got != "" {
			t.Fatal(got)
		}
		a.registers(o.benToken, s.device(t))
		for _, kind := range notification.Kinds {
			if kind.Only != nil || kind.Fixed {
				o.isSet(t, kind)
				continue
			}
			on := func(medium vocab.NotificationMedium) bool { return slices.Contains(kind.On, medium) }
			mail, push := on(vocab.NotifyByEmail), on(vocab.NotifyByPush)
			o.goesOut(t, kind.Name, "by default", mail, push)
			choose := func(inboxID any, mail, push bool) {
				t.Helper()
				if got := o.prefers(kind.Name, vocab.NotifyByEmail, inboxID, mail) + o.prefers(kind.Name, vocab.NotifyByPush, inboxID, push); got != "" {
					t.Fatal(got)
				}
			}
			choose(nil, !mail, !push)
			o.goesOut(t, kind.Name, "chosen otherwise", !mail, !push)
			if kind.OfInbox {
				choose(o.site.inboxID, mail, push)
				o.goesOut(t, kind.Name, "chosen for the inbox", mail, push)
			}
		}
	})
}

// goesOut has Ben be notified of a kind, and wants it to wait for a mail, and to be pushed, or not.
func (o *office) goesOut(t *testing.T, kind vocab.NotificationKind, when string, mail, push bool) {
	t.Helper()
	n := o.told(o.benToken, kind, o.cause(kind))
	got, err := o.store.Strings(t.Context(), "SELECT CASE WHEN mail_at > 0 THEN 'mail' ELSE '-' END || CASE WHEN push_at > 0 OR pushed_at > 0 THEN ' push' ELSE ' -' END FROM notifications WHERE id = '"+text(n, "id")+"'")
	want := fmt.Sprint(map[bool]string{true: "mail", false: "-"}[mail], " ", map[bool]string{true: "push", false: "-"}[push])
	if err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("%s, %s: %v, want %s (%v)", kind, when, got, want, err)
	}
	o.do(o.benToken, `mutation { markNotificationsRead(input: {which: {all: true}}) { unreadCount userErrors { message } } }`, nil)
}

// isSet wants a kind that cannot be chosen freely to be as the table has it: whatever medium it
// does not have is refused, and one that is fixed cannot be turned off, and is mailed at once.
func (o *office) isSet(t *testing.T, kind notification.Kind) {
	t.Helper()
	for _, medium := range notification.Media {
		may := kind.Only == nil || slices.Contains(kind.Only, medium)
		list, _ := at(o.do(o.benToken, `{ notificationPreferences { kind medium on } }`, nil), "notificationPreferences").([]any)
		i := slices.IndexFunc(list, func(p any) bool { return text(p, "kind") == string(kind.Name) && text(p, "medium") == string(medium) })
		if (i >= 0) != may || may && at(list[i], "on") != slices.Contains(kind.On, medium) {
			t.Errorf("%s by %s is shown as %v", kind.Name, medium, list)
		}
		want := ""
		if !may || kind.Fixed {
			want = "INVALID"
		}
		if got := o.prefers(kind.Name, medium, nil, false); got != want {
			t.Errorf("%s by %s is turned off: %q, want %q", kind.Name, medium, got, want)
		}
	}
	if !kind.Fixed {
		return
	}
	n := o.told(o.benToken, kind.Name, o.cause(kind.Name))
	o.transcripts(text(n, "text")[:20], 1)
	got, err := o.store.Strings(t.Context(), "SELECT id FROM notifications WHERE id = '"+text(n, "id")+"' AND (push_at > 0 OR pushed_at > 0 OR mail_at > 0)")
	if err != nil || len(got) > 0 {
		t.Errorf("%s waits for a push or a mail (%v)", kind.Name, err)
	}
	o.do(o.benToken, `mutation { markNotificationsRead(input: {which: {all: true}}) { unreadCount userErrors { message } } }`, nil)
}
