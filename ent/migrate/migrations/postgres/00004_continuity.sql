-- +goose Up
-- What a visitor's browser asks for: routing may go by it (RT-3).
ALTER TABLE visitors ADD COLUMN language text COLLATE "C" NOT NULL DEFAULT '';

-- Letters with the replies that a visitor missed, each with a link that works once (CH-6, CH-8).
CREATE TABLE visitor_links (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    channel_id text COLLATE "C" NOT NULL,
    visitor_id text COLLATE "C" NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    token_hash bytea NOT NULL,
    mailed_number bigint NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, channel_id) REFERENCES channels (account_id, id)
);
CREATE UNIQUE INDEX visitor_links_token_hash ON visitor_links (token_hash);
CREATE INDEX visitor_links_conversation ON visitor_links (conversation_id, created_at);
CREATE INDEX visitor_links_expires ON visitor_links (expires_at);

-- What was sent and not read yet, as missed replies are looked for.
CREATE INDEX messages_unread ON messages (created_at) WHERE direction = 'OUTGOING' AND delivery = 'SENT';
