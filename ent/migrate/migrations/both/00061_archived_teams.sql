-- +goose Up
-- A team that is still named somewhere can be archived.
ALTER TABLE teams ADD COLUMN archived_at INTEGER NOT NULL DEFAULT 0;
