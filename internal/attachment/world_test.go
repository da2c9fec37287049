package attachment_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/ent"
	entattachment "parley/ent/attachment"
	"parley/ent/inboxuser"
	"parley/internal/attachment"
	"parley/internal/attachment/blob"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"

// world is an account with attachments.
type world struct {
	*testkit.Fixture
	*attachment.Service
	t      *testing.T
	bucket *blob.Bucket
	clock  *clock.Turned
}

func newWorld(t *testing.T, db testkit.Database, options attachment.Options) *world {
	t.Helper()
	c := clock.At(clock.System{}.Now())
	s := db.Open(t, c)
	bucket, err := blob.Open(t.Context(), "", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := secret.Parse(secret.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	options.Log = slog.New(slog.DiscardHandler)
	return &world{
		Fixture: testkit.Account(t, s), t: t, bucket: bucket, clock: c,
		Service: attachment.New(s, bucket, keys, members{s}, "https://parley.example.com", options),
	}
}

// members are the agents of inboxes, as the database has them.
type members struct{ store *store.Store }

// ViewerOf returns an agent whose token holds, unless it is called "revoked".
func (m members) ViewerOf(ctx context.Context, accountID, actorID, tokenID string) (*viewer.Viewer, error) {
	if tokenID == "revoked" {
		return nil, errs.New(errs.Forbidden, "The token was revoked.")
	}
	ctx = viewer.NewContext(ctx, viewer.System("test", accountID))
	inboxes, err := m.store.Client(ctx).InboxUser.Query().Where(inboxuser.UserID(actorID)).Select(inboxuser.FieldInboxID).Strings(ctx)
	return &viewer.Viewer{Kind: viewer.Agent, AccountID: accountID, ActorID: actorID, InboxIDs: inboxes}, err
}

// eachWorld runs the test on both databases.
func eachWorld(t *testing.T, options attachment.Options, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) { test(t, newWorld(t, db, options)) })
}

// upload uploads a file to the first conversation, which must succeed.
func (w *world) upload(ctx context.Context, name, content string) *ent.Attachment {
	w.t.Helper()
	a, err := w.Upload(ctx, attachment.UploadInput{ConversationID: w.ConversationIDs[0], File: strings.NewReader(content), FileName: name})
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// message adds a message to a conversation and returns it.
func (w *world) message(conversation int, direction vocab.MessageDirection) *ent.Message {
	w.t.Helper()
	var m *ent.Message
	w.Fixture.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.Conversation.Get(ctx, w.ConversationIDs[conversation])
		if err != nil {
			return err
		}
		visible := c.LastVisibleNumber + 1
		if direction == vocab.Note {
			visible = 0
		}
		m, err = tx.Client.Message.Create().SetID(id.New(id.Message)).SetInboxID(c.InboxID).SetConversationID(c.ID).
			SetNumber(c.LastNumber + 1).SetVisibleNumber(visible).SetDirection(direction).SetAuthorKind(viewer.Agent).
			SetAuthorID(w.AgentIDs[0]).SetText("See the file").SetDelivery(vocab.DeliverySent).SetCreatedAt(tx.Now()).Save(ctx)
		if err != nil {
			return err
		}
		return tx.Client.Conversation.UpdateOneID(c.ID).SetLastNumber(c.LastNumber + 1).SetLastVisibleNumber(max(visible, c.LastVisibleNumber)).Exec(ctx)
	})
	return m
}

// claim has a message of the first conversation take uploads.
func (w *world) claim(ctx context.Context, messageID string, ids ...string) error {
	w.t.Helper()
	ctx = viewer.NewContext(ctx, viewer.System("test", w.AccountID).InNameOf(viewer.FromContext(ctx)))
	return w.Fixture.Store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.Conversation.Get(ctx, w.ConversationIDs[0])
		if err != nil {
			return err
		}
		return w.Claim(ctx, tx, ids, c, messageID)
	})
}

// blobs returns the keys of all contents.
func (w *world) blobs() (keys []string) {
	w.t.Helper()
	list, _, err := w.bucket.List(w.t.Context(), nil, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range list {
		keys = append(keys, e.Key)
	}
	return keys
}

// rows counts the account's attachments.
func (w *world) rows() int {
	w.t.Helper()
	n, err := w.Fixture.Store.Client(w.System).Attachment.Query().Where(entattachment.AccountID(w.AccountID)).Count(w.System)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// download returns what an address gives, by its token.
func (w *world) download(address string) (string, error) {
	w.t.Helper()
	rest := strings.TrimPrefix(address, "https://parley.example.com/files/")
	attachmentID, _, _ := strings.Cut(rest, "/")
	_, token, _ := strings.Cut(rest, "?token=")
	f, err := w.Download(w.t.Context(), attachmentID, strings.TrimSuffix(token, "&inline=1"))
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(f)
	return string(content), err
}

func (w *world) url(ctx context.Context, a *ent.Attachment) string {
	w.t.Helper()
	address, err := w.URL(ctx, a)
	if err != nil {
		w.t.Fatal(err)
	}
	return address
}

// refused checks that err is of the code, on the field.
func refused(t *testing.T, err error, code errs.Code, field string) {
	t.Helper()
	e := errs.Of(err)
	if e == nil || e.Code != code || strings.Join(e.Field, ".") != field {
		t.Errorf("got %v (%+v), want %s on %q", err, e, code, field)
	}
}

// scanner says what a test wants.
type scanner struct{ err error }

// Scan finds a virus in what says so.
func (s *scanner) Scan(_ context.Context, content io.Reader) (string, error) {
	if s.err != nil {
		return "", s.err
	}
	b, err := io.ReadAll(content)
	if bytes.Contains(b, []byte("VIRUS")) {
		return "Test.Virus", err
	}
	return "", err
}

var errDown = errors.New("the scanner is down")

const day = 24 * time.Hour

// publisher closes told when the message is said to have changed.
func publisher(messageID string, told chan struct{}) func([]*ent.Event) {
	once := sync.OnceFunc(func() { close(told) })
	return func(events []*ent.Event) {
		for _, e := range events {
			if e.Type == vocab.MessageUpdated && e.MessageID == messageID {
				once()
			}
		}
	}
}
