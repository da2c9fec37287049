-- +goose Up
-- Why a task failed, for people: its asker may do it no longer.
ALTER TABLE tasks ADD COLUMN failure TEXT NOT NULL DEFAULT '';
