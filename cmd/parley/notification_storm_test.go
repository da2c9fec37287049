package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// mostAsked bounds what is asked of the database for each conversation of a storm: by the bulk
// change itself, and by what notifies of it.
const mostAsked = 10

// NT-8: a bulk change is folded: eleven notifications, however many conversations it had, and no
// more mails and pushes; what it asks of the database does not grow with it. PARLEY_STORM is how
// many conversations it has: `make storm` has 10,000.
func TestStormOfNotifications(t *testing.T) {
	t.Parallel()
	many := 300
	if n, err := strconv.Atoi(os.Getenv("PARLEY_STORM")); err == nil {
		many = n
	}
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		asked := &testkit.Statements{}
		a := serveTest(t, db.Open(t, clock.System{}, asked.Trace))
		o := a.office()
		a.do(o.benToken, `mutation { setAvailability(input: {availability: AWAY}) { userErrors { message } } }`, nil)
		if got := a.codes(adminToken, "updateInboxSettings", "UpdateInboxSettingsInput", "inboxId", o.site.inboxID, "escalateAfter", 5); got != "" {
			t.Fatal(got)
		}
		ids := o.conversations(many)
		var begun time.Time
		statements := asked.Of(func() {
			begun = time.Now()
			for rest := ids; len(rest) > 0; {
				some := rest[:min(len(rest), 1000)]
				rest = rest[len(some):]
				if got := a.codes(adminToken, "bulkChangeConversations", "BulkChangeConversationsInput", "action", "ASSIGN", "userId", o.ben,
					"selection", map[string]any{"conversationIds": some}); got != "" {
					t.Fatal(got)
				}
			}
			o.folded(many)
		})
		told := 0
		for _, query := range statements {
			if strings.Contains(query, "notification") || strings.Contains(query, "escalations") {
				told++
			}
		}
		t.Logf("%d conversations took %s, and %.1f statements on notifications each", many, time.Since(begun).Round(time.Millisecond), float64(told)/float64(many))
		if told > many*mostAsked {
			t.Errorf("%d statements on notifications for %d conversations, want at most %d for each", told, many, mostAsked)
		}
		for kind, most := range map[string]int{"mail-notifications": 12, "send-mail": 1, "push-notification": 0} {
			if got, err := a.store.Strings(t.Context(), "SELECT CAST(id AS TEXT) FROM river_job WHERE kind = '"+kind+"'"); err != nil || len(got) > most {
				t.Errorf("%d jobs %s, want at most %d (%v)", len(got), kind, most, err)
			}
		}
	})
}

// conversations makes so many chats that no one has.
func (o *office) conversations(many int) (ids []string) {
	o.t.Helper()
	ctx := viewer.NewContext(o.t.Context(), viewer.System("test", o.account))
	like, err := o.store.Client(ctx).Conversation.Get(ctx, o.site.chat("Hello").conversationID)
	if err != nil {
		o.t.Fatal(err)
	}
	for len(ids) < many {
		if err := o.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			rows := make([]*ent.ConversationCreate, min(many-len(ids), 300))
			for i := range rows {
				ids = append(ids, id.New(id.Conversation))
				rows[i] = tx.Client.Conversation.Create().SetID(ids[len(ids)-1]).SetInboxID(like.InboxID).SetChannelID(like.ChannelID).SetKind(vocab.Chat).SetFolder(like.Folder).SetStatus(vocab.Open).
					SetOpenedAt(tx.Now()).SetLastMessageAt(tx.Now()).SetActivityAt(tx.Now()).SetVisitorActiveAt(tx.Now()).SetTags([]string{}).SetLastNumber(1).SetLastIncomingNumber(1)
			}
			return tx.Client.Conversation.CreateBulk(rows...).Exec(ctx)
		}); err != nil {
			o.t.Fatal(err)
		}
	}
	return ids
}

// folded waits until Ben is told of so many conversations that were assigned to him, in eleven
// notifications.
func (o *office) folded(many int) {
	o.t.Helper()
	want := fmt.Sprintf("%d conversations were assigned to you.", many-10)
	for deadline := time.After(time.Duration(many/100+120) * time.Second); ; {
		var texts []string
		for _, n := range o.notified(o.benToken) {
			if text(n, "kind") == string(vocab.NotifyAssigned) {
				texts = append(texts, text(n, "text"))
			}
		}
		if len(texts) == 11 && texts[0] == want {
			return
		}
		select {
		case <-deadline:
			o.t.Fatalf("he is told\n%s", strings.Join(texts, "\n"))
		case <-time.After(50 * time.Millisecond):
		}
	}
}
