package email

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"parley/ent"
	entemail "parley/ent/email"
	"parley/ent/schema"
	"parley/internal/channel/email/oauth"
	"parley/internal/channel/email/smtp"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// tryFor is how long a server that cannot take a mail is asked again, as RFC
	// 5321 has it (4.5.4.1: at least 4 to 5 days).
	tryFor = 5 * 24 * time.Hour
	// attemptLife is for how long an attempt keeps others from making one: longer
	// than it can take. When its node dies, the next one comes then.
	attemptLife = 11 * time.Minute
)

// sending is one attempt to send a message.
type sending struct {
	service *Service
	e       *ent.Email
	m       *ent.Message
	c       *ent.EmailChannel
}

// Send makes one attempt to send a message; it is the queue's worker. What is
// deferred is tried again with back-off, what is refused is not. The outcome
// stands on the message and on each recipient (EM-6). Two that send the same
// message at once make one attempt.
func (s *Service) Send(ctx context.Context, args SendArgs) error {
	ctx = inAccount(ctx, args.AccountID)
	o, wait, err := s.begin(ctx, args.MessageID)
	if err == nil && o != nil {
		if wait, err = o.attempt(ctx); err != nil {
			return errors.Join(err, o.giveBack(context.WithoutCancel(ctx)))
		}
	}
	if err == nil && wait > 0 {
		return job.Again(wait)
	}
	return err
}

// begin reads a message that is to go out, and keeps other workers from it. It
// returns nil where there is nothing to do, or nothing yet.
func (s *Service) begin(ctx context.Context, messageID string) (*sending, time.Duration, error) {
	client := s.store.Client(ctx)
	e, err := client.Email.Get(ctx, messageID)
	if err != nil {
		return nil, 0, unlessGone(err) // its conversation is gone
	}
	o := &sending{service: s, e: e}
	if o.m, err = client.Message.Get(ctx, messageID); err != nil {
		return nil, 0, unlessGone(err)
	}
	if o.c, err = client.EmailChannel.Get(ctx, e.ChannelID); err != nil {
		return nil, 0, unlessGone(err)
	}
	if o.m.DeletedAt.IsSet() || len(o.waiting()) == 0 {
		return nil, 0, nil
	}
	if wait := e.NextAttemptAt.Time().Sub(s.now().Time()); wait > 0 {
		return nil, wait, nil
	}
	claimed, err := o.claim(ctx)
	if err != nil || !claimed {
		return nil, attemptLife, err
	}
	return o, 0, nil
}

func unlessGone(err error) error {
	if ent.IsNotFound(err) {
		return nil
	}
	return err
}

// claim takes the attempt, unless another worker did.
func (o *sending) claim(ctx context.Context) (claimed bool, err error) {
	err = o.service.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Client.Email.Update().
			Where(entemail.ID(o.e.ID), entemail.Attempts(o.e.Attempts), entemail.NextAttemptAt(o.e.NextAttemptAt)).
			SetNextAttemptAt(tx.Now().Add(attemptLife)).Save(ctx)
		claimed = n == 1
		return err
	})
	return claimed, err
}

// giveBack lets an attempt that was broken off be made again.
func (o *sending) giveBack(ctx context.Context) error {
	return o.service.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Client.Email.Update().Where(entemail.ID(o.e.ID), entemail.Attempts(o.e.Attempts)).SetNextAttemptAt(tx.Now()).Save(ctx)
		return err
	})
}

// attempt sends to those recipients that wait. It returns when to try again; 0:
// never.
func (o *sending) attempt(ctx context.Context) (time.Duration, error) {
	if o.c.State == vocab.EmailDisconnected {
		return o.over(ctx, "The e-mail channel was disconnected before the mail was sent.")
	}
	raw, err := o.compose(ctx)
	switch {
	case ctx.Err() != nil:
		return 0, context.Cause(ctx)
	case errors.Is(err, smtp.ErrMalformed), errors.Is(err, errVirus):
		return o.over(ctx, "The mail could not be written: "+err.Error())
	case err != nil:
		o.service.o.Log.WarnContext(ctx, "a mail could not be written yet", "message", o.m.ID, "error", err)
		return o.settle(ctx, func(r *schema.Recipient) { r.Detail = "The mail's files cannot be read now." })
	}
	server, source, err := o.service.submission(o.c)
	if err != nil {
		return o.deferred(ctx, nil, err)
	}
	if server == nil {
		if err := o.service.intoOutbox(o.m.ID, raw); err != nil {
			return 0, err
		}
		return o.settle(ctx, func(r *schema.Recipient) { r.State, r.Detail = vocab.DeliverySent, "" })
	}
	return o.hand(ctx, server, source, raw)
}

// hand hands the mail to the channel's server.
func (o *sending) hand(ctx context.Context, server *smtp.Server, source *oauth.Source, raw []byte) (time.Duration, error) {
	result, err := smtp.Send(ctx, *server, o.c.Address, o.waiting(), raw)
	if err == nil {
		o.recovered(ctx)
	}
	if slices.ContainsFunc(result.Recipients, func(r smtp.Recipient) bool { return r.Outcome != smtp.Deferred }) {
		return o.told(ctx, result)
	}
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if failed := (*smtp.Error)(nil); source != nil && errors.As(err, &failed) && failed.Kind == smtp.Authentication {
		refuseToken(ctx, source)
	}
	return o.deferred(ctx, server, err)
}

// waiting are the recipients to send to.
func (o *sending) waiting() []string {
	list := []string{}
	for _, r := range o.e.Recipients {
		if r.State == vocab.DeliveryQueued {
			list = append(list, r.Address)
		}
	}
	return list
}

// intoOutbox writes a mail that has no server to a folder, for development.
func (s *Service) intoOutbox(messageID string, raw []byte) error {
	if err := os.MkdirAll(s.o.Outbox, 0o700); err != nil {
		return err
	}
	part := filepath.Join(s.o.Outbox, messageID+".part")
	if err := os.WriteFile(part, raw, 0o600); err != nil {
		return err
	}
	return os.Rename(part, filepath.Join(s.o.Outbox, messageID+".eml"))
}

// refuse has a token renewed that a mail server did not take, and returns the
// error: that the grant is gone, if the provider says so.
func refuse(ctx context.Context, source *oauth.Source, err error) error {
	if reason, _ := diagnose(err); reason != vocab.EmailAuthenticationFailed {
		return err
	}
	refuseToken(ctx, source)
	if _, gone := source.Token(ctx); errors.Is(gone, oauth.ErrRevoked) {
		return gone
	}
	return err
}

func refuseToken(ctx context.Context, source *oauth.Source) {
	if access, err := source.Token(ctx); err == nil {
		source.Invalidate(access)
	}
}
