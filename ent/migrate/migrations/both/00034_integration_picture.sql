-- +goose Up
-- The picture that visitors see beside what an integration writes.
ALTER TABLE integrations ADD COLUMN avatar_url TEXT NOT NULL DEFAULT '';
CREATE INDEX integrations_account_name ON integrations (account_id, name, id);
