-- +goose Up
-- The invitation of a user, at most one: a new one takes the place of the older, and using it removes it.
CREATE TABLE invitations (
    user_id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    ends_tokens BOOLEAN NOT NULL,
    expires_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);
