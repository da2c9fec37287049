-- +goose Up
-- Each message begins with exactly one MESSAGE_CREATED (API-6), by which it is found in its conversation's
-- entries. Messages without one, which were written past the log, get theirs at its end, in their own order.
INSERT INTO events (id, account_id, sequence, type, occurred_at, actor_kind, actor_id, inbox_id, conversation_id, message_id, revision, changes)
SELECT 'event_' || substr(m.id, 9), m.account_id,
    s.sequence + row_number() OVER (PARTITION BY m.account_id ORDER BY m.created_at, m.conversation_id, m.number), 'MESSAGE_CREATED',
    CASE WHEN newest.occurred_at > m.created_at THEN newest.occurred_at ELSE m.created_at END, -- the log is in the order of time
    m.author_kind, m.author_id, m.inbox_id, m.conversation_id, m.id, c.revision, '[]'
FROM messages m
JOIN conversations c ON c.id = m.conversation_id
JOIN account_sequences s ON s.id = m.account_id
LEFT JOIN (SELECT account_id, MAX(occurred_at) AS occurred_at FROM events GROUP BY account_id) newest ON newest.account_id = m.account_id
WHERE m.id IN (SELECT id FROM messages EXCEPT SELECT message_id FROM events WHERE type = 'MESSAGE_CREATED');

UPDATE account_sequences SET sequence = (SELECT MAX(e.sequence) FROM events e WHERE e.account_id = account_sequences.id)
WHERE sequence < (SELECT MAX(e.sequence) FROM events e WHERE e.account_id = account_sequences.id);
