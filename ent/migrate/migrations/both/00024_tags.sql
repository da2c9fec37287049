-- +goose Up

-- Tags belong to the account (IN-31). Migration 25 makes them of the words that
-- conversations have.
CREATE TABLE tags (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    color TEXT NOT NULL DEFAULT '',
    archived_at INTEGER NOT NULL DEFAULT 0,
    merged_into TEXT NOT NULL DEFAULT '',
    rewritten_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX tags_account_folded ON tags (account_id, folded);
CREATE INDEX tags_account_merged_folded ON tags (account_id, merged_into, folded, id);

-- Whether only admins make and change tags.
ALTER TABLE accounts ADD COLUMN tags_managed BOOLEAN NOT NULL DEFAULT false;
