-- +goose Up
-- Flows of built-in bots (BT-4): each version that was published, where each conversation
-- stands, and how often each step was reached, answered and left (BT-5).
ALTER TABLE bots ADD COLUMN flow_version INTEGER NOT NULL DEFAULT 0;

CREATE TABLE bot_flows (
    id           TEXT NOT NULL PRIMARY KEY,
    account_id   TEXT NOT NULL,
    bot_id       TEXT NOT NULL,
    version      INTEGER NOT NULL,
    flow         JSON NOT NULL,
    published_by TEXT NOT NULL DEFAULT '',
    created_at   INTEGER NOT NULL
);
CREATE UNIQUE INDEX bot_flows_account ON bot_flows (account_id, id);
CREATE UNIQUE INDEX bot_flows_version ON bot_flows (bot_id, version);

CREATE TABLE flow_runs (
    id              TEXT NOT NULL PRIMARY KEY,
    account_id      TEXT NOT NULL,
    inbox_id        TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    bot_id          TEXT NOT NULL,
    version         INTEGER NOT NULL,
    step_id         TEXT NOT NULL,
    phase           TEXT NOT NULL,
    tries           INTEGER NOT NULL DEFAULT 0,
    step_count      INTEGER NOT NULL DEFAULT 0,
    read_number     INTEGER NOT NULL DEFAULT 0,
    last_answer     TEXT NOT NULL DEFAULT '',
    answers         JSON NOT NULL DEFAULT '[]',
    outcome         TEXT NOT NULL DEFAULT '',
    problem         TEXT NOT NULL DEFAULT '',
    due_at          INTEGER NOT NULL DEFAULT 0,
    moved_at        INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    ended_at        INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE UNIQUE INDEX flow_runs_account ON flow_runs (account_id, id);
CREATE INDEX flow_runs_conversation ON flow_runs (conversation_id, id);
-- One that is not over for each conversation, and those that the clock moves on.
CREATE UNIQUE INDEX flow_runs_open ON flow_runs (conversation_id) WHERE ended_at = 0;
CREATE INDEX flow_runs_due ON flow_runs (due_at) WHERE due_at > 0;

CREATE TABLE bot_step_counts (
    id         TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    bot_id     TEXT NOT NULL,
    version    INTEGER NOT NULL,
    step_id    TEXT NOT NULL,
    reached    INTEGER NOT NULL DEFAULT 0,
    answered   INTEGER NOT NULL DEFAULT 0,
    abandoned  INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX bot_step_counts_account ON bot_step_counts (account_id, id);
CREATE UNIQUE INDEX bot_step_counts_step ON bot_step_counts (bot_id, version, step_id);
