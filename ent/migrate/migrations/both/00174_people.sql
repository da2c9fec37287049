-- +goose Up
-- People from a directory: teams by a claim (AC-9), SCIM (AC-19); when a token was used last (AC-12).
ALTER TABLE identity_providers ADD COLUMN default_seat TEXT NOT NULL DEFAULT 'NONE';
ALTER TABLE identity_providers ADD COLUMN team_claim TEXT NOT NULL DEFAULT '';
ALTER TABLE identity_providers ADD COLUMN team_mapping JSON NOT NULL DEFAULT '[]';
ALTER TABLE users ADD COLUMN removed_from_directory BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN directory_name JSON NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN returning_team_ids JSON NOT NULL DEFAULT '[]';
ALTER TABLE teams ADD COLUMN external_id TEXT;
CREATE UNIQUE INDEX teams_external_id ON teams (account_id, external_id) WHERE external_id IS NOT NULL;
ALTER TABLE api_tokens ADD COLUMN last_used_at INTEGER NOT NULL DEFAULT 0;
