package conversation_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// desk is where a test works: an account, the use cases, and a clock that
// stands still until it is turned.
type desk struct {
	*testkit.Fixture
	*conversation.Service
	t       *testing.T
	clock   *clock.Turned
	viewers *viewers
	jobs    *jobs
}

var monday = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// eachDesk runs the test on each database.
func eachDesk(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	testkit.SharedDatabase(t, opened(test))
}

// loneDesk is eachDesk for what reaches across accounts.
func loneDesk(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	testkit.EachDatabase(t, opened(test))
}

func opened(test func(t *testing.T, d *desk)) func(*testing.T, testkit.Database) {
	return func(t *testing.T, db testkit.Database) {
		turned := clock.At(monday)
		test(t, deskOn(t, db.Open(t, turned), turned))
	}
}

func deskOn(t *testing.T, s *store.Store, turned *clock.Turned) *desk {
	t.Helper()
	d := &desk{Fixture: testkit.Account(t, s), t: t, clock: turned, viewers: &viewers{}, jobs: &jobs{}}
	s.UseJobs(d.jobs)
	d.Service = conversation.New(s, d.viewers)
	return d
}

// viewers knows who may still do what.
type viewers struct{ known map[string]*viewer.Viewer }

func (v *viewers) knows(ctx context.Context) {
	if v.known == nil {
		v.known = map[string]*viewer.Viewer{}
	}
	who := viewer.FromContext(ctx)
	v.known[who.ActorID] = who
}

func (v *viewers) ViewerOf(_ context.Context, _, actorID string) (*viewer.Viewer, error) {
	if who := v.known[actorID]; who != nil {
		return who, nil
	}
	return nil, errs.New(errs.Forbidden, "Whoever asked for this has no access any more.")
}

// jobs keeps what was enqueued.
type jobs struct {
	mu   sync.Mutex
	list []store.Job
}

func (j *jobs) InsertJobs(_ context.Context, _ *store.Raw, more []store.Job) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.list = append(j.list, more...)
	return nil
}

func ptr[T any](v T) *T { return &v }

// inNameOf is the system that writes for a visitor.
func (d *desk) inNameOf(visitor int) context.Context {
	v := viewer.FromContext(d.Visitor(visitor))
	return viewer.NewContext(d.t.Context(), viewer.System("chat", d.AccountID).InNameOf(v))
}

// begin has a visitor start a chat; change alters how.
func (d *desk) begin(visitor int, text string, change ...func(*conversation.Start)) *ent.Conversation {
	d.t.Helper()
	var c *ent.Conversation
	d.Write(d.inNameOf(visitor), func(ctx context.Context, tx *store.Tx) error {
		v, err := tx.Client.Visitor.Get(ctx, d.VisitorIDs[visitor])
		if err != nil {
			return err
		}
		channel, err := tx.Client.Channel.Get(ctx, v.ChannelID)
		if err != nil {
			return err
		}
		start := conversation.Start{MessageID: id.New(id.Message), Channel: channel, Visitor: v, PageURL: "https://example.com/pricing", Text: text}
		for _, f := range change {
			f(&start)
		}
		c, _, err = d.Begin(ctx, tx, start)
		return err
	})
	return d.row(c.ID)
}

// withBot begins a chat in a bot's hands.
func withBot(start *conversation.Start) {
	start.Targeted = &ent.TargetedMessage{ID: id.New(id.TargetedMessage), Version: 3, BotID: id.New(id.Bot)}
}

func (d *desk) receive(conversationID string, visitor int, text string) (*ent.Message, error) {
	var m *ent.Message
	err := d.Store.WithTx(d.inNameOf(visitor), func(ctx context.Context, tx *store.Tx) error {
		var err error
		_, m, err = d.Receive(ctx, tx, conversationID, id.New(id.Message), d.VisitorIDs[visitor], text)
		return err
	})
	return m, err
}

// writes has a visitor write on.
func (d *desk) writes(conversationID string, visitor int, text string) *ent.Message {
	d.t.Helper()
	return must(d.receive(conversationID, visitor, text))(d.t)
}

// says has a member of staff send a message, notes a note.
func (d *desk) says(ctx context.Context, conversationID, text string) *ent.Message {
	d.t.Helper()
	m, _, err := d.SendMessage(ctx, conversation.SendMessageInput{ConversationID: conversationID, Text: &text})
	return must(m, err)(d.t)
}

func (d *desk) notes(ctx context.Context, conversationID, text string) *ent.Message {
	d.t.Helper()
	m, _, err := d.SendMessage(ctx, conversation.SendMessageInput{ConversationID: conversationID, Text: &text, Note: true})
	return must(m, err)(d.t)
}

// closes, assigns, deletes: what must succeed on the way to a test's subject.
func (d *desk) closes(conversationID string) {
	d.t.Helper()
	must(d.Close(d.Agent(1), conversation.CloseConversationInput{ConversationID: conversationID}))(d.t)
}

func (d *desk) assigns(conversationID, userID string) {
	d.t.Helper()
	must(d.Assign(d.Agent(1), conversation.AssignConversationInput{ConversationID: conversationID, UserID: &userID}))(d.t)
}

