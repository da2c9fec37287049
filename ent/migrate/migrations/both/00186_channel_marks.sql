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
UPDATE channel_messages SET sender_id = COALESCE((SELECT MIN(s.id) FROM messages m JOIN channel_senders s ON s.contact_id = m.author_id AND s.channel_id = channel_messages.channel_id
    WHERE m.id = channel_messages.id AND m.author_id <> ''), '') WHERE NOT echo AND state = '';
CREATE INDEX channel_messages_sender ON channel_messages (sender_id);

-- When a file is to be fetched: accounts take turns.
ALTER TABLE channel_files ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX channel_files_due ON channel_files (account_id, due_at) WHERE state = 'PENDING';
