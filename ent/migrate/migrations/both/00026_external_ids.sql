-- +goose Up
-- Ids that objects have in systems of the account's: unique per account and type, and
-- of messages per conversation. What has none is in no index.
ALTER TABLE contacts ADD COLUMN external_id TEXT;
ALTER TABLE tickets ADD COLUMN external_id TEXT;
ALTER TABLE users ADD COLUMN external_id TEXT;
ALTER TABLE conversations ADD COLUMN external_id TEXT;
ALTER TABLE messages ADD COLUMN external_id TEXT;
CREATE UNIQUE INDEX contacts_external_id ON contacts (account_id, external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX tickets_external_id ON tickets (account_id, external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX users_external_id ON users (account_id, external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX conversations_external_id ON conversations (account_id, external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX messages_external_id ON messages (conversation_id, external_id) WHERE external_id IS NOT NULL;
-- The picture of a contact; empty: none.
ALTER TABLE contacts ADD COLUMN avatar_url TEXT NOT NULL DEFAULT '';
