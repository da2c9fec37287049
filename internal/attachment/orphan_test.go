package attachment_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/internal/attachment"
	"parley/internal/attachment/blob"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

// eachOwnWorld is eachWorld in databases that no other test works in.
func eachOwnWorld(t *testing.T, options attachment.Options, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) { test(t, newWorld(t, db, options)) })
}

func (w *world) removeOrphans() {
	w.t.Helper()
	if err := w.RemoveOrphans(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// What no message took within a day goes, row and content; what one took stays.
func TestOldUploadsGo(t *testing.T) {
	eachOwnWorld(t, attachment.Options{}, func(t *testing.T, w *world) {
		taken, old := w.upload(w.Agent(0), "a", "Hello"), w.upload(w.Agent(0), "b", "Hello")
		if err := w.claim(w.Agent(0), w.message(0, vocab.Outgoing).ID, taken.ID); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(day)
		w.removeOrphans()
		if n := w.rows(); n != 2 {
			t.Errorf("%d rows after a day", n)
		}
		fresh := w.upload(w.Agent(0), "c", "Hello")
		w.clock.Advance(time.Second)
		for range 2 {
			w.removeOrphans()
			if diff := cmp.Diff([]string{taken.BlobKey, fresh.BlobKey}, w.blobs()); diff != "" || w.rows() != 2 {
				t.Errorf("%d rows, and contents: %s", w.rows(), diff)
			}
		}
		_, err := w.Fixture.Store.Client(w.System).Attachment.Get(w.System, old.ID)
		if err == nil {
			t.Error("the old upload is there")
		}
	})
}

// Contents of what was erased go, though a run was broken off; one that another
// row names stays.
func TestForgottenContentsGo(t *testing.T) {
	eachOwnWorld(t, attachment.Options{}, func(t *testing.T, w *world) {
		kept, gone := w.upload(w.Agent(0), "a", "Hello"), w.upload(w.Agent(0), "b", "Hello")
		w.Fixture.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Client.Attachment.DeleteOneID(gone.ID).Exec(ctx); err != nil {
				return err
			}
			return errors.Join(
				attachment.Forget(ctx, tx, w.AccountID, gone.BlobKey), attachment.Forget(ctx, tx, w.AccountID, kept.BlobKey),
				attachment.Forget(ctx, tx, w.AccountID, blob.AttachmentKey(w.AccountID, "never-written")),
			)
		})
		broken, cancel := context.WithCancel(t.Context())
		cancel()
		if err := w.RemoveOrphans(broken); err == nil {
			t.Error("a run that was broken off says nothing")
		}
		w.removeOrphans()
		if diff := cmp.Diff([]string{kept.BlobKey}, w.blobs()); diff != "" {
			t.Error(diff)
		}
		if n, err := w.Fixture.Store.Client(w.System).ForgottenBlob.Query().Count(w.System); err != nil || n != 0 {
			t.Errorf("%d notes are left (%v)", n, err)
		}
	})
}

// A content whose row was never saved goes after a day: an attachment's, a mail's,
// and what a process left that died while it wrote. Nothing else in the storage
// is touched.
func TestUnknownContentsGo(t *testing.T) {
	eachOwnWorld(t, attachment.Options{}, func(t *testing.T, w *world) {
		taken := w.upload(w.Agent(0), "a", "Hello")
		if err := w.claim(w.Agent(0), w.message(0, vocab.Outgoing).ID, taken.ID); err != nil {
			t.Fatal(err)
		}
		unknown := []string{
			blob.AttachmentKey(w.AccountID, "attachment_x"), blob.AttachmentKey(w.AccountID, "attachment_y.18f3.tmp"),
			blob.RawKey(w.AccountID, "inboundmail_x"), "somebody/elses",
		}
		for _, key := range unknown {
			if _, _, err := w.bucket.Write(t.Context(), key, strings.NewReader("x")); err != nil {
				t.Fatal(err)
			}
		}
		w.removeOrphans()
		if keys := w.blobs(); len(keys) != 5 {
			t.Errorf("within the day: %v", keys)
		}
		w.clock.Advance(day + time.Minute)
		w.removeOrphans()
		if diff := cmp.Diff([]string{taken.BlobKey, "somebody/elses"}, w.blobs()); diff != "" {
			t.Error(diff)
		}
	})
}

