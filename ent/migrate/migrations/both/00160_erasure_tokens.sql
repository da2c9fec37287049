-- +goose Up
-- By which token or session an erasure was asked for: the audit log says it (AC-17).
ALTER TABLE erasures ADD COLUMN token_id TEXT NOT NULL DEFAULT '';
