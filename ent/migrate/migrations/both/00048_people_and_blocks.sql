-- +goose Up
-- Who sees contacts (AC-14), and who blocks (IN-10).
ALTER TABLE accounts ADD COLUMN contact_visibility TEXT NOT NULL DEFAULT 'ACCOUNT';
ALTER TABLE accounts ADD COLUMN who_may_block TEXT NOT NULL DEFAULT 'MEMBERS';

-- How a block is (IN-10). A visitor's network is a keyed hash.
ALTER TABLE blocks ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE blocks ADD COLUMN ends_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE blocks ADD COLUMN all_channels BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE blocks ADD COLUMN network TEXT NOT NULL DEFAULT '';
ALTER TABLE blocks ADD COLUMN network_ends_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX blocks_network ON blocks (network) WHERE network <> '';
-- A contact's block no longer holds for those who only typed its address: they keep one of their own.
INSERT INTO blocks (id, account_id, inbox_id, channel_id, kind, sender, blocked_by, created_at)
SELECT 'block_' || substr(v.id, 9), b.account_id, b.inbox_id, b.channel_id, b.kind, v.id, b.blocked_by, b.created_at
FROM blocks b JOIN visitors v ON v.channel_id = b.channel_id AND v.contact_id = b.sender AND v.identity IS NULL
WHERE b.kind = 'CHAT' ON CONFLICT (channel_id, sender) DO NOTHING;
ALTER TABLE visitors ADD COLUMN network TEXT NOT NULL DEFAULT '';

-- Channels that are removed stay for their conversations (IB-6).
ALTER TABLE channels ADD COLUMN removed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE email_channels ADD COLUMN removed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE email_channels ADD COLUMN sends_until INTEGER NOT NULL DEFAULT 0;

-- What is used is archived (IB-7).
ALTER TABLE contact_lists ADD COLUMN archived_at INTEGER NOT NULL DEFAULT 0;

-- Bots have tokens, which see the bot's inboxes (AC-13).
ALTER TABLE bots ADD COLUMN inbox_ids JSON NOT NULL DEFAULT '[]';
ALTER TABLE api_tokens ADD COLUMN bot_id TEXT NOT NULL DEFAULT '';
