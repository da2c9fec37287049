-- +goose Up
-- Conversations with a notification that is escalated unless it is read, or someone answers, in time (NT-1). A row stays, once
-- it was, until someone answers or closes the conversation.
CREATE TABLE escalations (
    conversation_id TEXT NOT NULL PRIMARY KEY,
    account_id      TEXT NOT NULL,
    since           INTEGER NOT NULL,
    due_at          INTEGER NOT NULL,
    escalated_at    INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE INDEX escalations_due ON escalations (due_at) WHERE escalated_at = 0;
