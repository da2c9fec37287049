-- +goose Up

-- What brings a conversation to the top: its last message, and later what is no
-- message (IN-18). Lists are ordered by it instead of by the last message.
ALTER TABLE conversations ADD COLUMN activity_at INTEGER NOT NULL DEFAULT 0;
UPDATE conversations SET activity_at = last_message_at;

DROP INDEX conversations_folder_kind_status_last_message_at;
DROP INDEX conversations_folder_assignee_status_last_message_at;
DROP INDEX conversations_bots_status_last_message_at;
CREATE INDEX conversations_folder_kind_status_activity_at ON conversations (inbox_id, folder, kind, status, activity_at, id);
CREATE INDEX conversations_folder_assignee_status_activity_at ON conversations (inbox_id, folder, assignee_id, status, activity_at, id);
CREATE INDEX conversations_bots_status_activity_at ON conversations (inbox_id, status, activity_at, id) WHERE in_bots;

UPDATE saved_views SET order_by = 'ACTIVITY_DESC' WHERE order_by = 'LAST_MESSAGE_DESC';
UPDATE saved_views SET order_by = 'ACTIVITY_ASC' WHERE order_by = 'LAST_MESSAGE_ASC';

-- A conversation that woke with a revision is unread for who read none since.
ALTER TABLE conversations ADD COLUMN woken_revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE read_positions ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
