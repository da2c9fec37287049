-- +goose Up
-- Notifications by web push (NT-1): the devices of users, and the key pair by which push services know the installation (RFC 8292).
CREATE TABLE push_subscriptions (
    id            TEXT NOT NULL PRIMARY KEY,
    account_id    TEXT NOT NULL,
    user_id       TEXT NOT NULL,
    token_id      TEXT NOT NULL,
    endpoint_hash TEXT NOT NULL,
    host          TEXT NOT NULL,
    sealed        TEXT NOT NULL,
    user_agent    TEXT NOT NULL DEFAULT '',
    failures      INTEGER NOT NULL DEFAULT 0,
    used_at       INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL,
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);
CREATE UNIQUE INDEX push_subscriptions_endpoint ON push_subscriptions (endpoint_hash);
CREATE INDEX push_subscriptions_user ON push_subscriptions (user_id, id);
CREATE INDEX push_subscriptions_token ON push_subscriptions (token_id);

CREATE TABLE push_keys (
    name        TEXT NOT NULL PRIMARY KEY,
    public_key  TEXT NOT NULL,
    private_key TEXT NOT NULL,
    created_at  INTEGER NOT NULL
);

ALTER TABLE notifications ADD COLUMN push_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notifications ADD COLUMN pushed_at INTEGER NOT NULL DEFAULT 0;
