-- +goose Up
-- Whose chat a purged conversation was: what its visitor writes into it begins a new one.
CREATE TABLE purged_chats (
    conversation_id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    visitor_id TEXT NOT NULL,
    targeted_message_id TEXT NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
CREATE INDEX purged_chats_inbox ON purged_chats (inbox_id);
CREATE INDEX purged_chats_visitor ON purged_chats (visitor_id);
