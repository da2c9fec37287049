// Package desk is where the tests of conversations work: an account with people,
// inboxes and conversations, the use cases, and a clock that stands still until
// it is turned. The tests of the rules, of views and of live views share it.
package desk

import (
	"context"
	"strings"
	"testing"
	"time"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/loader"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/tag"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Desk is where a test works: an account, the use cases, and a clock that
// stands still until it is turned.
type Desk struct {
	*testkit.Fixture
	*conversation.Service
	*Views
	T       *testing.T
	Clock   *clock.Turned
	Viewers *Viewers
	Jobs    *check.Jobs
}

// Views is view.Service, under a name that can stand beside the rules' own.
type Views = view.Service

// Monday is when the clock of a desk stands at first.
var Monday = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// Each runs the test on each database.
func Each(t *testing.T, test func(t *testing.T, d *Desk)) {
	t.Helper()
	testkit.SharedDatabase(t, opened(test))
}

// EachAlone is Each for what reaches across accounts.
func EachAlone(t *testing.T, test func(t *testing.T, d *Desk)) {
	t.Helper()
	testkit.EachDatabase(t, opened(test))
}

func opened(test func(t *testing.T, d *Desk)) func(*testing.T, testkit.Database) {
	return func(t *testing.T, db testkit.Database) {
		turned := clock.At(Monday)
		test(t, On(t, db.Open(t, turned), turned))
	}
}

// On sets up a desk on an open store.
func On(t *testing.T, s *store.Store, turned *clock.Turned) *Desk {
	t.Helper()
	d := &Desk{Fixture: testkit.Account(t, s), T: t, Clock: turned, Viewers: &Viewers{}, Jobs: &check.Jobs{}}
	s.UseJobs(d.Jobs)
	d.Service, d.Views = Conversations(s, conversation.Deps{Viewers: d.Viewers}), view.New(s)
	return d
}

// Viewers knows who may still do what.
type Viewers struct {
	Known map[string]*viewer.Viewer
	// Asked is called before each answer, if set.
	Asked func()
}

// Admit has the viewer of a context be known from now on.
func (v *Viewers) Admit(ctx context.Context) {
	if v.Known == nil {
		v.Known = map[string]*viewer.Viewer{}
	}
	who := viewer.FromContext(ctx)
	v.Known[who.ActorID] = who
}

// ViewerOf returns a viewer who is known, or FORBIDDEN.
func (v *Viewers) ViewerOf(_ context.Context, _, actorID, _ string) (*viewer.Viewer, error) {
	if v.Asked != nil {
		v.Asked()
	}
	if who := v.Known[actorID]; who != nil {
		return who, nil
	}
	return nil, errs.New(errs.Forbidden, "The user or integration that requested this no longer has access.")
}

// InNameOf is the system that writes for a visitor.
func (d *Desk) InNameOf(visitor int) context.Context {
	v := viewer.FromContext(d.Visitor(visitor))
	return viewer.NewContext(d.T.Context(), viewer.System("chat", d.AccountID).InNameOf(v))
}

// StartChat has a visitor start a chat; change alters how.
func (d *Desk) StartChat(visitor int, text string, change ...func(*conversation.Start)) *ent.Conversation {
	d.T.Helper()
	var c *ent.Conversation
	d.Write(d.InNameOf(visitor), func(ctx context.Context, tx *store.Tx) error {
		v, err := tx.Client.Visitor.Get(ctx, d.VisitorIDs[visitor])
		if err != nil {
			return err
		}
		channel, err := tx.Client.Channel.Get(ctx, v.ChannelID)
		if err != nil {
			return err
		}
		if err := tx.Client.Visitor.UpdateOne(v).SetLastSeenAt(tx.Now()).Exec(ctx); err != nil {
			return err
		}
		start := conversation.Start{MessageID: id.New(id.Message), Channel: channel, Visitor: v, PageURL: "https://example.com/pricing", Text: text}
		for _, f := range change {
			f(&start)
		}
		c, _, err = d.Begin(ctx, tx, start)
		return err
	})
	return d.Row(c.ID)
}

// WithBot begins a chat in a bot's hands.
func WithBot(start *conversation.Start) {
	start.Targeted = &ent.TargetedMessage{ID: id.New(id.TargetedMessage), Version: 3, BotID: id.New(id.Bot)}
}

// TryVisitorWrites has a visitor write on, who may be refused.
func (d *Desk) TryVisitorWrites(conversationID string, visitor int, text string) (*ent.Message, error) {
	var m *ent.Message
	err := d.Store.WithTx(d.InNameOf(visitor), func(ctx context.Context, tx *store.Tx) error {
		var err error
		_, m, err = d.Receive(ctx, tx, conversationID, id.New(id.Message), d.VisitorIDs[visitor], text)
		return err
	})
	return m, err
}

// VisitorWrites has a visitor write on.
func (d *Desk) VisitorWrites(conversationID string, visitor int, text string) *ent.Message {
	d.T.Helper()
	return check.Must(d.TryVisitorWrites(conversationID, visitor, text))(d.T)
}

// AgentSays has a member of staff send a message.
func (d *Desk) AgentSays(ctx context.Context, conversationID, text string) *ent.Message {
	d.T.Helper()
	m, _, err := d.SendMessage(ctx, conversation.SendMessageInput{Target: conversation.On(conversationID), Text: &text})
	return check.Must(m, err)(d.T)
}

// AgentNotes has a member of staff write a note.
func (d *Desk) AgentNotes(ctx context.Context, conversationID, text string) *ent.Message {
	d.T.Helper()
	m, _, err := d.SendMessage(ctx, conversation.SendMessageInput{Target: conversation.On(conversationID), Text: &text, Note: true})
	return check.Must(m, err)(d.T)
}

// MustClose closes a conversation.
func (d *Desk) MustClose(conversationID string) {
	d.T.Helper()
	check.Must(d.Close(d.Agent(1), conversation.CloseConversationInput{Target: conversation.On(conversationID)}))(d.T)
}

// Nobody takes a conversation from its user and its team.
var Nobody = conversation.Assignment{UserID: opt.Null[string](), TeamID: opt.Null[string]()}

// User assigns a conversation to a user.
func User(id string) conversation.Assignment { return conversation.Assignment{UserID: opt.Of(id)} }

// Team assigns a conversation to a team.
func Team(id string) conversation.Assignment { return conversation.Assignment{TeamID: opt.Of(id)} }

// MustAssign assigns a conversation.
func (d *Desk) MustAssign(conversationID, userID string) {
	d.T.Helper()
	check.Must(d.Assign(d.Agent(1), conversation.AssignConversationInput{Target: conversation.On(conversationID), Assignment: User(userID)}))(d.T)
}

// MustDelete moves a conversation to the trash.
func (d *Desk) MustDelete(conversationID string) {
	d.T.Helper()
	check.Must(d.Delete(d.Agent(1), conversation.DeleteConversationInput{Target: conversation.On(conversationID)}))(d.T)
}

// AlterRow writes columns of a conversation as no use case can yet.
func (d *Desk) AlterRow(conversationID string, change func(*ent.ConversationUpdateOne)) {
	d.T.Helper()
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		update := tx.Client.Conversation.UpdateOneID(conversationID)
		change(update)
		return update.Exec(ctx)
	})
}

