package receive_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/riverqueue/river"

	"parley/internal/account"
	"parley/internal/attachment"
	"parley/internal/conversation"
	"parley/internal/inbox"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
	"parley/internal/vocab"
)

// personal stands in everything that the customer of correspond says and is.
const personal = "zaunkoenig"

const fromCustomer = `From: Zoe Zaunkoenig <zoe@zaunkoenig.example>
To: support@shop.example
Cc: Max Zaunkoenig <max@zaunkoenig.example>, help@shop.example
Subject: Lamp for Zaunkoenig
Message-ID: <one@zaunkoenig.example>
References: <zero@zaunkoenig.example>
Date: Mon, 5 Jan 2026 09:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

Zaunkoenig's lamp is broken.

> Zaunkoenig wrote that before.
--b
Content-Type: text/plain
Content-Disposition: attachment; filename="zaunkoenig.txt"

The number of zaunkoenig
--b--
`

// correspond has mail of every kind come and go by the support channel: one that
// comes twice, with a file, and makes a ticket; our answer, the copy of it, an
// answer to that, and a bounce. It returns the conversation and its messages.
func (w *world) correspond() (conversationID string, messageIDs []string) {
	w.T.Helper()
	w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.EmailChannel.UpdateOneID(w.Support.ID).
			SetTicketPreset(&vocab.TicketPreset{Subject: "{{email.subject}}", Priority: vocab.PriorityNone}).Exec(ctx)
	})
	rows := w.Receives(mailroom.CRLF(fromCustomer), w.Support, w.Channel(1, "help@shop.example"))
	c := rows[0].ConversationID
	answer, sent := w.Answers(c, "Dear Zaunkoenig, we send one", "ida@zaunkoenig.example")
	internetID := check.Must(w.Store.Client(w.System).Email.Get(w.System, answer.ID))(w.T).InternetID
	rows = append(rows, w.Gets(sent),
		w.Gets(mailOf("Max Zaunkoenig <max@zaunkoenig.example>", "two@zaunkoenig.example", "Re: Lamp", "Thanks", "In-Reply-To: <"+internetID+">")),
		w.Gets(bounce(internetID)))
	check.Same(w.T, became(rows), []vocab.InboundState{
		vocab.InboundIngested, vocab.InboundDuplicate, vocab.InboundOwn, vocab.InboundIngested, vocab.InboundReport,
	})
	for _, r := range rows {
		if r.ConversationID != c {
			w.T.Fatalf("a mail is %s, in %q", r.State, r.ConversationID)
		}
		messageIDs = append(messageIDs, r.MessageID)
	}
	return c, append(messageIDs, answer.ID)
}

// holding returns the tables of which a row says one of the words, whatever
// column it stands in. Tombstones in the log do not count, nor what keeps
// SQLite's index of words, whose rows count.
func (w *world) holding(words ...string) []string {
	w.T.Helper()
	found := map[string]bool{}
	for table, columns := range w.columns() {
		for i, c := range columns {
			columns[i] = `COALESCE(CAST("` + c + `" AS TEXT), '')`
		}
		query := "SELECT " + strings.Join(columns, " || ' ' || ") + " FROM " + table
		if table == "events" {
			query += " WHERE type NOT IN ('CONVERSATION_PURGED', 'INBOX_DELETED', 'TASK_STARTED', 'TASK_FINISHED')"
		}
		if table == "audit_entries" {
			query += " WHERE action NOT IN ('CONVERSATION_PURGED', 'INBOX_DELETED')"
		}
		for _, row := range check.Must(w.Store.Strings(w.System, query))(w.T) {
			row = strings.ToLower(row)
			found[table] = found[table] || slices.ContainsFunc(words, func(word string) bool { return strings.Contains(row, strings.ToLower(word)) })
		}
	}
	maps.DeleteFunc(found, func(_ string, holds bool) bool { return !holds })
	return slices.Sorted(maps.Keys(found))
}

