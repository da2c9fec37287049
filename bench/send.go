package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
)

var sendBudget = budget{ratio: 0.4, perSecond: 2000}

const sendQuery = `mutation Send($conversation: ID!, $text: String!) {
  sendMessage(input: { conversationId: $conversation, text: $text }) { message { id } userErrors { code message } }
}`

const sentText = "Hi, thanks for writing to us. I have checked your order and it left our warehouse on Tuesday; the carrier says that it will reach you by Friday noon."

func (b *bed) message(conversation, text string) ([]byte, error) {
	return request(sendQuery, map[string]any{"conversation": conversation, "text": text})
}

func (b *bed) send(ctx context.Context, caller int, body []byte) error {
	answer, err := b.client.post(ctx, caller, b.token, body)
	if err != nil {
		return err
	}
	return checkAnswer(answer, `"userErrors":[]`, 1)
}

// sends is sendMessage, spread over many chats. Afterwards the log must have
// grown by as many messages as were acknowledged, without a gap.
func (b *bed) sends(ctx context.Context, l load) ([]*operation, error) {
	bodies := make([][]byte, len(b.chats))
	for i, chat := range b.chats {
		var err error
		if bodies[i], err = b.message(chat, sentText); err != nil {
			return nil, err
		}
	}
	kept, err := b.database.reader(1)
	if err != nil {
		return nil, err
	}
	before, err := b.logState(ctx, kept)
	if err != nil {
		return nil, errors.Join(err, kept.Close())
	}
	w, err := b.newWriter(l.clients)
	if err != nil {
		return nil, errors.Join(err, kept.Close())
	}
	var acknowledged atomic.Int64
	next := turns(l.clients, len(bodies))
	return []*operation{{
		name: "sendMessage", budget: sendBudget,
		parley: func(ctx context.Context, caller int) error {
			err := b.send(ctx, caller, bodies[next(caller)])
			if err == nil {
				acknowledged.Add(1)
			}
			return err
		},
		floors: w.floors(),
		verify: func(ctx context.Context) error {
			after, err := b.logState(ctx, kept)
			if err != nil {
				return err
			}
			return before.grownTo(after, acknowledged.Load())
		},
		close: func() error { return errors.Join(w.close(), kept.Close()) },
	}}, nil
}

// logState is how far the account's log and its messages reach.
type logState struct{ head, events, messages, created int64 }

func (b *bed) logState(ctx context.Context, db *sql.DB) (s logState, err error) {
	err = db.QueryRowContext(ctx, `SELECT
			(SELECT sequence FROM account_sequences WHERE id = $1),
			(SELECT COUNT(*) FROM events WHERE account_id = $1),
			(SELECT COUNT(*) FROM messages WHERE account_id = $1),
			(SELECT COUNT(*) FROM events WHERE account_id = $1 AND type = 'MESSAGE_CREATED')`, b.account).
		Scan(&s.head, &s.events, &s.messages, &s.created)
	return s, err
}

// grownTo fails unless exactly n messages came, each with its event, and no
// number of the log was left out.
func (s logState) grownTo(after logState, n int64) error {
	if messages, created := after.messages-s.messages, after.created-s.created; messages != n || created != n {
		return fmt.Errorf("%d messages were acknowledged, but %d were kept, and %d stand in the log", n, messages, created)
	}
	if grown := after.events - s.events; after.head-s.head != grown {
		return fmt.Errorf("the log's head moved by %d, but %d events came", after.head-s.head, grown)
	}
	return nil
}
