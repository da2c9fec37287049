-- +goose Up
-- Channels that integrations connect (CC-1).
CREATE TABLE custom_channels (
    id             TEXT NOT NULL PRIMARY KEY,
    account_id     TEXT NOT NULL,
    inbox_id       TEXT NOT NULL,
    type           TEXT NOT NULL,
    name           TEXT NOT NULL,
    capabilities   JSON NOT NULL DEFAULT '{}',
    integration_id TEXT NOT NULL,
    routing        JSON NOT NULL DEFAULT '{}',
    bot_id         TEXT NOT NULL DEFAULT '',
    live           BOOLEAN NOT NULL,
    last_seen_at   INTEGER NOT NULL DEFAULT 0,
    removed_at     INTEGER NOT NULL DEFAULT 0,
    created_at     INTEGER NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
CREATE INDEX custom_channels_inbox ON custom_channels (inbox_id, id);

-- Who writes in them.
CREATE TABLE channel_senders (
    id         TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id   TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    key        TEXT NOT NULL,
    contact_id TEXT NOT NULL DEFAULT '',
    name       TEXT NOT NULL DEFAULT '',
    avatar_url TEXT NOT NULL DEFAULT '',
    email      TEXT NOT NULL DEFAULT '',
    phone      TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX channel_senders_key ON channel_senders (channel_id, key);
CREATE INDEX channel_senders_contact ON channel_senders (contact_id);

-- Messages that came by them, or go out.
CREATE TABLE channel_messages (
    id              TEXT NOT NULL PRIMARY KEY,
    account_id      TEXT NOT NULL,
    inbox_id        TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    channel_id      TEXT NOT NULL,
    thread_key      TEXT NOT NULL,
    external_id     TEXT,
    number          INTEGER NOT NULL,
    echo            BOOLEAN NOT NULL,
    by_bot          BOOLEAN NOT NULL,
    template        JSON,
    state           TEXT NOT NULL DEFAULT '',
    action          TEXT NOT NULL DEFAULT '',
    next_action     TEXT NOT NULL DEFAULT '',
    ready           BOOLEAN NOT NULL,
    queued_at       INTEGER NOT NULL DEFAULT 0,
    attempts        INTEGER NOT NULL DEFAULT 0,
    lease_id        TEXT NOT NULL DEFAULT '',
    lease_until     INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL
);
CREATE UNIQUE INDEX channel_messages_external ON channel_messages (channel_id, thread_key, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX channel_messages_conversation ON channel_messages (conversation_id, number);
CREATE INDEX channel_messages_waiting ON channel_messages (channel_id, queued_at, id) WHERE state = 'WAITING' AND ready;
CREATE INDEX channel_messages_lane ON channel_messages (conversation_id, number) WHERE state IN ('WAITING', 'LEASED');
CREATE INDEX channel_messages_open ON channel_messages (channel_id) WHERE state IN ('WAITING', 'LEASED');
CREATE INDEX channel_messages_lease ON channel_messages (lease_id) WHERE lease_id <> '';
CREATE INDEX channel_messages_lapsed ON channel_messages (lease_until) WHERE lease_until > 0;

-- Files of theirs that are still to be fetched.
CREATE TABLE channel_files (
    id              TEXT NOT NULL PRIMARY KEY,
    account_id      TEXT NOT NULL,
    inbox_id        TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    message_id      TEXT NOT NULL,
    position        INTEGER NOT NULL,
    url             TEXT NOT NULL,
    file_name       TEXT NOT NULL,
    state           TEXT NOT NULL,
    error           TEXT NOT NULL DEFAULT '',
    attempts        INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL
);
CREATE INDEX channel_files_message ON channel_files (message_id, position);
CREATE INDEX channel_files_conversation ON channel_files (conversation_id, id);

-- Reactions to them.
CREATE TABLE channel_reactions (
    id              TEXT NOT NULL PRIMARY KEY,
    account_id      TEXT NOT NULL,
    inbox_id        TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    message_id      TEXT NOT NULL,
    sender_id       TEXT NOT NULL,
    emoji           TEXT NOT NULL,
    created_at      INTEGER NOT NULL
);
CREATE UNIQUE INDEX channel_reactions_message ON channel_reactions (message_id, sender_id, emoji);
CREATE INDEX channel_reactions_conversation ON channel_reactions (conversation_id, id);
CREATE INDEX channel_reactions_sender ON channel_reactions (sender_id);

-- A connector's token is bound to its channel (NT-4).
ALTER TABLE api_tokens ADD COLUMN channel_id TEXT NOT NULL DEFAULT '';

-- The thread of a custom channel, and who writes in it. Its external id is unique in the
-- channel; all others are in the account.
ALTER TABLE conversations ADD COLUMN thread_key TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN sender_key TEXT NOT NULL DEFAULT '';
DROP INDEX conversations_external_id;
CREATE UNIQUE INDEX conversations_external_id ON conversations (account_id, external_id) WHERE external_id IS NOT NULL AND thread_key = '';
CREATE UNIQUE INDEX conversations_thread ON conversations (channel_id, external_id) WHERE external_id IS NOT NULL AND thread_key <> '';
CREATE INDEX conversations_by_external_id ON conversations (account_id, external_id) WHERE external_id IS NOT NULL;
