-- +goose Up
-- When a token last used each deprecated part of the schema, by schema coordinate.
ALTER TABLE api_tokens ADD COLUMN deprecated_uses JSON NOT NULL DEFAULT '{}';
