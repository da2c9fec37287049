-- +goose Up
-- Messages of custom channels that were purged or erased: they do not come in again (CC-2).
CREATE TABLE channel_marks (
    id         TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id   TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX channel_marks_inbox ON channel_marks (inbox_id);

-- Who wrote a message in a custom channel, to find what they wrote in threads of others (CR-5).
ALTER TABLE channel_messages ADD COLUMN sender_id TEXT NOT NULL DEFAULT '';
-- Their author may be part of another contact since, or gone: then whom the thread is with wrote
-- it, unless anyone else wrote there as well.
WITH RECURSIVE merged (from_id, into_id) AS (
    SELECT from_id, into_id FROM contact_merges
    UNION SELECT g.from_id, n.into_id FROM merged g JOIN contact_merges n ON n.from_id = g.into_id
)
UPDATE channel_messages SET sender_id = COALESCE(
    (SELECT MIN(s.id) FROM messages m JOIN channel_senders s ON s.contact_id = m.author_id AND s.channel_id = channel_messages.channel_id
        WHERE m.id = channel_messages.id AND m.author_id <> ''),
    (SELECT MIN(s.id) FROM messages m JOIN merged g ON g.from_id = m.author_id JOIN channel_senders s ON s.contact_id = g.into_id AND s.channel_id = channel_messages.channel_id
        WHERE m.id = channel_messages.id),
    (SELECT MIN(s.id) FROM conversations c JOIN channel_senders s ON s.channel_id = c.channel_id AND s.key = c.sender_key
        WHERE c.id = channel_messages.conversation_id AND c.channel_id = channel_messages.channel_id AND NOT EXISTS (
            SELECT 1 FROM channel_messages x JOIN messages o ON o.id = x.id JOIN messages m ON m.id = channel_messages.id
            WHERE x.conversation_id = channel_messages.conversation_id AND NOT x.echo AND x.state = '' AND o.author_id <> m.author_id)),
    '') WHERE NOT echo AND state = '';
CREATE INDEX channel_messages_sender ON channel_messages (sender_id);

-- When a file is to be fetched: accounts take turns.
ALTER TABLE channel_files ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX channel_files_due ON channel_files (account_id, due_at) WHERE state = 'PENDING';
