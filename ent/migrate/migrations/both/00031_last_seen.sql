-- +goose Up
-- When a user last called the API, to a minute.
ALTER TABLE users ADD COLUMN last_seen_at INTEGER NOT NULL DEFAULT 0;
