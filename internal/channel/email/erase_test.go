package email_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/riverqueue/river"

	"parley/ent/schema"
	"parley/internal/attachment"
	"parley/internal/conversation"
	"parley/internal/inbox"
	"parley/internal/people"
	"parley/internal/store"
	"parley/internal/testkit"
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
	w.t.Helper()
	w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.EmailChannel.UpdateOneID(w.support.ID).
			SetTicketPreset(&schema.TicketPreset{Pipeline: "Support", Stage: "New", Priority: vocab.PriorityNone}).Exec(ctx)
	})
	rows := w.receives(crlf(fromCustomer), w.support, w.channel(1, "help@shop.example"))
	c := rows[0].ConversationID
	answer, sent := w.answers(c, "Dear Zaunkoenig, we send one", "ida@zaunkoenig.example")
	internetID := must(w.Store.Client(w.System).Email.Get(w.System, answer.ID))(w.t).InternetID
	rows = append(rows, w.gets(sent),
		w.gets(mailOf("Max Zaunkoenig <max@zaunkoenig.example>", "two@zaunkoenig.example", "Re: Lamp", "Thanks", "In-Reply-To: <"+internetID+">")),
		w.gets(bounce(internetID)))
	same(w.t, became(rows), []vocab.InboundState{
		vocab.InboundIngested, vocab.InboundDuplicate, vocab.InboundOwn, vocab.InboundIngested, vocab.InboundReport,
	})
	for _, r := range rows {
		if r.ConversationID != c {
			w.t.Fatalf("a mail is %s, in %q", r.State, r.ConversationID)
		}
		messageIDs = append(messageIDs, r.MessageID)
	}
	return c, append(messageIDs, answer.ID)
}

// holding returns the tables of which a row says one of the words, whatever
// column it stands in. Tombstones in the log do not count, nor what keeps
// SQLite's index of words, whose rows count.
func (w *world) holding(words ...string) []string {
	w.t.Helper()
	found := map[string]bool{}
	for table, columns := range w.columns() {
		for i, c := range columns {
			columns[i] = `COALESCE(CAST("` + c + `" AS TEXT), '')`
		}
		query := "SELECT " + strings.Join(columns, " || ' ' || ") + " FROM " + table
		if table == "events" {
			query += " WHERE type NOT IN ('CONVERSATION_PURGED', 'INBOX_DELETED', 'TASK_STARTED', 'TASK_FINISHED')"
		}
		for _, row := range must(w.Store.Strings(w.System, query))(w.t) {
			row = strings.ToLower(row)
			found[table] = found[table] || slices.ContainsFunc(words, func(word string) bool { return strings.Contains(row, strings.ToLower(word)) })
		}
	}
	maps.DeleteFunc(found, func(_ string, holds bool) bool { return !holds })
	return slices.Sorted(maps.Keys(found))
}

// columns returns the columns of each table that the database has.
func (w *world) columns() map[string][]string {
	w.t.Helper()
	query := `SELECT t.name || ' ' || c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'search_index_%'`
	if w.Store.Postgres() {
		query = "SELECT table_name || ' ' || column_name FROM information_schema.columns WHERE table_schema = current_schema()"
	}
	tables := map[string][]string{}
	for _, line := range must(w.Store.Strings(w.System, query))(w.t) {
		table, column, _ := strings.Cut(line, " ")
		tables[table] = append(tables[table], column)
	}
	return tables
}

// contents returns the keys of all that is in the storage, once what nobody
// names was removed.
func (w *world) contents() []string {
	w.t.Helper()
	files := attachment.New(w.Store, w.bucket, w.keys, nobody{}, "https://parley.example.com", w.options)
	if err := files.RemoveOrphans(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	list, _, err := w.bucket.List(w.t.Context(), nil, 100)
	must(list, err)(w.t)
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
// they stay a contact, and their request a ticket (IB-3).
var stays = []string{"contact_emails", "contacts", "tickets"}

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
		must(w.desk.Delete(w.Agent(1), conversation.DeleteConversationInput{ConversationID: c}))(t)
		must(w.desk.Purge(w.Agent(1), conversation.PurgeConversationInput{ConversationID: c}))(t)
		same(t, w.holding(words...), stays)
		same(t, w.contents(), []string{})
		if again := w.gets(crlf(fromCustomer)); again.State != vocab.InboundDuplicate || again.ConversationID != "" {
			t.Errorf("the mail came in again as %s, in %q", again.State, again.ConversationID)
		}
	})
}

// IB-3: of a deleted inbox's mail nothing is left but contacts and tickets; that
// of another inbox stays.
func TestDeletedInboxLeavesNothingOfMail(t *testing.T) {
	eachLoneWorld(t, func(t *testing.T, w *world) {
		other := w.receives(mailOf("ada@example.com", "m1@example.com", "Lamp", "It is broken."), w.channel(0, "sales@shop.example"))[0]
		c, messages := w.correspond()
		inboxes := inbox.New(w.Store, people.New(w.Store), w.desk, w.keys, "https://parley.example.com/")
		inboxes.UseMailboxes(w.mail)
		task := must(inboxes.Delete(w.Admin, inbox.DeleteInboxInput{InboxID: w.InboxIDs[1], ConfirmName: "Support"}))(t)
		for {
			err := inboxes.Clear(t.Context(), inbox.ClearArgs{AccountID: w.AccountID, InboxID: w.InboxIDs[1], TaskID: task.ID})
			if again := (*river.JobSnoozeError)(nil); !errors.As(err, &again) {
				must(task, err)(t)
				break
			}
		}
		same(t, w.holding(append(messages, c, personal, w.support.ID, "help@shop.example")...), stays)
		same(t, w.contents(), []string{w.inbound(other.ID).BlobKey})
		same(t, len(w.messages(0)), 1)
	})
}
