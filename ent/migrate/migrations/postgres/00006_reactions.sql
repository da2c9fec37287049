-- +goose Up
-- What follows from what happened (package reaction): who follows the logs, how
-- far each has come in each account, and what it could not handle.
CREATE TABLE reaction_consumers (
    name text COLLATE "C" NOT NULL PRIMARY KEY,
    introduced_at bigint NOT NULL
);

CREATE TABLE reaction_marks (
    account_id text COLLATE "C" NOT NULL,
    consumer text COLLATE "C" NOT NULL,
    mark bigint NOT NULL,
    moved_at bigint NOT NULL,
    overdue_at bigint NOT NULL DEFAULT 0,
    stopped_at bigint NOT NULL DEFAULT 0,
    reset_at bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, consumer),
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE INDEX reaction_marks_reset ON reaction_marks (account_id, consumer) WHERE reset_at > 0;

CREATE TABLE reaction_parked (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    consumer text COLLATE "C" NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    type text COLLATE "C" NOT NULL,
    attempts bigint NOT NULL,
    next_at bigint NOT NULL,
    failed_at bigint NOT NULL,
    error text COLLATE "C" NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX reaction_parked_conversation ON reaction_parked (account_id, consumer, conversation_id);
CREATE INDEX reaction_parked_next ON reaction_parked (next_at);
