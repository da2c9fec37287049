package custom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"parley/ent"
	"parley/internal/attachment"
	"parley/internal/egress"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// fileAttempts is how often a file is tried to be fetched.
	fileAttempts = 5
	// fileDelay is how long after the first attempt the next one is; it doubles.
	fileDelay = 10 * time.Second
)

// FetchArgs asks to fetch a file.
type FetchArgs struct {
	AccountID string `json:"accountId"`
	FileID    string `json:"fileId"`
}

// Kind names the job.
func (FetchArgs) Kind() string { return "fetch-channel-file" }

func filePlace(fileID string) []byte { return []byte("channel-file:" + fileID) }

// errNotHad is why a file cannot be had, in words for the team: another attempt would not
// help.
type errNotHad struct{ why string }

func (e errNotHad) Error() string { return e.why }

// FetchFile is the queue's worker: it fetches a file, and gives it to its message (CC-2).
func (s *Service) FetchFile(ctx context.Context, args FetchArgs) error {
	ctx = viewer.NewContext(ctx, viewer.System("custom-channels", args.AccountID))
	f, err := s.store.Client(ctx).ChannelFile.Get(ctx, args.FileID)
	if ent.IsNotFound(err) || err == nil && f.State != vocab.RemoteFilePending {
		return nil
	}
	if err != nil {
		return err
	}
	stored, err := s.fetch(ctx, f)
	if err == nil {
		return s.giveFile(ctx, f, stored)
	}
	var why errNotHad
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &why):
		return s.failFile(ctx, f, why.why)
	case f.Attempts+1 >= fileAttempts:
		return s.failFile(ctx, f, "Its server did not give it, although it was asked several times.")
	}
	s.log.DebugContext(ctx, "a file of a custom channel was not to be had yet", "file", f.ID, "error", err)
	if err := s.store.Client(ctx).ChannelFile.UpdateOneID(f.ID).SetAttempts(f.Attempts + 1).Exec(ctx); err != nil {
		return err
	}
	return job.Again(fileDelay << f.Attempts)
}

// fetch keeps the file's content. It holds no transaction.
func (s *Service) fetch(ctx context.Context, f *ent.ChannelFile) (stored attachment.Stored, err error) {
	address, err := s.keys.Open(f.URL, filePlace(f.ID))
	if err != nil {
		return stored, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, string(address), http.NoBody)
	if err != nil {
		return stored, errNotHad{"Its address cannot be used."}
	}
	response, err := s.deps.Client.Do(request)
	var refused *egress.Error
	if errors.As(err, &refused) {
		return stored, errNotHad{"Its address is not public."}
	}
	if err != nil {
		return stored, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	switch {
	case response.StatusCode >= http.StatusInternalServerError, response.StatusCode == http.StatusTooManyRequests:
		return stored, fmt.Errorf("the server answered %s", response.Status)
	case response.StatusCode != http.StatusOK:
		return stored, errNotHad{fmt.Sprintf("Its server answered %d.", response.StatusCode)}
	case response.ContentLength > s.deps.MaxBytes:
		return stored, s.tooLarge()
	}
	return s.deps.Files.Write(ctx, f.AccountID, &limited{response.Body, s.deps.MaxBytes, s.tooLarge()})
}

func (s *Service) tooLarge() error {
	return errNotHad{fmt.Sprintf("It has more than %d bytes.", s.deps.MaxBytes)}
}

// limited fails with a fault after so many bytes.
type limited struct {
	io.Reader
	left  int64
	fault error
}

// Read reads.
func (l *limited) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, l.fault
	}
	return n, err
}

// giveFile makes a fetched file its message's attachment.
func (s *Service) giveFile(ctx context.Context, f *ent.ChannelFile, stored attachment.Stored) error {
	return s.changeFile(ctx, f, func(ctx context.Context, tx *store.Tx, m *ent.Message, c *ent.Conversation) error {
		by := &viewer.Viewer{Kind: m.AuthorKind, AccountID: m.AccountID, ActorID: m.AuthorID}
		ctx = viewer.NewContext(ctx, viewer.System("custom-channels", m.AccountID).InNameOf(by))
		_, err := s.deps.Files.Store(ctx, tx, []attachment.Incoming{{Stored: stored, FileName: f.FileName, Position: f.Position}}, c, m.ID)
		if err != nil {
			return err
		}
		return tx.Client.ChannelFile.DeleteOneID(f.ID).Exec(ctx)
	})
}

// failFile writes that a file cannot be had, and why.
func (s *Service) failFile(ctx context.Context, f *ent.ChannelFile, why string) error {
	return s.changeFile(ctx, f, func(ctx context.Context, tx *store.Tx, _ *ent.Message, _ *ent.Conversation) error {
		return tx.Client.ChannelFile.UpdateOneID(f.ID).SetState(vocab.RemoteFileFailed).SetError(why).SetAttempts(f.Attempts + 1).Exec(ctx)
	})
}

// changeFile changes a file whose message is still there, and reports it.
func (s *Service) changeFile(ctx context.Context, f *ent.ChannelFile, change func(context.Context, *store.Tx, *ent.Message, *ent.Conversation) error) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		m, err := tx.Client.Message.Get(ctx, f.MessageID)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		c, err := tx.Client.Conversation.Get(ctx, f.ConversationID)
		if err != nil {
			return err
		}
		if err := change(ctx, tx, m, c); err != nil {
			return err
		}
		return s.deps.Conversations.FilesChanged(ctx, tx, c.ID, m.ID)
	})
}
