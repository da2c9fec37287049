package custom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"parley/ent"
	"parley/ent/channelfile"
	"parley/internal/attachment"
	"parley/internal/egress"
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

func filePlace(fileID string) []byte { return []byte("channel-file:" + fileID) }

// errNotHad is why a file cannot be had, in words for the team: another attempt would not
// help.
type errNotHad struct{ why string }

func (e errNotHad) Error() string { return e.why }

// fetchFile fetches a file that was taken, and gives it to its message. One that is not to be
// had now is asked for again later.
func (s *Service) fetchFile(ctx context.Context, f *ent.ChannelFile) error {
	const often = "Its server did not give it, although it was asked several times."
	if f.Attempts > fileAttempts { // whoever fetched it died of it
		return s.failFile(ctx, f, often)
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
	case !hasAttempts(f):
		return s.failFile(ctx, f, often)
	}
	s.log.DebugContext(ctx, "a file of a custom channel was not to be had yet", "file", f.ID, "error", err)
	return s.again(ctx, f)
}

// maxRedirects is how often a server may name another address of a file.
const maxRedirects = 5

// fetching is a client as it fetches files: of the address that a connector named, which may
// carry a token, no other server hears.
func fetching(client *http.Client) *http.Client {
	if client == nil {
		return nil
	}
	own := *client
	own.Jar = nil
	own.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		for _, header := range []string{"Referer", "Authorization", "Cookie"} {
			r.Header.Del(header)
		}
		r.URL.User = nil
		switch {
		case len(via) > maxRedirects:
			return errNotHad{"Its server names one address after another."}
		case r.URL.Scheme != "https" && r.URL.Scheme != "http":
			return errNotHad{"Its server names an address that cannot be used."}
		}
		return nil
	}
	return &own
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
	response, err := s.client.Do(request)
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
		return tx.Client.ChannelFile.UpdateOneID(f.ID).SetState(vocab.RemoteFileFailed).SetError(why).Exec(ctx)
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
		if there, err := tx.Client.ChannelFile.Query().Where(channelfile.ID(f.ID)).Exist(ctx); err != nil || !there { // erased while it was fetched
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
