package receive

import (
	"context"
	"errors"
	"sync"

	"parley/ent"
	"parley/internal/channel/email/imap"
	"parley/internal/channel/email/settings"
	"parley/internal/lease"
	"parley/internal/oauth"
)

// session is one connection to a mailbox.
type session struct {
	service *Service
	lease   *lease.Lease
	conn    *imap.Conn
	c       *ent.EmailChannel
	// source gives the access tokens; nil: there are none.
	source *oauth.TokenSource
	// reading is the batch that is being read while the next one is fetched.
	reading sync.WaitGroup
}

// followMailbox reads a mailbox and what comes into it, until ctx ends or something
// fails.
func (s *Service) followMailbox(ctx context.Context, l *lease.Lease, channelID string) error {
	c, err := s.store.Client(ctx).EmailChannel.Get(ctx, channelID)
	if err != nil {
		return err
	}
	if err := s.ingestStored(ctx, c.ID); err != nil {
		return err
	}
	config, source, err := s.channels.Mailbox(c)
	if err != nil {
		return err
	}
	conn, err := imap.Dial(ctx, config)
	if err != nil {
		if source != nil {
			err = settings.RenewToken(ctx, source, err)
		}
		return err
	}
	defer conn.Close()
	in := &session{service: s, lease: l, conn: conn, c: c, source: source}
	if err := in.openMailbox(ctx); err != nil {
		return err
	}
	for {
		if err := in.fetchNew(ctx); err != nil {
			return err
		}
		if err := s.channels.MailboxWorks(ctx, c.ID); err != nil {
			return err
		}
		if err := in.waitForMail(ctx); err != nil {
			return err
		}
	}
}

// waitForMail returns when there may be new mail.
func (in *session) waitForMail(ctx context.Context) error {
	patient, cancel := context.WithTimeout(ctx, in.service.o.ReadEvery)
	defer cancel()
	err := in.conn.Idle(patient, nil)
	if patient.Err() == nil || ctx.Err() != nil {
		return err
	}
	return in.checkGrant(ctx)
}

// checkGrant fails when the provider took the grant back: a server may let a
// connection go on that was opened before (EM-7).
func (in *session) checkGrant(ctx context.Context) error {
	if in.source == nil {
		return nil
	}
	_, err := in.source.Token(ctx)
	if errors.Is(err, oauth.ErrRevoked) || errors.Is(err, oauth.ErrNoRefresh) {
		return err
	}
	return nil // it may come back before the connection ends
}
