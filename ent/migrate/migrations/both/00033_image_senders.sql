-- +goose Up
-- Senders whose mails a user sees with their images from other servers.
CREATE TABLE image_senders (
    id         TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    address    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id),
    UNIQUE (user_id, address)
);
