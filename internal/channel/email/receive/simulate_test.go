package receive_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"parley/ent"
	"parley/ent/attachment"
	"parley/ent/routingdecision"
	"parley/ent/ticket"
	"parley/internal/channel/email/receive"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// boss is the context of an admin who is a member of both inboxes.
func (w *world) boss() context.Context {
	v := *viewer.FromContext(w.Admin)
	v.InboxIDs = w.InboxIDs[:]
	return viewer.NewContext(w.T.Context(), &v)
}

// all is what the database and the bucket hold, each row of each table.
func (w *world) all() []string {
	w.T.Helper()
	tables := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if w.Store.Postgres() {
		tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
	}
	var rows []string
	for _, table := range check.Must(w.Store.Strings(w.System, tables))(w.T) {
		rows = append(rows, w.rows(table)...)
	}
	list, _, err := w.Bucket.List(w.T.Context(), nil, 1000)
	if err != nil {
		w.T.Fatal(err)
	}
	for _, e := range list {
		rows = append(rows, "blob "+e.Key)
	}
	slices.Sort(rows)
	return rows
}

func (w *world) rows(table string) (list []string) {
	w.T.Helper()
	rows := check.Must(w.Store.Writer().QueryContext(w.T.Context(), "SELECT * FROM "+table))(w.T)
	defer func() { _ = rows.Close() }()
	columns := check.Must(rows.Columns())(w.T)
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			w.T.Fatal(err)
		}
		list = append(list, fmt.Sprintf("%s %v", table, values))
	}
	if err := rows.Err(); err != nil {
		w.T.Fatal(err)
	}
	return list
}

func (w *world) simulates(c *ent.EmailChannel, raw string) *receive.Simulation {
	w.T.Helper()
	return check.Must(w.Receive.Simulate(w.boss(), receive.SimulateInboundEmailInput{ChannelID: c.ID, Raw: raw}))(w.T)
}

// IN-11: a simulation leaves nothing behind.
func TestSimulationKeepsNothing(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		w := newWorld(t, db)
		first := w.Gets(mailroom.CRLF(mailroom.Question))
		w.Write(w.System, presets(w.Support.ID))
		before := w.all()
		for name, raw := range map[string]string{
			"new":      strings.Replace(mailroom.Question, "question@", "another@", 1),
			"same":     mailroom.Question,
			"filtered": strings.Replace(mailroom.Question, "dora@example.net", "noreply@example.net", 1),
			"answer":   strings.Replace(mailroom.Question, "question@example.net>", "answer@example.net>\nIn-Reply-To: <question@example.net>", 1),
		} {
			w.simulates(w.Support, mailroom.CRLF(raw))
			if diff := cmp.Diff(before, w.all()); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		if n := len(w.Jobs.TakenArgs()); n != 0 {
			t.Errorf("%d jobs were enqueued for %s", n, first.ID)
		}
	})
}

// IN-11: a simulation tells what then comes about, for each mail of the corpus.
func TestSimulationIsRight(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios(t) {
		t.Run(filepath.Base(s.dir), func(t *testing.T) {
			t.Parallel()
			p := &play{world: newWorld(t, mailroom.SQLite), scenario: s}
			p.prepare(s.Setup)
			for _, step := range s.Steps {
				if step.Mail == "" {
					p.scenario.Setup, p.scenario.Steps = setup{}, nil
					p.act(step)
					continue
				}
				to := p.Support
				if step.Other {
					to = p.other
				}
				said := p.simulates(to, p.raw(step.Mail))
				row := p.Receives(p.raw(step.Mail), to)[0]
				_, fresh := p.number(row.ConversationID)
				p.cameAbout(step.Mail, said, row, fresh)
			}
		})
	}
}

// act does what is no mail.
func (p *play) act(s step) {
	p.T.Helper()
	switch {
	case s.Redeliver != "":
		p.comesAgain(s.Redeliver)
	case s.Reply != nil:
		m, raw := p.Answers(p.conversation(s.Reply.Conversation), s.Reply.Text, s.Reply.Cc...)
		p.keep(m, raw)
	case s.Start != nil:
		p.starts(*s.Start)
	default:
		p.does(s)
	}
}

// cameAbout compares a simulation with what became of the mail.
func (p *play) cameAbout(name string, said *receive.Simulation, row *ent.InboundMail, fresh bool) {
	p.T.Helper()
	joined := row.ConversationID
	if fresh {
		joined = ""
	}
	want := receive.Simulation{
		ConversationID: joined, ThreadReason: string(row.State), Verdict: row.Verdict, From: said.From, Subject: said.Subject, Text: said.Text,
		HTML: said.HTML, QuotedHTML: said.QuotedHTML, Attachments: said.Attachments, Filtered: []vocab.FilteredReason{},
	}
	switch row.State {
	case vocab.InboundDuplicate:
		want.DuplicateOf = row.MessageID
	case vocab.InboundIngested:
		want.ThreadReason = row.Verdict.Thread
		p.ingested(&want, row, fresh)
		want.ContactID = said.ContactID
	}
	want.Routing = said.Routing
	if diff := cmp.Diff(&want, said, cmpopts.EquateEmpty()); diff != "" {
		p.T.Errorf("%s (-what came about +what was said)\n%s", name, diff)
	}
}

