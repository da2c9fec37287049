package notification_test

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/ent"
	entnotification "parley/ent/notification"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/job"
	"parley/internal/mail"
	"parley/internal/notification"
	"parley/internal/paging"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// silence is a bus that no one listens to.
type silence struct{}

func (silence) Publish(string, []byte) error { return nil }

func (silence) Listen(string, func([]byte)) (func(), error) { return func() {}, nil }

// office is an account with notifications.
type office struct {
	*testkit.Fixture
	notes *notification.Service
	ben   string
}

func newOffice(t *testing.T, s *store.Store) *office {
	t.Helper()
	f := testkit.Account(t, s)
	keys := check.Must(secret.Parse(secret.GenerateKey()))(t)
	o := &office{Fixture: f, notes: notification.New(s, keys, account.New(s), nil, notification.Addresses{}, slog.New(slog.DiscardHandler)), ben: f.AgentIDs[0]}
	o.notes.UseLive(silence{}, nil)
	q := job.New(s, slog.New(slog.DiscardHandler))
	o.notes.Register(q)
	check.Must(mail.New(mail.Options{From: "parley@example.com", Log: slog.New(slog.DiscardHandler)}))(t).Register(q, keys, nil, nil)
	return o
}

// conversation is one of the first inbox.
func (o *office) conversation(conversationID string) *ent.Conversation {
	return &ent.Conversation{ID: conversationID, AccountID: o.AccountID, InboxID: o.InboxIDs[0]}
}

// tell tells Ben of something that happened at a time.
func (o *office) writeNotice(kind vocab.NotificationKind, shown bool, c *ent.Conversation, subjectID string, at clock.Micros) {
	e := &event.Entry{Event: &ent.Event{AccountID: o.AccountID, OccurredAt: at, Sequence: 1}}
	o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
		return o.notes.Write(ctx, tx, kind, o.ben, shown, c, subjectID, e)
	})
}

// all are Ben's notifications.
func (o *office) all(t *testing.T) []*ent.Notification {
	t.Helper()
	return check.Must(o.Store.Client(o.Agent(0)).Notification.Query().Where(entnotification.UserID(o.ben)).All(o.Agent(0)))(t)
}

// Pitfall 12: notifications are found by indexes. SQLite's plans do not depend on what is
// stored.
func TestPlans(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		if db.URL() != "" {
			t.Skip("PostgreSQL scans tables this small")
		}
		asked := &testkit.Statements{}
		s := db.Open(t, clock.System{}, asked.Trace)
		o := newOffice(t, s)
		unread := true
		chat := o.conversation(o.ConversationIDs[0])
		o.writeNotice(vocab.NotifyReply, true, chat, "", 1)
		for name, c := range map[string]struct {
			run     func()
			has     string
			indexes []string
		}{
			"unread": {func() { check.Must(o.notes.List(o.Agent(0), &unread, paging.PageArgs{}))(t) }, "SELECT", []string{"notifications_unread"}},
			"count":  {func() { check.Must(o.notes.CountUnread(o.Agent(0)))(t) }, "SELECT", []string{"notifications_unread"}},
			"fold": {func() { o.writeNotice(vocab.NotifyReply, true, chat, "", s.Now()) }, "UNION", []string{
				"notifications_unread", "notifications_conversation",
			}},
			"due": {func() {
				o.writeNotice(vocab.NotifyMention, true, chat, "", s.Now())
				check.NoError(t, o.notes.Mail(o.System, notification.MailArgs{AccountID: o.AccountID, UserID: o.ben}))
			}, "ORDER BY `notifications`.`updated_at`", []string{"notifications_"}},
			"forget": {func() { check.NoError(t, o.notes.Forget(o.System)) }, "SELECT id", []string{"notifications_age", "notifications_read"}},
		} {
			asked := slices.DeleteFunc(asked.Of(c.run), func(query string) bool {
				return !strings.Contains(query, "otifications") || !strings.Contains(query, c.has)
			})
			slices.Sort(asked)
			if asked = slices.Compact(asked); len(asked) != 1 {
				t.Errorf("%s: %d statements: %v", name, len(asked), asked)
				continue
			}
			rows := check.Must(s.Query(o.System, "EXPLAIN QUERY PLAN "+asked[0], make([]any, strings.Count(asked[0], "?")+strings.Count(asked[0], "$"))...))(t)
			plan := ""
			for rows.Next() {
				var node, parent, unused int
				var detail string
				check.NoError(t, rows.Scan(&node, &parent, &unused, &detail))
				plan += detail + "\n"
			}
			check.NoError(t, rows.Close())
			for _, index := range c.indexes {
				if !strings.Contains(plan, index) || strings.Contains(plan, "SCAN notifications") {
					t.Errorf("%s: %s\n%s\nwant %s", name, asked[0], plan, index)
				}
			}
		}
	})
}

