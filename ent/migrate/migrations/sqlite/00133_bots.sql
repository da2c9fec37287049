-- +goose Up
-- Bots that admins make: how they hand off, what they say where no one can take over, and whether they are archived (BT-1, BT-2).
ALTER TABLE bots ADD COLUMN routing JSON NOT NULL DEFAULT '{}';
ALTER TABLE bots ADD COLUMN nobody_available_text TEXT NOT NULL DEFAULT '';
ALTER TABLE bots ADD COLUMN archived_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX bots_account_name ON bots (account_id, name, id);

-- The turn that a bot's message must name (AG-2).
ALTER TABLE conversations ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
UPDATE conversations SET routing_source = bot_id WHERE bot_id <> '';
