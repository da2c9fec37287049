package notification_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"parley/internal/notification"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// table is that of the documentation.
func table() string {
	var b strings.Builder
	b.WriteString("| kind | who is notified | in the app | by push | by e-mail | in Slack |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, k := range notification.Kinds {
		on := func(m vocab.NotificationMedium) string {
			if !slices.Contains(k.On, m) {
				return "off"
			}
			if m == vocab.NotifyByEmail && k.MailAfter > 0 {
				return fmt.Sprintf("on, after %d minutes", int(k.MailAfter.Minutes()))
			}
			return "on"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", k.Name, k.Whom, on(vocab.NotifyInApp), on(vocab.NotifyByPush), on(vocab.NotifyByEmail), on(vocab.NotifyBySlack))
	}
	return b.String()
}

// NT-7: the documentation has the table that the code goes by.
func TestTableOfKinds(t *testing.T) {
	t.Parallel()
	const page = "../../docs/notifications.md"
	raw := string(check.Must(os.ReadFile(page))(t))
	begin := strings.Index(raw, "| kind |")
	if begin < 0 {
		t.Fatal("the page has no table of kinds")
	}
	end := begin + strings.Index(raw[begin:], "\n\n") + 1
	if raw[begin:end] == table() {
		return
	}
	if os.Getenv("PARLEY_WRITE_GOLDEN") == "" {
		t.Fatalf("the table of docs/notifications.md is\n%s\nwant\n%s\nPARLEY_WRITE_GOLDEN=1 writes it", raw[begin:end], table())
	}
	check.NoError(t, os.WriteFile(page, []byte(raw[:begin]+table()+raw[end:]), 0o600))
}
