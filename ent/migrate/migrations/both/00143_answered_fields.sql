-- +goose Up
-- The fields of forms that a visitor filled in or left empty: they are not asked for again (TM-5).
ALTER TABLE visitors ADD COLUMN answered JSON NOT NULL DEFAULT '[]';
