package deliver

import (
	"context"

	"parley/ent"
	entemail "parley/ent/email"
	"parley/ent/predicate"
	"parley/internal/store"
)

// mostAtOnce are the mails that are brought forward at once.
const mostAtOnce = 1000

// Waits reports whether mail of a channel waits to be sent.
func (*Outbox) Waits(ctx context.Context, tx *store.Tx, c *ent.EmailChannel) (bool, error) {
	return tx.Client.Email.Query().Where(entemail.ChannelID(c.ID), entemail.InboundMailID(""), entemail.NextAttemptAtGT(0)).Exist(ctx)
}

// SendNow has the mail sent now that waits long for a channel's server to work
// again. What waits less comes soon, or is on its way.
func (*Outbox) SendNow(ctx context.Context, tx *store.Tx, c *ent.EmailChannel) error {
	waiting := []predicate.Email{
		entemail.ChannelID(c.ID), entemail.InboundMailID(""), entemail.AttemptsGT(0), entemail.NextAttemptAtGT(tx.Now().Add(attemptLife)),
	}
	ids, err := tx.Client.Email.Query().Where(waiting...).Limit(mostAtOnce).IDs(ctx)
	if err != nil || len(ids) == 0 {
		return err
	}
	for _, messageID := range ids {
		tx.Enqueue(store.Job{Args: SendArgs{AccountID: c.AccountID, MessageID: messageID}})
	}
	return tx.Client.Email.Update().Where(entemail.IDIn(ids...)).SetNextAttemptAt(tx.Now()).Exec(ctx)
}
