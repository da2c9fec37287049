-- +goose Up
-- Visitors' sessions, to list and to end them (CH-8). Tokens from before have no row until a page renews them.
CREATE TABLE visitor_sessions (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    visitor_id TEXT NOT NULL,
    proof TEXT NOT NULL,
    last_seen_at INTEGER NOT NULL DEFAULT 0,
    expires_at INTEGER NOT NULL DEFAULT 0,
    ended_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
CREATE INDEX visitor_sessions_visitor ON visitor_sessions (visitor_id, created_at, id);
CREATE INDEX visitor_sessions_expires ON visitor_sessions (expires_at);
ALTER TABLE visitors ADD COLUMN sessions_ended_at INTEGER NOT NULL DEFAULT 0;

-- What was proved: a typed address is not. Whom a mailed link or code proved is found by the address.
ALTER TABLE visitors ADD COLUMN email_verified BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE visitors ADD COLUMN mail_identity TEXT;
ALTER TABLE visitors ADD COLUMN claims_at INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX visitors_channel_mail_identity ON visitors (channel_id, mail_identity);

-- A token stands for no other visitor than its own: what was merged before, others went on with.
ALTER TABLE visitors DROP COLUMN merged_into;

-- Chats that went on with a proved visitor, as the one who wrote them before sees them still (CH-6).
CREATE TABLE continued_chats (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    visitor_id TEXT NOT NULL,
    up_to INTEGER NOT NULL,
    status TEXT NOT NULL,
    preview TEXT NOT NULL,
    assignee_id TEXT NOT NULL,
    last_message_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
CREATE UNIQUE INDEX continued_chats_visitor ON continued_chats (visitor_id, conversation_id);
CREATE INDEX continued_chats_list ON continued_chats (visitor_id, last_message_at, conversation_id);
CREATE INDEX continued_chats_conversation ON continued_chats (conversation_id);

-- The code that was mailed to a visitor last, and how often it was tried.
CREATE TABLE visitor_codes (
    visitor_id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    email TEXT NOT NULL,
    digest BLOB NOT NULL,
    tries INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);

-- The address that a link was mailed to is what it proves.
ALTER TABLE visitor_links ADD COLUMN email TEXT NOT NULL DEFAULT '';
UPDATE visitor_links SET email = COALESCE((SELECT v.email FROM visitors v WHERE v.id = visitor_links.visitor_id), '');