// columns returns the columns of each table that the database has.
func (w *world) columns() map[string][]string {
	w.T.Helper()
	query := `SELECT t.name || ' ' || c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'search_index_%'`
	if w.Store.Postgres() {
		query = "SELECT table_name || ' ' || column_name FROM information_schema.columns WHERE table_schema = current_schema()"
	}
	tables := map[string][]string{}
	for _, line := range check.Must(w.Store.Strings(w.System, query))(w.T) {
		table, column, _ := strings.Cut(line, " ")
		tables[table] = append(tables[table], column)
	}
	return tables
}

// contents returns the keys of all that is in the storage, once what no one
// names was removed.
func (w *world) contents() []string {
	w.T.Helper()
	files := attachment.New(w.Store, w.Bucket, w.Keys, mailroom.Nobody{}, "https://parley.example.com", w.Options.Files)
	if err := files.RemoveOrphans(w.T.Context()); err != nil {
		w.T.Fatal(err)
	}
	list, _, err := w.Bucket.List(w.T.Context(), nil, 100)
	check.Must(list, err)(w.T)
	keys := []string{}
	for _, e := range list {
		keys = append(keys, e.Key)
	}
	return keys
}

// eachLoneWorld is eachWorld with databases of their own: what goes over all
// accounts would touch those of other tests.
func eachLoneWorld(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) { test(t, newWorld(t, db)) })
}

// stays are the tables that may tell of a customer whose conversation is gone:
// they stay a contact, and their request a ticket (IB-3); ids that are gone stay taken for
// a while.
var stays = []string{"contact_emails", "contacts", "purged_ids", "tickets"}

// IN-13, EM-5: of a purged conversation nothing is left in any table or in the
// storage, and its mail does not come in again.
func TestPurgeLeavesNothingOfMail(t *testing.T) {
	eachLoneWorld(t, func(t *testing.T, w *world) {
		c, messages := w.correspond()
		words := slices.Concat(messages, []string{c, personal})
		for _, table := range []string{"attachments", "conversations", "email_references", "emails", "events", "inbound_mails", "messages", "participants", "tickets"} {
			if !slices.Contains(w.holding(words...), table) {
				t.Errorf("%s does not tell of the conversation, which this test is about", table)
			}
		}
		if n := len(w.contents()); n != 8 { // five raw mails, a file, and two parts of the bounce
			t.Fatalf("%d contents are kept", n)
		}
		check.Must(w.Desk.Delete(w.Agent(1), conversation.DeleteConversationInput{Target: conversation.On(c)}))(t)
		check.Must(w.Desk.Purge(w.Agent(1), conversation.PurgeConversationInput{Target: conversation.On(c)}))(t)
		check.Same(t, w.holding(words...), stays)
		check.Same(t, w.contents(), []string{})
		if again := w.Gets(mailroom.CRLF(fromCustomer)); again.State != vocab.InboundDuplicate || again.ConversationID != "" {
			t.Errorf("the mail came in again as %s, in %q", again.State, again.ConversationID)
		}
	})
}

// IB-3: of a deleted inbox's mail nothing is left but contacts and tickets; that
// of another inbox stays.
func TestDeletedInboxLeavesNothingOfMail(t *testing.T) {
	eachLoneWorld(t, func(t *testing.T, w *world) {
		other := w.Receives(mailOf("ada@example.com", "m1@example.com", "Lamp", "It is broken."), w.Channel(0, "sales@shop.example"))[0]
		c, messages := w.correspond()
		inboxes := inbox.New(w.Store, account.New(w.Store), w.Desk, w.Settings)
		task := check.Must(inboxes.Delete(w.Admin, inbox.DeleteInboxInput{InboxID: w.InboxIDs[1], ConfirmName: "Support"}))(t)
		for {
			err := inboxes.Clear(t.Context(), inbox.ClearArgs{AccountID: w.AccountID, InboxID: w.InboxIDs[1], TaskID: task.ID})
			if again := (*river.JobSnoozeError)(nil); !errors.As(err, &again) {
				check.Must(task, err)(t)
				break
			}
		}
		check.Same(t, w.holding(append(messages, c, personal, w.Support.ID, "help@shop.example")...), stays)
		check.Same(t, w.contents(), []string{w.Inbound(other.ID).BlobKey})
		check.Same(t, len(w.messages(0)), 1)
	})
}
