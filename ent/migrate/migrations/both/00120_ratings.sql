-- +goose Up
-- What contacts are asked after a close, and what they answer (CO-5).
CREATE TABLE ratings (
    id              TEXT NOT NULL PRIMARY KEY,
    account_id      TEXT NOT NULL,
    inbox_id        TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    close_number    INTEGER NOT NULL,
    scale           TEXT NOT NULL,
    medium          TEXT NOT NULL,
    resolved_by     TEXT NOT NULL DEFAULT '',
    closed_at       INTEGER NOT NULL,
    score           INTEGER NOT NULL DEFAULT 0,
    comment         TEXT NOT NULL DEFAULT '',
    given_at        INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE UNIQUE INDEX ratings_close ON ratings (conversation_id, close_number);
CREATE INDEX ratings_given ON ratings (inbox_id, given_at);

ALTER TABLE conversations ADD COLUMN rating INTEGER NOT NULL DEFAULT 0;
CREATE INDEX conversations_rating ON conversations (inbox_id, rating) WHERE rating > 0;
