-- +goose Up
-- Addresses that get the account's events (NT-4).
CREATE TABLE webhook_endpoints (
    id               TEXT NOT NULL PRIMARY KEY,
    account_id       TEXT NOT NULL,
    integration_id   TEXT NOT NULL,
    name             TEXT NOT NULL,
    url              TEXT NOT NULL,
    types            JSON NOT NULL,
    inbox_ids        JSON NOT NULL,
    filter           JSON,
    changed_fields   JSON NOT NULL,
    document         TEXT NOT NULL DEFAULT '',
    payload_version  INTEGER NOT NULL DEFAULT 1,
    scopes           JSON NOT NULL,
    secret           TEXT NOT NULL,
    previous_secret  TEXT NOT NULL DEFAULT '',
    previous_until   INTEGER NOT NULL DEFAULT 0,
    state            TEXT NOT NULL,
    pause_reason     TEXT NOT NULL DEFAULT '',
    failures         INTEGER NOT NULL DEFAULT 0,
    retry_at         INTEGER NOT NULL DEFAULT 0,
    failing_since    INTEGER NOT NULL DEFAULT 0,
    document_problem TEXT NOT NULL DEFAULT '',
    rounds           INTEGER NOT NULL DEFAULT 0,
    since_sequence   INTEGER NOT NULL DEFAULT 0,
    deleted_at       INTEGER NOT NULL DEFAULT 0,
    created_at       INTEGER NOT NULL,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);

-- Events on their way to them.
CREATE TABLE webhook_deliveries (
    id              TEXT NOT NULL PRIMARY KEY,
    account_id      TEXT NOT NULL,
    endpoint_id     TEXT NOT NULL,
    sequence        INTEGER NOT NULL,
    event_type      TEXT NOT NULL DEFAULT '',
    conversation_id TEXT NOT NULL DEFAULT '',
    round           INTEGER NOT NULL DEFAULT 0,
    state           TEXT NOT NULL,
    ready           BOOLEAN NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL DEFAULT 0,
    last_status     INTEGER NOT NULL DEFAULT 0,
    last_failure    TEXT NOT NULL DEFAULT '',
    finished_at     INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    FOREIGN KEY (account_id, endpoint_id) REFERENCES webhook_endpoints (account_id, id)
);
CREATE UNIQUE INDEX webhook_deliveries_event ON webhook_deliveries (endpoint_id, sequence, round);
CREATE INDEX webhook_deliveries_endpoint ON webhook_deliveries (endpoint_id, id);
CREATE INDEX webhook_deliveries_state ON webhook_deliveries (endpoint_id, state, id);
CREATE INDEX webhook_deliveries_conversation ON webhook_deliveries (conversation_id, endpoint_id);
CREATE INDEX webhook_deliveries_ready ON webhook_deliveries (endpoint_id, next_attempt_at) WHERE state = 'PENDING' AND ready;
CREATE INDEX webhook_deliveries_lane ON webhook_deliveries (endpoint_id, conversation_id, round, sequence) WHERE state = 'PENDING';
CREATE INDEX webhook_deliveries_finished ON webhook_deliveries (finished_at) WHERE finished_at > 0;

-- The requests that were sent, and how they were answered.
CREATE TABLE webhook_attempts (
    id              TEXT NOT NULL PRIMARY KEY,
    account_id      TEXT NOT NULL,
    delivery_id     TEXT NOT NULL,
    conversation_id TEXT NOT NULL DEFAULT '',
    at              INTEGER NOT NULL,
    duration_ms     INTEGER NOT NULL,
    status          INTEGER NOT NULL DEFAULT 0,
    failure         TEXT NOT NULL DEFAULT '',
    excerpt         TEXT NOT NULL DEFAULT ''
);
CREATE INDEX webhook_attempts_delivery ON webhook_attempts (delivery_id, at);
CREATE INDEX webhook_attempts_conversation ON webhook_attempts (conversation_id);
CREATE INDEX webhook_attempts_excerpts ON webhook_attempts (account_id) WHERE excerpt <> '';
