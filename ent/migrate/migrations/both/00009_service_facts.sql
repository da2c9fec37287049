-- +goose Up

-- Facts of service are kept when they happen (IN-32). What the messages and the log
-- still say of older conversations is carried over. How much of a first response
-- lay within operating hours they do not say.
ALTER TABLE conversations ADD COLUMN last_outgoing_number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN first_responded_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN first_responded_by TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN first_response_seconds INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN first_response_business_seconds INTEGER NOT NULL DEFAULT -1;
ALTER TABLE conversations ADD COLUMN reopen_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN resolved_by TEXT NOT NULL DEFAULT '';

UPDATE conversations SET last_outgoing_number = COALESCE(
    (SELECT MAX(m.number) FROM messages m WHERE m.conversation_id = conversations.id AND m.direction = 'OUTGOING'), 0);

-- The first message to the contact by a person or an integration, after their first.
CREATE TABLE first_responses (conversation_id TEXT NOT NULL PRIMARY KEY, asked_at INTEGER NOT NULL, number INTEGER NOT NULL);
INSERT INTO first_responses (conversation_id, asked_at, number)
    SELECT asked.conversation_id, asked.created_at, MIN(answer.number)
    FROM messages asked
    JOIN messages answer ON answer.conversation_id = asked.conversation_id AND answer.number > asked.number
        AND answer.direction = 'OUTGOING' AND answer.author_kind IN ('ADMIN', 'AGENT', 'INTEGRATION')
    WHERE asked.direction = 'INCOMING'
        AND NOT EXISTS (SELECT 1 FROM messages earlier WHERE earlier.conversation_id = asked.conversation_id
            AND earlier.direction = 'INCOMING' AND earlier.number < asked.number)
    GROUP BY asked.conversation_id, asked.created_at;
UPDATE conversations SET
    first_responded_at = (SELECT m.created_at FROM first_responses f JOIN messages m ON m.conversation_id = f.conversation_id AND m.number = f.number
        WHERE f.conversation_id = conversations.id),
    first_responded_by = (SELECT m.author_id FROM first_responses f JOIN messages m ON m.conversation_id = f.conversation_id AND m.number = f.number
        WHERE f.conversation_id = conversations.id),
    first_response_seconds = (SELECT (m.created_at - f.asked_at) / 1000000 FROM first_responses f
        JOIN messages m ON m.conversation_id = f.conversation_id AND m.number = f.number WHERE f.conversation_id = conversations.id)
    WHERE id IN (SELECT conversation_id FROM first_responses);
DROP TABLE first_responses;

UPDATE conversations SET reopen_count = (SELECT COUNT(*) FROM events e
    WHERE e.conversation_id = conversations.id AND e.type = 'CONVERSATION_REOPENED');
UPDATE conversations SET resolved_by = COALESCE((SELECT e.actor_id FROM events e
    WHERE e.conversation_id = conversations.id AND e.type = 'CONVERSATION_CLOSED' AND e.actor_kind IN ('ADMIN', 'AGENT', 'INTEGRATION', 'BOT')
        AND e.sequence = (SELECT MAX(last.sequence) FROM events last
            WHERE last.conversation_id = conversations.id AND last.type = 'CONVERSATION_CLOSED')), '')
    WHERE status = 'CLOSED';
