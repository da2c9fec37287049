-- +goose Up
-- The secret that a token had before it was rotated, and until when it still holds.
ALTER TABLE api_tokens ADD COLUMN previous_hash BLOB;
ALTER TABLE api_tokens ADD COLUMN previous_until INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX api_tokens_previous_hash ON api_tokens (previous_hash) WHERE previous_hash IS NOT NULL;
-- Users list their own, newest first.
DROP INDEX api_tokens_user;
CREATE INDEX api_tokens_user ON api_tokens (user_id, id);
-- Who a token belongs to sees its events, and admins do.
UPDATE events SET user_id = COALESCE((
    SELECT CASE WHEN t.user_id <> '' THEN t.user_id ELSE t.integration_id END FROM api_tokens t WHERE t.id = events.subject_id
), '') WHERE type IN ('TOKEN_CREATED', 'TOKEN_REVOKED');
