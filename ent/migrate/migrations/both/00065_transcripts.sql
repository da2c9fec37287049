-- +goose Up
-- Transcripts of chats: how far the last one goes, in which zone its times are, and who wants none.
ALTER TABLE conversations ADD COLUMN transcript_number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE visitors ADD COLUMN time_zone TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN transcripts_refused_at INTEGER NOT NULL DEFAULT 0;