// ingested fills in what a mail's message shows.
func (p *play) ingested(want *receive.Simulation, row *ent.InboundMail, fresh bool) {
	p.T.Helper()
	client := p.Store.Client(p.System)
	m, e, c := p.Message(row.MessageID), check.Must(client.Email.Get(p.System, row.MessageID))(p.T), p.Row(row.ConversationID)
	want.Text, want.HTML, want.QuotedHTML, want.Subject = m.Text, m.HTML, e.QuotedHTML, e.Subject
	want.Filtered, want.Attachments = c.Filtered.List(), []receive.SimulatedFile{}
	if fresh {
		want.PossiblyRelatedID = c.PossiblyRelatedID
	}
	for _, a := range check.Must(client.Attachment.Query().Where(attachment.MessageID(m.ID)).Order(attachment.ByPosition()).All(p.System))(p.T) {
		want.Attachments = append(want.Attachments, receive.SimulatedFile{FileName: a.FileName, ContentType: a.ContentType, Size: a.Size, Inline: a.Inline})
	}
}

// IN-11, EM-3: a simulation tells the contact, the routing and the ticket.
func TestSimulationOfRouting(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		w := newWorld(t, db)
		ask := mailroom.CRLF(strings.Replace(mailroom.Question, "dora@example.net", "nova@example.net", 1))
		w.Write(w.System, presets(w.Support.ID))
		said := w.simulates(w.Support, ask)
		if said.ContactID != "" || said.Routing == nil || !said.Ticket || said.ConversationID != "" {
			t.Errorf("of a new mail: %+v", said)
		}
		row := w.Gets(ask)
		client := w.Store.Client(w.System)
		decided := check.Must(client.RoutingDecision.Query().Where(routingdecision.ConversationID(row.ConversationID)).Only(w.System))(t)
		if decided.Target != said.Routing.Target || decided.Rule != said.Routing.Rule || decided.AssigneeID != said.Routing.AssigneeID {
			t.Errorf("decided %v, said %v", decided, said.Routing)
		}
		if n := check.Must(client.Ticket.Query().Where(ticket.ConversationID(row.ConversationID)).Count(w.System))(t); n != 1 {
			t.Errorf("%d tickets", n)
		}
		answer := w.simulates(w.Support, (strings.Replace(ask, "question@example.net>", "answer@example.net>\r\nIn-Reply-To: <question@example.net>", 1)))
		if answer.ContactID != w.Row(row.ConversationID).ContactID || answer.ConversationID != row.ConversationID || answer.Ticket || answer.Routing != nil {
			t.Errorf("of an answer: %+v", answer)
		}
		same := w.simulates(w.Support, ask)
		if same.DuplicateOf != row.MessageID || same.ConversationID != row.ConversationID {
			t.Errorf("of the same mail: %+v", same)
		}
		noreply := w.simulates(w.Support, (strings.Replace(ask, "nova@example.net", "noreply@example.org", 1)))
		if noreply.Routing != nil || noreply.Ticket || !slices.Contains(noreply.Filtered, vocab.ReasonRoleAddress) {
			t.Errorf("of a machine's mail: %+v", noreply)
		}
	})
}

// IN-11: the answer shows an inbox's conversations, to its members alone.
func TestSimulationRefuses(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		w := newWorld(t, db)
		in := receive.SimulateInboundEmailInput{ChannelID: w.Support.ID, Raw: mailroom.Question}
		_, err := w.Receive.Simulate(w.Admin, in)
		check.Refused(t, err, errs.NotAMember, "channelId")
		_, err = w.Receive.Simulate(w.Agent(1), in)
		check.Refused(t, err, errs.Forbidden)
		in.Raw = ""
		_, err = w.Receive.Simulate(w.boss(), in)
		check.Refused(t, err, errs.Invalid, "raw")
		in.ChannelID = w.ChannelIDs[1]
		_, err = w.Receive.Simulate(w.boss(), in)
		check.Refused(t, err, errs.NotFound, "channelId")
	})
}

// presets has new mail routed, and ticketed.
func presets(channelID string) func(context.Context, *store.Tx) error {
	return func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.EmailChannel.UpdateOneID(channelID).
			SetRouting(vocab.Routing{Rules: []vocab.RoutingRule{{Target: vocab.RouteContactOwner}}}).
			SetTicketPreset(&vocab.TicketPreset{Subject: "{{email.subject}}", Priority: vocab.PriorityNone}).Exec(ctx)
	}
}
