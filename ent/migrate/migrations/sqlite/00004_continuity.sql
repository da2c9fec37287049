-- +goose Up
-- What a visitor's browser asks for: routing may go by it (RT-3).
ALTER TABLE visitors ADD COLUMN language TEXT NOT NULL DEFAULT '';

-- Letters with the replies that a visitor missed, each with a link that works once (CH-6, CH-8).
CREATE TABLE visitor_links (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    visitor_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    token_hash BLOB NOT NULL,
    mailed_number INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, channel_id) REFERENCES channels (account_id, id)
);
CREATE UNIQUE INDEX visitor_links_token_hash ON visitor_links (token_hash);
CREATE INDEX visitor_links_conversation ON visitor_links (conversation_id, created_at);
CREATE INDEX visitor_links_expires ON visitor_links (expires_at);

-- What was sent and not read yet, as missed replies are looked for.
CREATE INDEX messages_unread ON messages (created_at) WHERE direction = 'OUTGOING' AND delivery = 'SENT';
