package attachment

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"parley/ent"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// scanTimeout bounds one scan.
const scanTimeout = time.Minute

// scanContent has a content looked at. Without a scanner, and for what it never
// reads, the state is NOT_SCANNED; an error says that it cannot say now.
func (s *Service) scanContent(ctx context.Context, key string) (state vocab.ScanState, virus string, err error) {
	if s.options.Scanner == nil {
		return vocab.ScanNone, "", nil
	}
	ctx, cancel := context.WithTimeout(ctx, scanTimeout)
	defer cancel()
	r, err := s.bucket.NewReader(ctx, key)
	if err != nil {
		return vocab.ScanNone, "", err
	}
	defer func() { _ = r.Close() }()
	virus, err = s.options.Scanner.Scan(ctx, r)
	switch {
	case errors.Is(err, ErrUnscannable):
		return vocab.ScanNone, "", nil
	case err != nil:
		return vocab.ScanNone, "", err
	case virus != "":
		s.options.Log.WarnContext(ctx, "a file contains a virus", "key", key, "virus", virus)
		return vocab.ScanInfected, virus, nil
	}
	return vocab.ScanClean, "", nil
}

// scanArgs name a mail's file that could not be scanned when it came.
type scanArgs struct {
	AccountID    string `json:"account"`
	AttachmentID string `json:"attachment"`
}

// Kind names the work.
func (scanArgs) Kind() string { return "scan-attachment" }

// rescanMailFile scans a mail's file, and notifies those who look at the
// conversation if it has a virus.
func (s *Service) rescanMailFile(ctx context.Context, args scanArgs) error {
	ctx = viewer.NewContext(ctx, viewer.System("files", args.AccountID))
	a, err := s.store.Client(ctx).Attachment.Get(ctx, args.AttachmentID)
	if ent.IsNotFound(err) || err == nil && a.Scan != vocab.ScanNone {
		return nil
	}
	if err != nil {
		return err
	}
	state, _, err := s.scanContent(ctx, a.BlobKey)
	if errors.Is(err, fs.ErrNotExist) {
		return job.GiveUp(err)
	}
	if err != nil || state == vocab.ScanNone {
		return err
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		err := tx.Client.Attachment.UpdateOneID(a.ID).SetScan(state).Exec(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err == nil && a.MessageID != "" && state == vocab.ScanInfected {
			tx.Append(ctx, store.Event{Type: vocab.MessageUpdated, InboxID: a.InboxID, ConversationID: a.ConversationID, MessageID: a.MessageID})
		}
		return err
	})
}
