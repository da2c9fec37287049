package email

import (
	"context"
	"strings"

	"parley/ent"
	entemail "parley/ent/email"
	"parley/ent/predicate"
	"parley/internal/channel/email/smtp"
	"parley/internal/store"
	"parley/internal/vocab"
)

// unsendable begins the detail of a channel that is in error since mail cannot be
// sent. Reading its mailbox well does not end that.
const unsendable = "Mail cannot be sent: "

// cannotSend reports whether a channel is in error since mail cannot be sent.
func cannotSend(c *ent.EmailChannel) bool {
	return c.State == vocab.EmailError && strings.HasPrefix(c.StateDetail, unsendable)
}

// doubt puts the channel in error when its server cannot be used at all (EM-7):
// after a few attempts, since one time-out disables nothing. That a server which
// works will not have this mail now is no fault of the channel's.
func (o *sending) doubt(ctx context.Context, server *smtp.Server, cause error) error {
	if reason, _ := diagnose(cause); o.e.Attempts+1 < patience && reason != vocab.EmailGrantRevoked {
		return nil
	}
	if server != nil {
		if cause = smtp.Check(ctx, *server); cause == nil || ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	reason, detail := diagnose(cause)
	return o.service.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.EmailChannel.Get(ctx, o.c.ID)
		if err != nil || c.State != vocab.EmailConnected {
			return err
		}
		detail := unsendable + o.service.scrub(c, detail)
		if err := o.service.enter(ctx, tx, c, vocab.EmailError, reason, detail, nil); err != nil {
			return err
		}
		return o.service.tellAdmins(ctx, tx, c, "does not work", detail+"\n\nWhat is to be sent waits, and is tried again.")
	})
}

// recovered ends the error of a channel whose server takes mail again.
func (o *sending) recovered(ctx context.Context) {
	if !cannotSend(o.c) {
		return
	}
	err := o.service.store.WithTx(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.EmailChannel.Get(ctx, o.c.ID)
		if err != nil || !cannotSend(c) {
			return err
		}
		if err := o.service.enter(ctx, tx, c, vocab.EmailConnected, "", "", nil); err != nil {
			return err
		}
		return o.service.tellAdmins(ctx, tx, c, "works again", "What waited is being sent.")
	})
	if err != nil { // the next mail that is taken tries again
		o.service.o.Log.WarnContext(ctx, "a channel's recovery could not be noted", "channel", o.c.ID, "error", err)
	}
}

// mostHurried are the mails that are brought forward at once.
const mostHurried = 1000

// hurry has the mail sent now that waits long for a channel's server to work
// again. What waits less comes soon, or is on its way.
func (s *Service) hurry(ctx context.Context, tx *store.Tx, c *ent.EmailChannel) error {
	waiting := []predicate.Email{
		entemail.ChannelID(c.ID), entemail.InboundMailID(""), entemail.AttemptsGT(0), entemail.NextAttemptAtGT(tx.Now().Add(attemptLife)),
	}
	ids, err := tx.Client.Email.Query().Where(waiting...).Limit(mostHurried).IDs(ctx)
	if err != nil || len(ids) == 0 {
		return err
	}
	for _, messageID := range ids {
		tx.Enqueue(store.Job{Args: SendArgs{AccountID: c.AccountID, MessageID: messageID}})
	}
	return tx.Client.Email.Update().Where(entemail.IDIn(ids...)).SetNextAttemptAt(tx.Now()).Exec(ctx)
}

// scrub takes a channel's password and tokens out of what servers say, since some
// repeat what they are sent.
func (s *Service) scrub(c *ent.EmailChannel, detail string) string {
	var secrets []string
	if s.o.Relay != nil {
		secrets = append(secrets, s.o.Relay.Password)
	}
	if opened, err := s.open(c); err == nil {
		secrets = append(secrets, opened.Password)
		if opened.Token != nil {
			secrets = append(secrets, opened.Token.Access, opened.Token.Refresh)
		}
	}
	for _, secret := range secrets {
		if secret != "" {
			detail = strings.ReplaceAll(detail, secret, "***")
		}
	}
	return detail
}
