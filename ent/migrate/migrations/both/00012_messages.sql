-- +goose Up
-- What a message's author wrote as Markdown, and the message that it answers.
ALTER TABLE messages ADD COLUMN markdown TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN reply_to_id TEXT NOT NULL DEFAULT '';
ALTER TABLE message_revisions ADD COLUMN markdown TEXT NOT NULL DEFAULT '';
-- A targeted message's welcome with markup, as its text alone has none.
ALTER TABLE targeted_messages ADD COLUMN welcome_html TEXT NOT NULL DEFAULT '';
