-- +goose Up
-- A visitor's conversations are listed by their last message, page by page.
CREATE INDEX conversations_visitor_last_message ON conversations (visitor_id, last_message_at, id);
DROP INDEX conversations_visitor;
