package deliver

import (
	"context"
	"errors"
	"slices"
	"time"

	"parley/ent"
	entemail "parley/ent/email"
	"parley/internal/channel/email/settings"
	"parley/internal/job"
	"parley/internal/mail"
	"parley/internal/mail/smtp"
	"parley/internal/oauth"
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
	ctx = settings.InAccount(ctx, args.AccountID)
	o, wait, err := s.startAttempt(ctx, args.MessageID)
	if err == nil && o != nil {
		if wait, err = o.attemptSending(ctx); err != nil {
			return errors.Join(err, o.releaseAttempt(context.WithoutCancel(ctx)))
		}
	}
	if err == nil && wait > 0 {
		return job.Again(wait)
	}
	return err
}

// startAttempt reads a message that is to go out, and keeps other workers from
// it. It returns nil where there is nothing to do, or nothing yet.
func (s *Service) startAttempt(ctx context.Context, messageID string) (*sending, time.Duration, error) {
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
	if o.m.DeletedAt.IsSet() || len(o.waitingRecipients()) == 0 {
		return nil, 0, nil
	}
	if wait := e.NextAttemptAt.Time().Sub(s.store.Now().Time()); wait > 0 {
		return nil, wait, nil
	}
	claimed, err := o.claimAttempt(ctx)
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

// claimAttempt takes the attempt, unless another worker did.
func (o *sending) claimAttempt(ctx context.Context) (claimed bool, err error) {
	err = o.service.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Client.Email.Update().
			Where(entemail.ID(o.e.ID), entemail.Attempts(o.e.Attempts), entemail.NextAttemptAt(o.e.NextAttemptAt)).
			SetNextAttemptAt(tx.Now().Add(attemptLife)).Save(ctx)
		claimed = n == 1
		return err
	})
	return claimed, err
}

// releaseAttempt lets an attempt that was broken off be made again.
func (o *sending) releaseAttempt(ctx context.Context) error {
	return o.service.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Client.Email.Update().Where(entemail.ID(o.e.ID), entemail.Attempts(o.e.Attempts)).SetNextAttemptAt(tx.Now()).Save(ctx)
		return err
	})
}

// attemptSending sends to those recipients that wait. It returns when to try
// again; 0: never.
func (o *sending) attemptSending(ctx context.Context) (time.Duration, error) {
	if !settings.Sends(o.c, o.service.store.Now()) {
		return o.endUnsent(ctx)
	}
	raw, err := o.composeMail(ctx)
	switch {
	case ctx.Err() != nil:
		return 0, context.Cause(ctx)
	case errors.Is(err, smtp.ErrMalformed), errors.Is(err, errVirus):
		return o.giveUp(ctx, "The mail could not be written: "+err.Error())
	case err != nil:
		o.service.o.Log.WarnContext(ctx, "a mail could not be written yet", "message", o.m.ID, "error", err)
		return o.recordAttempt(ctx, func(r *vocab.Recipient) { r.Detail = "The e-mail's files cannot be read at the moment." })
	}
	server, source, err := o.service.channels.Submission(o.c)
	if err != nil {
		return o.deferAll(ctx, nil, err)
	}
	if server == nil {
		if err := mail.WriteToFolder(o.service.o.Folder, o.m.ID, raw); err != nil {
			return 0, err
		}
		return o.recordAttempt(ctx, func(r *vocab.Recipient) { r.State, r.Detail = vocab.DeliverySent, "" })
	}
	return o.handToServer(ctx, server, source, raw)
}

// handToServer hands the mail to the channel's server.
func (o *sending) handToServer(ctx context.Context, server *smtp.Server, source *oauth.TokenSource, raw []byte) (time.Duration, error) {
	result, err := smtp.Send(ctx, *server, o.c.Address, o.waitingRecipients(), raw)
	if err == nil {
		o.recordRecovery(ctx)
	}
	if slices.ContainsFunc(result.Recipients, func(r smtp.Recipient) bool { return r.Outcome != smtp.Deferred }) {
		return o.recordAnswers(ctx, result)
	}
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if failed := (*smtp.Error)(nil); source != nil && errors.As(err, &failed) && failed.Kind == smtp.Authentication {
		settings.InvalidateToken(ctx, source)
	}
	return o.deferAll(ctx, server, err)
}

// waitingRecipients are the recipients to send to.
func (o *sending) waitingRecipients() []string {
	list := []string{}
	for _, r := range o.e.Recipients {
		if r.State == vocab.DeliveryQueued {
			list = append(list, r.Address)
		}
	}
	return list
}
