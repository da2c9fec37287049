-- +goose Up
-- What follows from what happened (package reaction): who follows the logs, how
-- far each has come in each account, and what it could not handle.
CREATE TABLE reaction_consumers (
    name TEXT NOT NULL PRIMARY KEY,
    introduced_at INTEGER NOT NULL
);

CREATE TABLE reaction_marks (
    account_id TEXT NOT NULL,
    consumer TEXT NOT NULL,
    mark INTEGER NOT NULL,
    moved_at INTEGER NOT NULL,
    overdue_at INTEGER NOT NULL DEFAULT 0,
    stopped_at INTEGER NOT NULL DEFAULT 0,
    reset_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, consumer),
    FOREIGN KEY (account_id) REFERENCES accounts (id)
) WITHOUT ROWID;

CREATE INDEX reaction_marks_reset ON reaction_marks (account_id, consumer) WHERE reset_at > 0;

CREATE TABLE reaction_parked (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    consumer TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    type TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    failed_at INTEGER NOT NULL,
    error TEXT NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX reaction_parked_conversation ON reaction_parked (account_id, consumer, conversation_id);
CREATE INDEX reaction_parked_next ON reaction_parked (next_at);