// NewEmail makes an e-mail conversation.
func (d *Desk) NewEmail() string {
	d.T.Helper()
	channel, conversationID := id.New(id.Channel), id.New(id.Conversation)
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Client.Channel.Create().SetID(channel).SetInboxID(d.InboxIDs[0]).SetKind(vocab.Email).
			SetKey("key-" + channel).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
			return err
		}
		return tx.Client.Conversation.Create().SetID(conversationID).SetInboxID(d.InboxIDs[0]).SetChannelID(channel).
			SetKind(vocab.Email).SetFolder(vocab.FolderMain).SetStatus(vocab.Open).SetContactID(d.ContactID).SetSubject("Invoice").
			SetOpenedAt(tx.Now()).SetLastMessageAt(tx.Now()).SetActivityAt(tx.Now()).SetVisitorActiveAt(tx.Now()).SetTags([]string{}).Exec(ctx)
	})
	return conversationID
}

// NewTeam makes a team of users, which is a member of the first inbox when joined.
func (d *Desk) NewTeam(joined bool, userIDs ...string) string {
	d.T.Helper()
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

// NewUser makes an agent who is a member of no inbox, and has no seat.
func (d *Desk) NewUser(name string) string {
	d.T.Helper()
	user := id.New(id.User)
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.User.Create().SetID(user).SetName(name).SetEmail(user + "@example.com").SetRole(vocab.RoleAgent).
			SetSeat(vocab.SeatNone).SetAvailability(vocab.Available).SetCreatedAt(tx.Now()).Exec(ctx)
	})
	return user
}

// As is the context of an agent who is a member of the first inbox.
func (d *Desk) As(userID string) context.Context {
	return viewer.NewContext(d.T.Context(), &viewer.Viewer{
		Kind: viewer.Agent, AccountID: d.AccountID, ActorID: userID, InboxIDs: d.InboxIDs[:1], Scopes: []string{"*"},
	})
}

// Deactivate marks a user as deactivated, without what follows.
func (d *Desk) Deactivate(userID string) {
	d.T.Helper()
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.User.UpdateOneID(userID).SetDeactivatedAt(tx.Now()).Exec(ctx)
	})
}