// NT-8: what comes again in a conversation is folded, whatever it is about beside it, also if
// its events are handled late.
func TestFolds(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		chat := o.conversation(o.ConversationIDs[0])
		o.writeNotice(vocab.NotifyProposalWaiting, true, chat, "proposal_1", s.Now())
		o.writeNotice(vocab.NotifyProposalWaiting, false, chat, "proposal_2", s.Now())
		if list := o.all(t); len(list) != 1 || list[0].Events != 2 || list[0].SubjectID != "proposal_2" || list[0].Shown {
			t.Errorf("two proposals, the second when he no longer wanted them in the list, are told by %v", list)
		}
		late := s.Now().Add(-time.Hour)
		for range 13 {
			o.writeNotice(vocab.NotifyAssigned, true, o.conversation(id.New(id.Conversation)), "", late)
		}
		if list := o.all(t); len(list) != 12 {
			t.Errorf("13 conversations of an hour ago are told by %d notifications, want 11", len(list)-1)
		}
		if err := o.notes.Consumer().Handle(o.System, &event.Entry{Event: &ent.Event{
			AccountID: o.AccountID, Type: vocab.TokenCreated, OccurredAt: s.Now().Add(-48 * time.Hour), Changes: []vocab.FieldChange{{Field: "user", To: &o.ben}},
		}}); err == nil { // outside the engine, whatever is to be told is an error
			t.Error("a token that was made two days ago is not told (AC-13)")
		}
	})
}

// NT-7: a new chat is for the members who are available; if none is, for all.
func TestNewChatIsHeard(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		chat := check.Must(s.Client(o.System).Conversation.Get(o.System, o.ConversationIDs[0]))(t)
		away := func(users ...string) {
			for _, one := range users {
				o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
					return tx.Client.User.UpdateOneID(one).SetAvailability(vocab.Away).Exec(ctx)
				})
			}
		}
		away(o.AdminID, o.AgentIDs[1])
		if got := check.Must(o.notes.HearOfNew(o.System, chat))(t); !slices.Equal(got, []string{o.ben}) {
			t.Errorf("Ben is available, and %v hear of it", got)
		}
		away(o.ben)
		if got := check.Must(o.notes.HearOfNew(o.System, chat))(t); len(got) != 3 {
			t.Errorf("no one is available, and %v hear of it, want all three", got)
		}
	})
}

// Pitfall 12: however many members are notified, one statement writes their notifications, and
// one folds more into them.
func TestOneStatementForAll(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		asked := &testkit.Statements{}
		s := db.Open(t, clock.System{}, asked.Trace)
		o := newOffice(t, s)
		users := []string{o.AdminID, o.AgentIDs[0], o.AgentIDs[1]}
		slices.Sort(users)
		chat := o.conversation(o.ConversationIDs[0])
		write := func() {
			e := &event.Entry{Event: &ent.Event{AccountID: o.AccountID, OccurredAt: s.Now(), Sequence: 1}}
			o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
				return o.notes.WriteFor(ctx, tx, vocab.NotifyReply, users, chat, e)
			})
		}
		if got := writes(asked.Of(write), "INSERT INTO"); got != 1 {
			t.Errorf("first: %d statements, want 1", got)
		}
		if got := writes(asked.Of(write), "UPDATE notifications"); got != 1 {
			t.Errorf("again: %d statements, want 1", got)
		}
		for _, userID := range users {
			list := check.Must(s.Client(o.System).Notification.Query().Where(entnotification.UserID(userID)).All(o.System))(t)
			if len(list) != 1 || list[0].Events != 2 || list[0].Sequence != 2 || list[0].MailAt == 0 || list[0].PushAt == 0 {
				t.Errorf("%s has %v", userID, list)
			}
		}
	})
}

// writes counts the statements on notifications that begin so.
func writes(asked []string, begin string) (n int) {
	for _, query := range asked {
		if strings.HasPrefix(query, begin) && strings.Contains(strings.NewReplacer("`", "", `"`, "").Replace(query), " notifications ") {
			n++
		}
	}
	return n
}
