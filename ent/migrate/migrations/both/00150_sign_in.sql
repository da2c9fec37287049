-- +goose Up
-- Sign-in of people (AC-9, AC-13, AC-16): the providers of an account, who is who there, sign-ins that have begun, links, and sessions.
ALTER TABLE accounts ADD COLUMN sign_in_links BOOLEAN NOT NULL DEFAULT TRUE;
CREATE INDEX users_email ON users (email);
CREATE TABLE identity_providers (
    id               TEXT NOT NULL PRIMARY KEY,
    account_id       TEXT NOT NULL,
    name             TEXT NOT NULL,
    issuer           TEXT NOT NULL,
    client_id        TEXT NOT NULL,
    client_secret    TEXT NOT NULL DEFAULT '',
    enabled          BOOLEAN NOT NULL DEFAULT TRUE,
    from_environment BOOLEAN NOT NULL DEFAULT FALSE,
    allowed_domains  JSON NOT NULL DEFAULT '[]',
    create_users     BOOLEAN NOT NULL DEFAULT FALSE,
    default_role     TEXT NOT NULL,
    role_claim       TEXT NOT NULL DEFAULT '',
    role_mapping     JSON NOT NULL DEFAULT '[]',
    last_error       TEXT NOT NULL DEFAULT '',
    last_used_at     INTEGER NOT NULL DEFAULT 0,
    created_at       INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX identity_providers_account ON identity_providers (account_id, id);
CREATE INDEX identity_providers_name ON identity_providers (account_id, name, id);
CREATE UNIQUE INDEX identity_providers_client ON identity_providers (account_id, issuer, client_id);
-- Who signed in at a provider before, by its own name of them. A user has one there.
CREATE TABLE user_identities (
    provider_id TEXT NOT NULL,
    subject     TEXT NOT NULL,
    account_id  TEXT NOT NULL,
    user_id     TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (provider_id, subject),
    FOREIGN KEY (account_id, provider_id) REFERENCES identity_providers (account_id, id),
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);
CREATE UNIQUE INDEX user_identities_user ON user_identities (user_id, provider_id);
-- Sign-ins that have begun, of one use, each bound to the browser that began it.
CREATE TABLE sign_ins (
    state_hash   BLOB NOT NULL PRIMARY KEY,
    account_id   TEXT NOT NULL,
    provider_id  TEXT NOT NULL,
    browser_hash BLOB NOT NULL,
    secrets      TEXT NOT NULL,
    return_to    TEXT NOT NULL,
    expires_at   INTEGER NOT NULL,
    FOREIGN KEY (account_id, provider_id) REFERENCES identity_providers (account_id, id)
);
CREATE INDEX sign_ins_provider ON sign_ins (provider_id);
-- Links by which users sign in, of one use. Those that were used stay for an hour, to be counted.
CREATE TABLE sign_in_links (
    hash       BLOB NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    used       BOOLEAN NOT NULL DEFAULT FALSE,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);
CREATE INDEX sign_in_links_user ON sign_in_links (user_id, created_at);
-- Tokens by which providers ended sessions, so that each works once.
CREATE TABLE logout_tokens (
    provider_id TEXT NOT NULL,
    token_hash  BLOB NOT NULL,
    account_id  TEXT NOT NULL,
    expires_at  INTEGER NOT NULL,
    PRIMARY KEY (provider_id, token_hash),
    FOREIGN KEY (account_id, provider_id) REFERENCES identity_providers (account_id, id)
);
CREATE TABLE sessions (
    id               TEXT NOT NULL PRIMARY KEY,
    account_id       TEXT NOT NULL,
    user_id          TEXT NOT NULL,
    provider_id      TEXT NOT NULL DEFAULT '',
    provider_session TEXT NOT NULL DEFAULT '',
    provider_subject TEXT NOT NULL DEFAULT '',
    hash             BLOB NOT NULL UNIQUE,
    user_agent       TEXT NOT NULL DEFAULT '',
    expires_at       INTEGER NOT NULL,
    last_seen_at     INTEGER NOT NULL DEFAULT 0,
    ended_at         INTEGER NOT NULL DEFAULT 0,
    created_at       INTEGER NOT NULL,
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);
CREATE INDEX sessions_account ON sessions (account_id, id);
CREATE INDEX sessions_user ON sessions (user_id, id);
CREATE INDEX sessions_provider ON sessions (provider_id, provider_subject);
