package webhook

import (
	"context"
	"slices"
	"strings"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// lockEndpoints keeps others from writing deliveries of endpoints until the transaction ends:
// which one of a conversation is first is known to one transaction at a time.
func lockEndpoints(ctx context.Context, tx *store.Tx, ids []string) error {
	if !tx.Postgres() {
		return nil
	}
	q := &store.Statement{}
	q.WriteString("SELECT id FROM webhook_endpoints WHERE id IN (" + store.List(q, slices.Sorted(slices.Values(ids))) + ") ORDER BY id FOR NO KEY UPDATE")
	_, err := tx.Strings(ctx, q.String(), q.Args...)
	return err
}

// insertDeliveries writes what is to be sent of an event to endpoints, in one statement. What
// was written before stays as it is.
func insertDeliveries(ctx context.Context, tx *store.Tx, e *ent.Event, round int, to []string) error {
	if err := lockEndpoints(ctx, tx, to); err != nil {
		return err
	}
	now := tx.Now()
	q := &store.Statement{}
	q.WriteString(`INSERT INTO webhook_deliveries (id, account_id, endpoint_id, sequence, event_type, conversation_id, round, state, next_attempt_at, created_at, ready) VALUES `)
	for i, endpointID := range to {
		if i > 0 {
			q.WriteString(", ")
		}
		q.WriteString("(" + strings.Join([]string{
			q.Arg(id.New(id.WebhookDelivery)), q.Arg(e.AccountID), q.Arg(endpointID), q.Arg(e.Sequence), q.Arg(string(e.Type)), q.Arg(e.ConversationID), q.Arg(round),
			q.Arg(string(vocab.WebhookPending)), q.Arg(int64(now)), q.Arg(int64(now)),
		}, ", ") + ", NOT EXISTS (SELECT 1 FROM webhook_deliveries p WHERE p.endpoint_id = " + q.Arg(endpointID) + " AND p.conversation_id = " + q.Arg(e.ConversationID) +
			" AND p.state = 'PENDING' AND p.sequence > 0))")
	}
	q.WriteString(" ON CONFLICT DO NOTHING")
	_, err := tx.Exec(ctx, q.String(), q.Args...)
	return err
}

// insertTest writes a delivery that is about no event, and waits for no other one.
func insertTest(ctx context.Context, tx *store.Tx, deliveryID, endpointID string, round int) error {
	now := tx.Now()
	return tx.Client.WebhookDelivery.Create().SetID(deliveryID).SetEndpointID(endpointID).SetSequence(0).SetRound(round).
		SetState(vocab.WebhookPending).SetReady(true).SetNextAttemptAt(now).SetCreatedAt(now).Exec(ctx)
}

// nextRound numbers an endpoint's replays and tests.
func nextRound(ctx context.Context, tx *store.Tx, endpointID string) (int, error) {
	n, err := tx.Number(ctx, "UPDATE webhook_endpoints SET rounds = rounds + 1 WHERE id = $1 AND account_id = $2 RETURNING rounds", endpointID, viewer.FromContext(ctx).AccountID)
	return int(n), err
}

// promote makes the first pending delivery of each conversation ready. The endpoint is locked.
func promote(ctx context.Context, tx *store.Tx, endpointID string, conversationIDs []string) error {
	if len(conversationIDs) == 0 {
		return nil
	}
	q := &store.Statement{}
	q.WriteString("UPDATE webhook_deliveries SET ready = true, next_attempt_at = " + q.Arg(int64(tx.Now())) + " WHERE NOT ready AND id IN (")
	for i, conversationID := range conversationIDs {
		if i > 0 {
			q.WriteString(" UNION ALL ")
		}
		q.WriteString("SELECT id FROM (SELECT id FROM webhook_deliveries WHERE endpoint_id = " + q.Arg(endpointID) + " AND conversation_id = " + q.Arg(conversationID) +
			" AND state = 'PENDING' AND sequence > 0 ORDER BY round, sequence LIMIT 1) AS head")
	}
	q.WriteString(")")
	_, err := tx.Exec(ctx, q.String(), q.Args...)
	return err
}

// hastenAll has all that is ready of an endpoint be tried at once.
func hastenAll(ctx context.Context, tx *store.Tx, e *ent.WebhookEndpoint) error {
	_, err := tx.Exec(ctx, "UPDATE webhook_deliveries SET next_attempt_at = $1 WHERE endpoint_id = $2 AND state = 'PENDING' AND ready AND next_attempt_at > $3",
		int64(tx.Now()), e.ID, int64(tx.Now()))
	return err
}

// hastenUnreached has what failed for reasons of the endpoint itself be tried at once, now that
// it answers again. What was tried often enough waits: an endpoint that comes and goes is not
// to use its attempts up.
func hastenUnreached(ctx context.Context, tx *store.Tx, e *ent.WebhookEndpoint, now clock.Micros) error {
	_, err := tx.Exec(ctx, `UPDATE webhook_deliveries SET next_attempt_at = $1 WHERE endpoint_id = $2 AND state = 'PENDING' AND ready AND next_attempt_at > $3
		AND (last_status = 0 OR last_status >= 500) AND attempts <= $4`, int64(now), e.ID, int64(now), hastened)
	return err
}
