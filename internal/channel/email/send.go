package email

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"parley/ent"
	entemail "parley/ent/email"
	"parley/ent/schema"
	"parley/internal/channel/email/oauth"
	"parley/internal/channel/email/smtp"
	"parley/internal/clock"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/vocab"
)

// tryFor is how long a server that cannot take a mail is asked again, as RFC 5321
// has it (4.5.4.1: at least 4 to 5 days).
const tryFor = 5 * 24 * time.Hour

// sending is one attempt to send a message.
type sending struct {
	service *Service
	e       *ent.Email
	m       *ent.Message
	c       *ent.EmailChannel
}

// Send makes one attempt to send a message; it is the queue's worker. What is
// deferred is tried again with back-off, what is refused is not. The outcome
// stands on the message and on each recipient (EM-6).
func (s *Service) Send(ctx context.Context, args SendArgs) error {
	ctx = inAccount(ctx, args.AccountID)
	client := s.store.Client(ctx)
	e, err := client.Email.Get(ctx, args.MessageID)
	if ent.IsNotFound(err) {
		return nil // its conversation is gone
	}
	if err != nil {
		return err
	}
	m, err := client.Message.Get(ctx, args.MessageID)
	if err != nil {
		return err
	}
	if m.Delivery != vocab.DeliveryQueued || m.DeletedAt.IsSet() {
		return nil
	}
	if wait := e.NextAttemptAt.Time().Sub(s.now().Time()); wait > 0 {
		return job.Again(wait)
	}
	c, err := client.EmailChannel.Get(ctx, e.ChannelID)
	if err != nil {
		return err
	}
	out := &sending{service: s, e: e, m: m, c: c}
	return out.attempt(ctx)
}

// attempt sends to those recipients that wait.
func (o *sending) attempt(ctx context.Context) error {
	if o.c.State == vocab.EmailDisconnected {
		return o.over(ctx, "The e-mail channel was disconnected before the mail was sent.")
	}
	raw, err := o.compose(ctx)
	if errors.Is(err, smtp.ErrMalformed) {
		return o.over(ctx, "The mail could not be written: "+err.Error())
	}
	if err != nil {
		return err
	}
	server, source, err := o.service.submission(o.c)
	if err != nil {
		return o.deferred(ctx, err)
	}
	if server == nil {
		if err := o.service.intoOutbox(o.m.ID, raw); err != nil {
			return err
		}
		return o.settle(ctx, func(r *schema.Recipient) { r.State, r.Detail = vocab.DeliverySent, "" })
	}
	result, err := smtp.Send(ctx, *server, o.c.Address, o.waiting(), raw)
	var failed *smtp.Error
	switch {
	case err == nil || errors.As(err, &failed) && failed.Kind == smtp.Permanent:
		return o.told(ctx, result, err)
	case errors.As(err, &failed) && failed.Kind == smtp.Authentication && source != nil:
		refuseToken(ctx, source)
	}
	if slices.ContainsFunc(result.Recipients, func(r smtp.Recipient) bool { return r.Outcome != smtp.Deferred }) {
		return o.told(ctx, result, err)
	}
	return o.deferred(ctx, err)
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

// told notes what the server said of each recipient.
func (o *sending) told(ctx context.Context, result smtp.Result, err error) error {
	said := map[string]smtp.Recipient{}
	for _, r := range result.Recipients {
		said[r.Address] = r
	}
	return o.settle(ctx, func(r *schema.Recipient) {
		answer, ok := said[r.Address]
		if !ok && err != nil {
			answer = smtp.Recipient{Outcome: smtp.Refused, Text: err.Error()}
		}
		switch answer.Outcome {
		case smtp.Accepted:
			r.State, r.Detail = vocab.DeliverySent, ""
		case smtp.Refused:
			r.State, r.Detail = vocab.DeliveryFailed, spoken(answer)
		case smtp.Deferred:
			r.Detail = spoken(answer)
		}
	})
}

func spoken(r smtp.Recipient) string {
	if r.Code == 0 {
		return clip(r.Text, 500)
	}
	return clip(fmt.Sprintf("%d %s", r.Code, r.Text), 500)
}

// deferred notes that nobody could be sent to now.
func (o *sending) deferred(ctx context.Context, err error) error {
	_, detail := diagnose(err)
	return o.settle(ctx, func(r *schema.Recipient) { r.Detail = clip(detail, 500) })
}

// over gives the mail up.
func (o *sending) over(ctx context.Context, why string) error {
	return o.settle(ctx, func(r *schema.Recipient) { r.State, r.Detail = vocab.DeliveryFailed, clip(why, 500) })
}

// settle writes what became of each recipient that waited, and either has the
// mail tried again or says how it ended.
func (o *sending) settle(ctx context.Context, of func(*schema.Recipient)) error {
	recipients := slices.Clone(o.e.Recipients)
	attempts, now := o.e.Attempts+1, o.service.now()
	tired := now.Time().Sub(o.e.SendAt.Time()) > tryFor
	left := false
	for i := range recipients {
		if recipients[i].State != vocab.DeliveryQueued {
			continue
		}
		of(&recipients[i])
		if recipients[i].State == vocab.DeliveryQueued && tired {
			recipients[i].State = vocab.DeliveryFailed
			recipients[i].Detail = clip("Given up after five days. "+recipients[i].Detail, 500)
		}
		left = left || recipients[i].State == vocab.DeliveryQueued
	}
	wait := smtp.Backoff(attempts)
	err := o.service.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		update := tx.Client.Email.Update().Where(entemail.ID(o.e.ID), entemail.Attempts(o.e.Attempts)).SetRecipients(recipients).SetAttempts(attempts)
		if left {
			update.SetNextAttemptAt(tx.Now().Add(wait))
		} else {
			update.SetNextAttemptAt(0).SetSentAt(sentAt(recipients, tx.Now()))
		}
		n, err := update.Save(ctx)
		if err != nil || n == 0 || left {
			return err
		}
		state, text := outcomeOf(recipients)
		return o.service.conversations.SetDelivery(ctx, tx, o.m.ID, state, text)
	})
	if err == nil && left {
		return job.Again(wait)
	}
	return err
}

// sentAt is now, if the mail went to anybody.
func sentAt(list []schema.Recipient, now clock.Micros) clock.Micros {
	if slices.ContainsFunc(list, func(r schema.Recipient) bool { return r.State == vocab.DeliverySent }) {
		return now
	}
	return 0
}

// outcomeOf is how the mail ended: a message that did not reach everybody
// failed, and says whom it did not reach.
func outcomeOf(list []schema.Recipient) (vocab.DeliveryState, string) {
	var missed []string
	for _, r := range list {
		if r.State == vocab.DeliveryFailed {
			missed = append(missed, r.Address+": "+r.Detail)
		}
	}
	if len(missed) == 0 {
		return vocab.DeliverySent, ""
	}
	text := strings.Join(missed, "; ")
	if len(missed) < len(list) {
		text = fmt.Sprintf("%d of %d recipients were not reached. %s", len(missed), len(list), text)
	}
	return vocab.DeliveryFailed, clip(text, 1000)
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

// refuse has a token renewed that a mail server did not take.
func refuse(ctx context.Context, source *oauth.Source, err error) {
	if reason, _ := diagnose(err); reason == vocab.EmailAuthenticationFailed {
		refuseToken(ctx, source)
	}
}

func refuseToken(ctx context.Context, source *oauth.Source) {
	if access, err := source.Token(ctx); err == nil {
		source.Invalidate(access)
	}
}
