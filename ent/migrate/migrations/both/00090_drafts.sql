-- +goose Up
-- What users are writing and did not send yet, and its files.
CREATE TABLE drafts (
    id              TEXT NOT NULL PRIMARY KEY,
    account_id      TEXT NOT NULL,
    inbox_id        TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    note            BOOLEAN NOT NULL DEFAULT false,
    markdown        TEXT NOT NULL DEFAULT '',
    details         JSON NOT NULL DEFAULT '{}',
    revision        INTEGER NOT NULL DEFAULT 1,
    updated_at      INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id),
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id),
    UNIQUE (conversation_id, user_id, note)
);
CREATE INDEX drafts_user ON drafts (user_id, updated_at, id);
ALTER TABLE attachments ADD COLUMN draft_id TEXT NOT NULL DEFAULT '';
CREATE INDEX attachments_draft ON attachments (draft_id, position);
