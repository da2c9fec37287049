package deliver

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	entemail "parley/ent/email"
	"parley/internal/channel/email/settings"
	"parley/internal/clock"
	"parley/internal/mail/smtp"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

// recordAnswers notes what the server said of each recipient.
func (o *sending) recordAnswers(ctx context.Context, result smtp.Result) (time.Duration, error) {
	said := map[string]smtp.Recipient{}
	for _, r := range result.Recipients {
		said[r.Address] = r
	}
	return o.recordAttempt(ctx, func(r *vocab.Recipient) {
		switch answer := said[r.Address]; answer.Outcome {
		case smtp.Accepted:
			r.State, r.Detail = vocab.DeliverySent, ""
		case smtp.Refused:
			r.State, r.Detail = vocab.DeliveryFailed, answerText(answer)
		case smtp.Deferred:
			r.Detail = answerText(answer)
		}
	})
}

func answerText(r smtp.Recipient) string {
	if r.Code == 0 {
		return richtext.Clip(r.Text, 500)
	}
	return richtext.Clip(fmt.Sprintf("%d %s", r.Code, r.Text), 500)
}

// deferAll records that no one could be sent to now. server is nil where it did not
// come so far.
func (o *sending) deferAll(ctx context.Context, server *smtp.Server, err error) (time.Duration, error) {
	if err := o.doubtServer(ctx, server, err); err != nil {
		return 0, err
	}
	_, detail := settings.Diagnose(err)
	detail = o.service.channels.Scrub(o.c, detail)
	return o.recordAttempt(ctx, func(r *vocab.Recipient) { r.Detail = richtext.Clip(detail, 500) })
}

// giveUp gives the mail up.
func (o *sending) giveUp(ctx context.Context, why string) (time.Duration, error) {
	return o.recordAttempt(ctx, func(r *vocab.Recipient) { r.State, r.Detail = vocab.DeliveryFailed, richtext.Clip(why, 500) })
}

// endUnsent ends a mail whose channel sends no more: it is CANCELED where whoever removed
// the channel said so (IB-6), and otherwise it failed.
func (o *sending) endUnsent(ctx context.Context) (time.Duration, error) {
	if !o.c.RemovedAt.IsSet() || o.c.SendsUntil.IsSet() {
		return o.giveUp(ctx, "The e-mail channel was disconnected or removed before the mail was sent.")
	}
	return o.recordAttempt(ctx, func(r *vocab.Recipient) { r.State, r.Detail = vocab.DeliveryCanceled, canceledText })
}

const canceledText = "The e-mail channel was removed, and mail that was waiting was canceled."

// recordAttempt writes what became of each recipient that waited, even when the
// job is to end. It says how the mail ended, or returns when it is tried again.
func (o *sending) recordAttempt(ctx context.Context, of func(*vocab.Recipient)) (time.Duration, error) {
	var wait time.Duration
	err := o.service.store.WithTx(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
		wait = 0
		// As they are now: who was erased while the mail was on its way is not among them (CR-5).
		now, err := tx.Client.Email.Query().Where(entemail.ID(o.e.ID), entemail.Attempts(o.e.Attempts)).Modify(store.ForUpdate).Only(ctx)
		if err != nil {
			return unlessGone(err)
		}
		recipients, left := o.recipientsAfter(now.Recipients, of)
		attempts := now.Attempts + 1
		update := tx.Client.Email.Update().Where(entemail.ID(now.ID)).SetRecipients(recipients).SetAttempts(attempts)
		if left {
			wait = smtp.Backoff(attempts)
			update.SetNextAttemptAt(tx.Now().Add(wait))
		} else {
			update.SetNextAttemptAt(0).SetSentAt(sentAt(recipients, tx.Now()))
		}
		if err := update.Exec(ctx); err != nil || left || len(recipients) == 0 {
			return err
		}
		state, text := outcomeOf(recipients)
		return o.service.conversations.SetDelivery(ctx, tx, o.m.ID, state, text)
	})
	return wait, err
}

// recipientsAfter are the recipients after the attempt, and whether some still
// wait.
func (o *sending) recipientsAfter(recipients []vocab.Recipient, of func(*vocab.Recipient)) (after []vocab.Recipient, left bool) {
	recipients = slices.Clone(recipients)
	tired := o.service.store.Now().Time().Sub(o.e.SendAt.Time()) > tryFor
	for i := range recipients {
		r := &recipients[i]
		if r.State != vocab.DeliveryQueued {
			continue
		}
		if of(r); r.State == vocab.DeliveryQueued && tired {
			r.State, r.Detail = vocab.DeliveryFailed, richtext.Clip("Sending was given up after five days. "+r.Detail, 500)
		}
		left = left || r.State == vocab.DeliveryQueued
	}
	return recipients, left
}

// sentAt is now, if the mail went to anyone.
func sentAt(list []vocab.Recipient, now clock.Micros) clock.Micros {
	if slices.ContainsFunc(list, func(r vocab.Recipient) bool { return r.State == vocab.DeliverySent }) {
		return now
	}
	return 0
}

// outcomeOf is how the mail ended: a message that did not reach everyone
// failed, and says whom it did not reach.
func outcomeOf(list []vocab.Recipient) (vocab.DeliveryState, string) {
	canceled := func(r vocab.Recipient) bool { return r.State == vocab.DeliveryCanceled }
	if !slices.ContainsFunc(list, func(r vocab.Recipient) bool { return !canceled(r) }) {
		return vocab.DeliveryCanceled, canceledText
	}
	var missed []string
	for _, r := range list {
		if r.State == vocab.DeliveryFailed || canceled(r) {
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
	return vocab.DeliveryFailed, richtext.Clip(text, 1000)
}
