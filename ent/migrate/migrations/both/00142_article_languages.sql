-- +goose Up
-- Articles in several languages (CO-11): their tags, each between spaces, and what lists show of the others.
ALTER TABLE articles ADD COLUMN languages TEXT NOT NULL DEFAULT '';
ALTER TABLE articles ADD COLUMN variants JSON NOT NULL DEFAULT '[]';
UPDATE articles SET languages = ' ' || language || ' ' WHERE language <> '';
