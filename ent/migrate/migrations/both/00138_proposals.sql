-- +goose Up
-- What machines propose, and what became of it (AG-3).
CREATE TABLE proposals (
    id              TEXT NOT NULL PRIMARY KEY,
    account_id      TEXT NOT NULL,
    inbox_id        TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    kind            TEXT NOT NULL,
    state           TEXT NOT NULL,
    markdown        TEXT NOT NULL DEFAULT '',
    action_name     TEXT NOT NULL DEFAULT '',
    action          JSON NOT NULL,
    summary         TEXT NOT NULL,
    confidence      REAL,
    sources         JSON NOT NULL,
    reason          TEXT NOT NULL DEFAULT '',
    based_on_number INTEGER NOT NULL,
    turn            INTEGER NOT NULL DEFAULT 0,
    run_id          TEXT NOT NULL DEFAULT '',
    author_kind     TEXT NOT NULL,
    author_id       TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    decided_by      TEXT NOT NULL DEFAULT '',
    decided_at      INTEGER NOT NULL DEFAULT 0,
    note            TEXT NOT NULL DEFAULT '',
    message_id      TEXT NOT NULL DEFAULT '',
    was_edited      BOOLEAN NOT NULL DEFAULT false,
    edited          REAL NOT NULL DEFAULT 0,
    reopen_count    INTEGER NOT NULL DEFAULT 0,
    reopened_at     INTEGER NOT NULL DEFAULT 0,
    heard_at        INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE UNIQUE INDEX proposals_account ON proposals (account_id, id);
CREATE INDEX proposals_conversation ON proposals (account_id, conversation_id, id);
CREATE INDEX proposals_of_conversation ON proposals (conversation_id, id);
CREATE INDEX proposals_created ON proposals (account_id, created_at, id);
CREATE INDEX proposals_waiting ON proposals (account_id, conversation_id) WHERE state = 'WAITING';
CREATE INDEX proposals_message ON proposals (account_id, message_id) WHERE message_id <> '';
-- Decisions that the bot which waits for them did not hear of.
CREATE INDEX proposals_unheard ON proposals (account_id, run_id, decided_at) WHERE run_id <> '' AND heard_at = 0;
-- Whose decision the run's work is about.
ALTER TABLE agent_runs ADD COLUMN proposal_id TEXT NOT NULL DEFAULT '';

-- Facts on conversations and messages (AG-4).
CREATE TABLE annotations (
    id              TEXT NOT NULL PRIMARY KEY,
    account_id      TEXT NOT NULL,
    inbox_id        TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    message_id      TEXT NOT NULL DEFAULT '',
    kind            TEXT NOT NULL,
    value           TEXT NOT NULL,
    value_key       TEXT NOT NULL,
    model           TEXT NOT NULL DEFAULT '',
    confidence      REAL,
    based_on_number INTEGER NOT NULL,
    author_kind     TEXT NOT NULL,
    author_id       TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    superseded_at   INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE UNIQUE INDEX annotations_account ON annotations (account_id, id);
CREATE INDEX annotations_target ON annotations (account_id, conversation_id, message_id, kind, author_id, id);
CREATE INDEX annotations_conversation ON annotations (conversation_id, id);
CREATE INDEX annotations_value ON annotations (conversation_id, kind, value_key) WHERE superseded_at = 0;