func (d *desk) deletes(conversationID string) {
	d.t.Helper()
	must(d.Delete(d.Agent(1), conversation.DeleteConversationInput{ConversationID: conversationID}))(d.t)
}

// alter writes columns of a conversation as no use case can yet.
func (d *desk) alter(conversationID string, change func(*ent.ConversationUpdateOne)) {
	d.t.Helper()
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		update := tx.Client.Conversation.UpdateOneID(conversationID)
		change(update)
		return update.Exec(ctx)
	})
}

// email makes an e-mail conversation.
func (d *desk) email() string {
	d.t.Helper()
	channel, conversationID := id.New(id.Channel), id.New(id.Conversation)
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Client.Channel.Create().SetID(channel).SetInboxID(d.InboxIDs[0]).SetKind(vocab.Email).
			SetKey("key-" + channel).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
			return err
		}
		return tx.Client.Conversation.Create().SetID(conversationID).SetInboxID(d.InboxIDs[0]).SetChannelID(channel).
			SetKind(vocab.Email).SetFolder(vocab.FolderMain).SetStatus(vocab.Open).SetContactID(d.ContactID).SetSubject("Invoice").
			SetOpenedAt(tx.Now()).SetLastMessageAt(tx.Now()).SetVisitorActiveAt(tx.Now()).SetTags([]string{}).Exec(ctx)
	})
	return conversationID
}

// team makes a team of users, which is a member of the first inbox when joined.
func (d *desk) team(joined bool, userIDs ...string) string {
	d.t.Helper()
	team := id.New(id.Team)
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Client.Team.Create().SetID(team).SetName(team).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
			return err
		}
		for _, u := range userIDs {
			if err := tx.Client.TeamMember.Create().SetID(id.New("member")).SetTeamID(team).SetUserID(u).Exec(ctx); err != nil {
				return err
			}
		}
		if !joined {
			return nil
		}
		return tx.Client.InboxTeam.Create().SetID(id.New("member")).SetInboxID(d.InboxIDs[0]).SetTeamID(team).Exec(ctx)
	})
	return team
}

// user makes an agent who is a member of no inbox, and has no seat.
func (d *desk) user(name string) string {
	d.t.Helper()
	user := id.New(id.User)
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.User.Create().SetID(user).SetName(name).SetEmail(user + "@example.com").SetRole(vocab.RoleAgent).
			SetSeat(vocab.SeatNone).SetAvailability(vocab.Available).SetCreatedAt(tx.Now()).Exec(ctx)
	})
	return user
}

// as is the context of an agent who is a member of the first inbox.
func (d *desk) as(userID string) context.Context {
	return viewer.NewContext(d.t.Context(), &viewer.Viewer{
		Kind: viewer.Agent, AccountID: d.AccountID, ActorID: userID, InboxIDs: d.InboxIDs[:1], Scopes: []string{"*"},
	})
}

func (d *desk) deactivate(userID string) {
	d.t.Helper()
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.User.UpdateOneID(userID).SetDeactivatedAt(tx.Now()).Exec(ctx)
	})
}

// leaves takes a user out of the first inbox.
func (d *desk) leaves(userID string) {
	d.t.Helper()
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM inbox_users WHERE user_id = $1 AND inbox_id = $2", userID, d.InboxIDs[0])
		return err
	})
}

// row returns a conversation as it is stored.
func (d *desk) row(conversationID string) *ent.Conversation {
	d.t.Helper()
	return must(d.Store.Client(d.System).Conversation.Get(d.System, conversationID))(d.t)
}

// events returns what run adds to the log.
func (d *desk) events(run func()) []*ent.Event {
	d.t.Helper()
	client := d.Store.Client(d.System)
	before := must(client.AccountSequence.Get(d.System, d.AccountID))(d.t).Sequence
	run()
	list := must(client.Event.Query().Where(entevent.SequenceGT(before)).Order(entevent.BySequence()).All(d.System))(d.t)
	for i, e := range list {
		if e.Sequence != before+int64(i)+1 {
			d.t.Fatalf("event %d has the number %d", before+int64(i)+1, e.Sequence)
		}
	}
	return list
}

// told is events with their changes, as "TYPE field:from>to".
func (d *desk) told(run func()) []string {
	d.t.Helper()
	told := []string{}
	for _, e := range d.events(run) {
		line := []string{string(e.Type)}
		for _, c := range e.Changes {
			value := func(s *string) string {
				if s == nil {
					return ""
				}
				return *s
			}
			line = append(line, c.Field+":"+value(c.From)+">"+value(c.To))
		}
		told = append(told, strings.Join(line, " "))
	}
	return told
}

// tester is a test, or rapid's.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// must returns a function that returns the value, or ends the test.
func must[T any](v T, err error) func(tester) T {
	return func(t tester) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// refused checks that a rule refused the call, on the given field.
func refused(t *testing.T, err error, code errs.Code, field ...string) {
	t.Helper()
	e := errs.Of(err)
	if e == nil || e.Code != code || !slices.Equal(e.Field, field) {
		t.Errorf("got %v, want %s on %v", err, code, field)
	}
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
