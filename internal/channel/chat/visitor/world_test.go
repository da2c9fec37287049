package visitor_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/internal/channel/chat/targeting"
	"parley/internal/channel/chat/visitor"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/paging"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// world is an account whose first channel shows a targeted message and takes
// signed identities.
type world struct {
	*testkit.Fixture
	*visitor.Service
	conversations *conversation.Service
	targeting     *targeting.Service
	shown         *ent.TargetedMessage
	secrets       secrets
	clock         *clock.Turned
	t             *testing.T
}

// secrets are identity secrets by channel.
type secrets map[string][]byte

func (s secrets) IdentitySecret(_ context.Context, c *ent.Channel) ([]byte, error) {
	return s[c.ID], nil
}

// noJobs takes jobs and forgets them.
type noJobs struct{}

func (noJobs) InsertJobs(context.Context, *store.Raw, []store.Job) error { return nil }

var keys = sync.OnceValue(func() *secret.Keyring {
	ring, err := secret.Parse(secret.GenerateKey())
	if err != nil {
		panic(err)
	}
	return ring
})

func each(t *testing.T, test func(w *world)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
		s := db.Open(t, turned)
		s.UseJobs(noJobs{})
		test(newWorld(t, s, turned))
	})
}

func newWorld(t *testing.T, s *store.Store, turned *clock.Turned) *world {
	t.Helper()
	w := &world{Fixture: testkit.Account(t, s), targeting: targeting.New(s), clock: turned, t: t}
	w.secrets = secrets{w.ChannelIDs[0]: []byte("the site's back end keeps this")}
	w.compose(conversation.Deps{}, visitor.Options{})
	w.shown = w.publish(w.ChannelIDs[0])
	return w
}

// compose gives the world use cases with what a test needs of them.
func (w *world) compose(d conversation.Deps, o visitor.Options) {
	w.conversations = desk.Conversations(w.Store, d)
	w.Service = visitor.New(w.Store, keys(), w.secrets, contact.New(w.Store), w.conversations, o)
}

// publish makes a targeted message that a channel shows.
func (w *world) publish(channelID string) *ent.TargetedMessage {
	w.t.Helper()
	m, err := w.targeting.Create(w.Admin, targeting.CreateTargetedMessageInput{ChannelID: channelID, Name: "Welcome", WelcomeMessage: "Hello!"})
	w.ok(err)
	m, err = w.targeting.Publish(w.Admin, targeting.PublishTargetedMessageInput{TargetedMessageID: m.ID})
	w.ok(err)
	return m
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) fails(err error, code errs.Code, field string) {
	w.t.Helper()
	if e := errs.Of(err); e == nil || e.Code != code || strings.Join(e.Field, ".") != field {
		w.t.Errorf("got %v, want %s on %q", err, code, field)
	}
}

func key(channelID string) string { return "key-" + channelID }

// start begins or goes on with a session on the first channel; "": without token,
// without identity.
func (w *world) start(token, identity string) *visitor.Session {
	w.t.Helper()
	session, err := w.startOn(w.ChannelIDs[0], token, identity)
	w.ok(err)
	return session
}

func (w *world) startOn(channelID, token, identity string) (*visitor.Session, error) {
	in := visitor.StartVisitorSessionInput{ChannelKey: key(channelID)}
	if token != "" {
		in.Token = &token
	}
	if identity != "" {
		in.Identity = &identity
	}
	return w.StartSession(viewer.NewContext(w.t.Context(), viewer.Anonymous()), in)
}

// as is the context of whoever has the session's token.
func (w *world) as(session *visitor.Session) context.Context {
	w.t.Helper()
	v, err := w.Authenticate(w.t.Context(), session.Token)
	w.ok(err)
	return viewer.NewContext(w.t.Context(), v)
}

// identity signs claims as the site's back end does; they expire in an hour
// unless they say otherwise.
func (w *world) identity(claims jwt.MapClaims) string {
	w.t.Helper()
	if _, given := claims["exp"]; !given {
		claims["exp"] = w.clock.Now().Add(time.Hour).Unix()
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(w.secrets[w.ChannelIDs[0]])
	w.ok(err)
	return token
}

func (w *world) startChat(ctx context.Context, text string) *ent.Conversation {
	w.t.Helper()
	c, err := w.StartChat(ctx, w.chat(text))
	w.ok(err)
	return c
}

func (w *world) chat(text string) visitor.StartChatInput {
	return visitor.StartChatInput{TargetedMessageID: w.shown.ID, Text: text, PageURL: "https://shop.example/prices"}
}

// conversation loads one as staff see it, whatever became of it.
func (w *world) conversation(conversationID string) *ent.Conversation {
	w.t.Helper()
	c, err := w.Store.Client(w.System).Conversation.Get(w.System, conversationID)
	w.ok(err)
	return c
}

// count returns how many rows of each kind a visitor could make.
func (w *world) count() (visitors, conversations, contacts, events int) {
	w.t.Helper()
	client := w.Store.Client(w.System)
	for _, n := range []struct {
		into *int
		of   func(context.Context) (int, error)
	}{
		{&visitors, client.Visitor.Query().Count}, {&conversations, client.Conversation.Query().Count},
		{&contacts, client.Contact.Query().Count}, {&events, client.Event.Query().Count},
	} {
		count, err := n.of(w.System)
		w.ok(err)
		*n.into = count
	}
	return visitors, conversations, contacts, events
}

// nothing runs what must leave no trace.
func (w *world) nothing(what func()) {
	w.t.Helper()
	v1, c1, p1, e1 := w.count()
	what()
	v2, c2, p2, e2 := w.count()
	if v1 != v2 || c1 != c2 || p1 != p2 || e1 != e2 {
		w.t.Errorf("visitors %d → %d, conversations %d → %d, contacts %d → %d, events %d → %d", v1, v2, c1, c2, p1, p2, e1, e2)
	}
}

// since returns the types of the account's events after a number of them.
func (w *world) since(skip int) []vocab.EventType {
	w.t.Helper()
	events, err := w.Store.Client(w.System).Event.Query().Order(entevent.BySequence()).Offset(skip).All(w.System)
	w.ok(err)
	types := []vocab.EventType{}
	for _, e := range events {
		types = append(types, e.Type)
	}
	return types
}

func (w *world) deleteInbox(i int) {
	w.t.Helper()
	w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Inbox.UpdateOneID(w.InboxIDs[i]).SetDeletedAt(tx.Now()).Exec(ctx)
	})
}

// messages returns a page of one conversation's messages.
func (w *world) messages(ctx context.Context, c *ent.Conversation, args paging.PageArgs) (*paging.Connection[*ent.Message], error) {
	pages, err := w.Messages(ctx, []*ent.Conversation{c}, args)
	if err != nil {
		return nil, err
	}
	return pages[0], nil
}
