-- +goose Up
-- Apps that act for users (AC-18): who registered, what an account's users have connected, codes, and the tokens of sessions.
ALTER TABLE accounts ADD COLUMN new_apps BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE sessions ADD COLUMN kind TEXT NOT NULL DEFAULT 'BROWSER';
ALTER TABLE sessions ADD COLUMN app_id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN scopes JSON NOT NULL DEFAULT '[]';
CREATE INDEX sessions_app ON sessions (app_id, id);
-- Registrations, of the server and not of an account: anyone may register, and a user decides where an app comes in.
CREATE TABLE oauth_clients (
    id            TEXT NOT NULL PRIMARY KEY,
    name          TEXT NOT NULL,
    redirect_uris JSON NOT NULL,
    auth_method   TEXT NOT NULL,
    secret_hash   BLOB NOT NULL,
    site          TEXT NOT NULL,
    used_at       INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL
);
CREATE INDEX oauth_clients_used ON oauth_clients (used_at, created_at);
CREATE INDEX oauth_clients_site ON oauth_clients (used_at, site, created_at);
CREATE TABLE oauth_apps (
    id             TEXT NOT NULL PRIMARY KEY,
    account_id     TEXT NOT NULL,
    client_id      TEXT NOT NULL,
    name           TEXT NOT NULL,
    redirect_hosts JSON NOT NULL DEFAULT '[]',
    created_at     INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX oauth_apps_account ON oauth_apps (account_id, id);
CREATE UNIQUE INDEX oauth_apps_client ON oauth_apps (account_id, client_id);
-- Codes, of one use. Those that were used stay for a day, so that a second use ends what the first gave.
CREATE TABLE oauth_codes (
    hash           BLOB NOT NULL PRIMARY KEY,
    account_id     TEXT NOT NULL,
    app_id         TEXT NOT NULL,
    client_id      TEXT NOT NULL,
    user_id        TEXT NOT NULL,
    browser_id     TEXT NOT NULL,
    kind           TEXT NOT NULL,
    scopes         JSON NOT NULL,
    redirect_uri   TEXT NOT NULL,
    code_challenge TEXT NOT NULL,
    session_id     TEXT NOT NULL DEFAULT '',
    expires_at     INTEGER NOT NULL,
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);
CREATE INDEX oauth_codes_app ON oauth_codes (app_id);
CREATE INDEX oauth_codes_expiry ON oauth_codes (expires_at);
-- Tokens of sessions. A refresh gives the next generation; who was replaced by another answer to the same refresh is not good any more.
CREATE TABLE oauth_tokens (
    hash        BLOB NOT NULL PRIMARY KEY,
    account_id  TEXT NOT NULL,
    session_id  TEXT NOT NULL,
    refresh     BOOLEAN NOT NULL,
    generation  INTEGER NOT NULL,
    used_at     INTEGER NOT NULL DEFAULT 0,
    replaced_at INTEGER NOT NULL DEFAULT 0,
    expires_at  INTEGER NOT NULL
);
CREATE INDEX oauth_tokens_session ON oauth_tokens (session_id, generation);
CREATE INDEX oauth_tokens_expiry ON oauth_tokens (expires_at);
