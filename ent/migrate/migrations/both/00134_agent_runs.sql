-- +goose Up
-- What external bots do in conversations (AG-1, AG-5).
CREATE TABLE agent_runs (
    id              TEXT NOT NULL PRIMARY KEY,
    account_id      TEXT NOT NULL,
    inbox_id        TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    bot_id          TEXT NOT NULL,
    state           TEXT NOT NULL,
    turn            INTEGER NOT NULL,
    reason          TEXT NOT NULL,
    step_count      INTEGER NOT NULL DEFAULT 0,
    asked_number    INTEGER NOT NULL DEFAULT 0,
    due_at          INTEGER NOT NULL DEFAULT 0,
    alive_at        INTEGER NOT NULL DEFAULT 0,
    hand_off_at     INTEGER NOT NULL DEFAULT 0,
    lease_id        TEXT NOT NULL DEFAULT '',
    lease_until     INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    ended_at        INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE UNIQUE INDEX agent_runs_account ON agent_runs (account_id, id);
CREATE INDEX agent_runs_conversation ON agent_runs (conversation_id, id);
-- One that is not over for each conversation, and what is to be done, oldest first.
CREATE UNIQUE INDEX agent_runs_open ON agent_runs (conversation_id) WHERE ended_at = 0;
CREATE INDEX agent_runs_due ON agent_runs (bot_id, due_at, id) WHERE state = 'PENDING';
-- What the clock takes from those who do not go on.
CREATE INDEX agent_runs_leased ON agent_runs (lease_id) WHERE lease_id <> '';
CREATE INDEX agent_runs_lapsing ON agent_runs (lease_until) WHERE lease_until > 0;
CREATE INDEX agent_runs_silent ON agent_runs (hand_off_at) WHERE hand_off_at > 0;

CREATE TABLE agent_steps (
    id              TEXT NOT NULL PRIMARY KEY,
    account_id      TEXT NOT NULL,
    inbox_id        TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    run_id          TEXT NOT NULL,
    number          INTEGER NOT NULL,
    turn            INTEGER NOT NULL,
    kind            TEXT NOT NULL,
    text            TEXT NOT NULL,
    ephemeral       BOOLEAN NOT NULL DEFAULT false,
    created_at      INTEGER NOT NULL,
    FOREIGN KEY (account_id, run_id) REFERENCES agent_runs (account_id, id)
);
CREATE UNIQUE INDEX agent_steps_number ON agent_steps (run_id, number);
CREATE INDEX agent_steps_conversation ON agent_steps (conversation_id, id);
ALTER TABLE bots ADD COLUMN approval_timeout INTEGER NOT NULL DEFAULT 0;
