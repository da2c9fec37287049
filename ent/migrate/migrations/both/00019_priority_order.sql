-- +goose Up

-- Lists in the order of priority (IN-3). The rank changes only with the priority, so
-- that messages do not touch its indexes.
ALTER TABLE conversations ADD COLUMN priority_rank INTEGER NOT NULL DEFAULT 0;
UPDATE conversations SET priority_rank = CASE priority WHEN 'LOW' THEN 1 WHEN 'NORMAL' THEN 2 WHEN 'HIGH' THEN 3 WHEN 'URGENT' THEN 4 ELSE 0 END;
CREATE INDEX conversations_folder_kind_status_priority ON conversations (inbox_id, folder, kind, status, priority_rank, id);
CREATE INDEX conversations_folder_assignee_status_priority ON conversations (inbox_id, folder, assignee_id, status, priority_rank, id);
CREATE INDEX conversations_bots_status_priority ON conversations (inbox_id, status, priority_rank, id) WHERE in_bots;

-- What a custom channel calls itself, by which lists are filtered.
ALTER TABLE conversations ADD COLUMN channel_type TEXT NOT NULL DEFAULT '';
