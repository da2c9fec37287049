package attachment

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"

	entattachment "parley/ent/attachment"
	"parley/ent/forgottenblob"
	"parley/ent/inboundmail"
	"parley/ent/libraryfile"
	"parley/ent/quotelogo"
	"parley/internal/attachment/blob"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
)

const (
	// waits is how long an upload waits for its message.
	waits = 24 * time.Hour
	// batch is how much of each kind one run removes.
	batch = 500
	// pages, of at most so many contents each, are what one run searches for
	// contents without a row.
	pages, pageSize = 5, 1000
)

// RemoveOrphans removes uploads that no message took within a day and no draft keeps, the contents
// of what was erased, and contents that are older than a day and whose row was
// never saved. It does a bounded part of it; the system runs it each hour. It can
// be broken off anywhere: rows go before contents, and what is still to be
// deleted is noted until it is.
func (s *Service) RemoveOrphans(ctx context.Context) error {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("files"))
	return errors.Join(s.forgetUploads(ctx), s.deleteForgotten(ctx), s.deleteUnknown(ctx))
}

// forgetUploads removes the rows of old uploads, and notes their contents.
func (s *Service) forgetUploads(ctx context.Context) error {
	before := s.store.Now().Add(-waits)
	old, err := s.store.Client(ctx).Attachment.Query().
		Where(entattachment.MessageID(""), entattachment.CreatedAtLT(before), inNoDraft).
		Order(entattachment.ByCreatedAt()).Limit(batch).All(ctx)
	if err != nil {
		return err
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// None waits any more that old.
		if _, err := tx.Exec(ctx, "DELETE FROM upload_addresses WHERE attachment_id < $1", id.FirstAt(id.Attachment, before.Time())); err != nil {
			return err
		}
		for _, a := range old {
			gone, err := tx.Client.Attachment.Delete().Where(entattachment.ID(a.ID), entattachment.MessageID(""), inNoDraft).Exec(ctx)
			if err != nil {
				return err
			}
			if gone == 0 {
				continue // a message or a draft took it meanwhile
			}
			if err := Forget(ctx, tx, a.AccountID, a.BlobKey); err != nil {
				return err
			}
		}
		return nil
	})
}

// inNoDraft: no draft keeps it (CO-3), and no engagement has it (CR-8).
func inNoDraft(s *sql.Selector) {
	d := sql.Table("drafts")
	s.Where(sql.NotExists(sql.Dialect(s.Dialect()).Select(d.C("id")).From(d).Where(sql.ColumnsEQ(d.C("id"), s.C(entattachment.FieldDraftID)))))
	e := sql.Table("engagements")
	s.Where(sql.NotExists(sql.Dialect(s.Dialect()).Select(e.C("id")).From(e).Where(sql.ColumnsEQ(e.C("id"), s.C(entattachment.FieldEngagementID)))))
}

// Forget notes a content of which no row is left, so that it will be deleted once
// the transaction is committed.
func Forget(ctx context.Context, tx *store.Tx, accountID, key string) error {
	return tx.Client.ForgottenBlob.Create().SetID(id.New("blob")).SetAccountID(accountID).
		SetBlobKey(key).SetCreatedAt(tx.Now()).Exec(ctx)
}

// deleteForgotten deletes the contents of what was erased, and then the notes.
func (s *Service) deleteForgotten(ctx context.Context) error {
	notes, err := s.store.Client(ctx).ForgottenBlob.Query().Order(forgottenblob.ByID()).Limit(batch).All(ctx)
	if err != nil || len(notes) == 0 {
		return err
	}
	keys := make([]string, len(notes))
	for i, n := range notes {
		keys[i] = n.BlobKey
	}
	named, err := s.referencedKeys(ctx, keys)
	if err != nil {
		return err
	}
	var done []string
	var failed error
	for _, n := range notes {
		if !named[n.BlobKey] { // else another row has the content too
			if failed = s.bucket.Delete(ctx, n.BlobKey); failed != nil {
				break
			}
		}
		done = append(done, n.ID)
	}
	if len(done) == 0 {
		return failed
	}
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Client.ForgottenBlob.Delete().Where(forgottenblob.IDIn(done...)).Exec(ctx)
		return err
	})
	return errors.Join(failed, err)
}

// deleteUnknown deletes contents that are old and that no row names: whose
// upload failed between content and row. It goes on where it stopped last.
func (s *Service) deleteUnknown(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range pages {
		list, next, err := s.bucket.List(ctx, s.cursor, pageSize)
		if err != nil {
			s.cursor = nil // it may be the cursor's fault
			return err
		}
		if err := s.deleteOf(ctx, list); err != nil {
			return err
		}
		if s.cursor = next; len(next) == 0 {
			return nil
		}
	}
	return nil
}

// deleteOf deletes those of the list that are old and that no row names.
func (s *Service) deleteOf(ctx context.Context, list []blob.Entry) error {
	before := s.store.Clock().Now().Add(-waits)
	var keys []string
	for _, e := range list {
		ours := strings.HasPrefix(e.Key, blob.Attachments) || strings.HasPrefix(e.Key, blob.RawMails)
		if ours && e.At.Before(before) {
			keys = append(keys, e.Key)
		}
	}
	named, err := s.referencedKeys(ctx, keys)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if named[key] {
			continue
		}
		if err := s.bucket.Delete(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// referencedKeys reports which of the keys an attachment, a mail, the library or a quote has.
func (s *Service) referencedKeys(ctx context.Context, keys []string) (map[string]bool, error) {
	named := map[string]bool{}
	if len(keys) == 0 {
		return named, nil
	}
	client := s.store.Client(ctx)
	files, err := client.Attachment.Query().Where(entattachment.BlobKeyIn(keys...)).Select(entattachment.FieldBlobKey).Strings(ctx)
	if err != nil {
		return nil, err
	}
	mails, err := client.InboundMail.Query().Where(inboundmail.BlobKeyIn(keys...)).Select(inboundmail.FieldBlobKey).Strings(ctx)
	if err != nil {
		return nil, err
	}
	kept, err := client.LibraryFile.Query().Where(libraryfile.BlobKeyIn(keys...)).Select(libraryfile.FieldBlobKey).Strings(ctx)
	if err != nil {
		return nil, err
	}
	logos, err := client.QuoteLogo.Query().Where(quotelogo.BlobKeyIn(keys...)).Select(quotelogo.FieldBlobKey).Strings(ctx)
	if err != nil {
		return nil, err
	}
	for _, key := range slices.Concat(files, mails, kept, logos) {
		named[key] = true
	}
	return named, nil
}
