-- +goose Up
-- Up to when an inbox's admins know what was filtered.
CREATE TABLE filtered_digests (
    inbox_id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
