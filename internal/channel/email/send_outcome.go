package email

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	entemail "parley/ent/email"
	"parley/ent/schema"
	"parley/internal/channel/email/smtp"
	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/vocab"
)

// told notes what the server said of each recipient.
func (o *sending) told(ctx context.Context, result smtp.Result) (time.Duration, error) {
	said := map[string]smtp.Recipient{}
	for _, r := range result.Recipients {
		said[r.Address] = r
	}
	return o.settle(ctx, func(r *schema.Recipient) {
		switch answer := said[r.Address]; answer.Outcome {
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

// deferred notes that nobody could be sent to now. server is nil where it did not
// come so far.
func (o *sending) deferred(ctx context.Context, server *smtp.Server, err error) (time.Duration, error) {
	if err := o.doubt(ctx, server, err); err != nil {
		return 0, err
	}
	_, detail := diagnose(err)
	detail = o.service.scrub(o.c, detail)
	return o.settle(ctx, func(r *schema.Recipient) { r.Detail = clip(detail, 500) })
}

// over gives the mail up.
func (o *sending) over(ctx context.Context, why string) (time.Duration, error) {
	return o.settle(ctx, func(r *schema.Recipient) { r.State, r.Detail = vocab.DeliveryFailed, clip(why, 500) })
}

// settle writes what became of each recipient that waited, even when the job is
// to end. It says how the mail ended, or returns when it is tried again.
func (o *sending) settle(ctx context.Context, of func(*schema.Recipient)) (time.Duration, error) {
	recipients, left := o.after(of)
	attempts, wait := o.e.Attempts+1, time.Duration(0)
	if left {
		wait = smtp.Backoff(attempts)
	}
	err := o.service.store.WithTx(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
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
	return wait, err
}

// after are the recipients after the attempt, and whether some still wait.
func (o *sending) after(of func(*schema.Recipient)) (recipients []schema.Recipient, left bool) {
	recipients = slices.Clone(o.e.Recipients)
	tired := o.service.now().Time().Sub(o.e.SendAt.Time()) > tryFor
	for i := range recipients {
		r := &recipients[i]
		if r.State != vocab.DeliveryQueued {
			continue
		}
		if of(r); r.State == vocab.DeliveryQueued && tired {
			r.State, r.Detail = vocab.DeliveryFailed, clip("Given up after five days. "+r.Detail, 500)
		}
		left = left || r.State == vocab.DeliveryQueued
	}
	return recipients, left
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