// LeaveInbox takes a user out of the first inbox.
func (d *Desk) LeaveInbox(userID string) {
	d.T.Helper()
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM inbox_users WHERE user_id = $1 AND inbox_id = $2", userID, d.InboxIDs[0])
		return err
	})
}

// Row returns a conversation as it is stored.
func (d *Desk) Row(conversationID string) *ent.Conversation {
	d.T.Helper()
	return check.Must(d.Store.Client(d.System).Conversation.Get(d.System, conversationID))(d.T)
}

// EventsOf returns what run adds to the log.
func (d *Desk) EventsOf(run func()) []*ent.Event {
	d.T.Helper()
	client := d.Store.Client(d.System)
	before := check.Must(client.AccountSequence.Get(d.System, d.AccountID))(d.T).Sequence
	run()
	list := check.Must(client.Event.Query().Where(entevent.SequenceGT(before)).Order(entevent.BySequence()).All(d.System))(d.T)
	for i, e := range list {
		if e.Sequence != before+int64(i)+1 {
			d.T.Fatalf("event %d has the number %d", before+int64(i)+1, e.Sequence)
		}
	}
	return list
}

// Recorded is events with their changes, as "TYPE field:from>to".
func (d *Desk) Recorded(run func()) []string {
	d.T.Helper()
	reported := []string{}
	for _, e := range d.EventsOf(run) {
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
		reported = append(reported, strings.Join(line, " "))
	}
	return reported
}

// TryAssign assigns a conversation to a user or team, which may be refused.
func (d *Desk) TryAssign(conversationID string, userID, teamID *string) (*ent.Conversation, error) {
	var to conversation.Assignment
	if userID != nil {
		to.UserID = opt.Of(*userID)
	}
	if teamID != nil {
		to.TeamID = opt.Of(*teamID)
	}
	return d.Assign(d.Agent(1), conversation.AssignConversationInput{Target: conversation.On(conversationID), Assignment: to})
}

// NewContact makes a contact.
func (d *Desk) NewContact(name, email string) string {
	d.T.Helper()
	contact := id.New(id.Contact)
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Contact.Create().SetID(contact).SetName(name).SetEmail(email).SetCreatedAt(tx.Now()).Exec(ctx)
	})
	return contact
}

// Found returns the conversations that the first agent finds, newest hit first.
func (d *Desk) Found(ctx context.Context, query string) []string {
	d.T.Helper()
	found := []string{}
	for _, e := range check.Must(d.Search(ctx, query, view.Filter{}, vocab.SearchNewest, paging.PageArgs{First: check.Ptr(100)}))(d.T).Edges {
		found = append(found, e.Node.Conversation.ID)
	}
	return found
}

// EditAs edits a message.
func (d *Desk) EditAs(ctx context.Context, m *ent.Message, text string) (*ent.Message, error) {
	return d.EditMessage(ctx, conversation.EditMessageInput{MessageID: m.ID, Text: &text})
}

// EraseAs deletes a message.
func (d *Desk) EraseAs(ctx context.Context, m *ent.Message) (*ent.Message, error) {
	return d.DeleteMessage(ctx, conversation.DeleteMessageInput{MessageID: m.ID})
}

// TagWith tags a conversation.
func (d *Desk) TagWith(conversationID string, tags ...string) error {
	_, err := d.Tag(d.Agent(0), conversation.TagConversationInput{Target: conversation.On(conversationID), Tags: tags})
	return err
}

// SaveView makes a saved view that must succeed.
func (d *Desk) SaveView(ctx context.Context, in view.CreateSavedViewInput) *ent.SavedView {
	d.T.Helper()
	return check.Must(d.CreateSavedView(ctx, in))(d.T)
}

// TagNamesOf are the names of a conversation's tags, as it shows them.
func (d *Desk) TagNamesOf(conversationID string) []string {
	d.T.Helper()
	lists := check.Must(loader.New(d.Store).TagLists(d.System, [][]string{d.Row(conversationID).Tags}))(d.T)
	names := []string{}
	for _, t := range lists[0] {
		names = append(names, t.Name)
	}
	return names
}

// Tags are the use cases of tags.
func (d *Desk) Tags() *tag.Service { return tag.New(d.Store) }

// NewTag makes a tag.
func (d *Desk) NewTag(name string) *ent.Tag {
	d.T.Helper()
	return check.Must(d.Tags().CreateTag(d.Agent(0), tag.CreateTagInput{Name: name}))(d.T)
}

// MergeTags makes a tag another one.
func (d *Desk) MergeTags(into, merged *ent.Tag) {
	d.T.Helper()
	check.Must(d.Tags().MergeTags(d.Agent(0), tag.MergeTagsInput{IntoTagID: into.ID, TagIDs: []string{merged.ID}}))(d.T)
}