// A mail's file that could not be scanned when it came is scanned by a job.
func TestScanLater(t *testing.T) {
	watch := &scanner{}
	eachOwnWorld(t, attachment.Options{Scanner: watch}, func(t *testing.T, w *world) {
		q := job.New(w.Fixture.Store, slog.New(slog.DiscardHandler))
		w.Register(q)
		stored, err := w.Service.Write(t.Context(), w.AccountID, strings.NewReader("A VIRUS"))
		if err != nil {
			t.Fatal(err)
		}
		stored.Scan = vocab.ScanNone // as when the scanner is down
		m := w.message(0, vocab.Incoming)
		told := make(chan struct{})
		w.Fixture.Store.UsePublisher(publisher(m.ID, told))
		w.Fixture.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			c, err := tx.Client.Conversation.Get(ctx, w.ConversationIDs[0])
			if err == nil {
				_, err = w.Service.Store(ctx, tx, []attachment.Incoming{{Stored: stored, FileName: "a.txt"}}, c, m.ID)
			}
			return err
		})
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := q.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		}()
		select {
		case <-told:
		case <-time.After(time.Minute):
			t.Fatal("nobody was told of the virus")
		}
		a, err := w.Fixture.Store.Client(w.System).Attachment.Get(w.System, stored.ID)
		if err != nil || a.Scan != vocab.ScanInfected {
			t.Errorf("%v (%v)", a, err)
		}
	})
}

// CO-3: what a draft keeps waits as long as the draft does, and goes after it.
func TestDraftsKeepTheirFiles(t *testing.T) {
	eachOwnWorld(t, attachment.Options{}, func(t *testing.T, w *world) {
		a, b := w.upload(w.Agent(0), "a", "One"), w.upload(w.Agent(0), "b", "Two")
		d := w.draft(w.AgentIDs[0])
		for _, step := range []struct {
			ids     []string
			changed bool
		}{{[]string{b.ID, a.ID}, true}, {[]string{b.ID, a.ID}, false}, {[]string{a.ID}, true}} {
			if changed, err := w.keep(w.Agent(0), d.ID, step.ids...); err != nil || changed != step.changed {
				t.Fatalf("keeping %v: changed is %t, %v", step.ids, changed, err)
			}
		}
		w.clock.Advance(3 * day)
		w.removeOrphans()
		if diff := cmp.Diff([]string{a.BlobKey}, w.blobs()); diff != "" {
			t.Errorf("a draft's file is gone, or another stayed: %s", diff)
		}
		if _, err := w.keep(w.Agent(1), w.draft(w.AgentIDs[1]).ID, a.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("another agent's file: %v", err)
		}
		w.Fixture.Write(w.System, func(ctx context.Context, tx *store.Tx) error { return tx.Client.Draft.DeleteOneID(d.ID).Exec(ctx) })
		w.removeOrphans()
		if left := w.blobs(); len(left) > 0 {
			t.Errorf("files without a draft stayed: %v", left)
		}
	})
}

// draft makes a user's draft in the first conversation.
func (w *world) draft(userID string) (d *ent.Draft) {
	w.t.Helper()
	w.Fixture.Write(w.System, func(ctx context.Context, tx *store.Tx) (err error) {
		d, err = tx.Client.Draft.Create().SetID(id.New(id.Draft)).SetInboxID(w.InboxIDs[0]).SetConversationID(w.ConversationIDs[0]).
			SetUserID(userID).SetMarkdown("Soon").SetUpdatedAt(tx.Now()).SetCreatedAt(tx.Now()).Save(ctx)
		return err
	})
	return d
}

// keep has a draft keep uploads.
func (w *world) keep(ctx context.Context, draftID string, ids ...string) (changed bool, err error) {
	w.t.Helper()
	err = w.Fixture.Store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.Conversation.Get(ctx, w.ConversationIDs[0])
		if err == nil {
			changed, err = w.KeepForDraft(ctx, tx, ids, c, draftID)
		}
		return err
	})
	return changed, err
}
