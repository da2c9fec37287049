-- +goose Up

-- Which records belong to a conversation, beside those that follow from what it has (CR-3).
CREATE TABLE associations (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    record_id TEXT NOT NULL,
    removed BOOLEAN NOT NULL DEFAULT false,
    author_kind TEXT NOT NULL,
    author_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE UNIQUE INDEX associations_record ON associations (conversation_id, record_id);
CREATE INDEX associations_of_record ON associations (record_id, at);

-- Who was put on a list and taken off it, for the timelines of contacts.
CREATE INDEX events_list_changes ON events (subject_id, occurred_at, id) WHERE type IN ('LIST_ENTERED', 'LIST_LEFT');
