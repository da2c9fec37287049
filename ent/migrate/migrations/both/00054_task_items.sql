-- +goose Up
-- The conversations that a bulk task changes, fixed when it begins, and why each that it skipped was.
CREATE TABLE task_items (
    account_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    conversation_id TEXT NOT NULL,
    code TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (task_id, number),
    FOREIGN KEY (task_id) REFERENCES tasks (id)
);
CREATE INDEX task_items_skipped ON task_items (task_id, number) WHERE code <> '';
-- Tasks that are running have no list of what they change: they begin again. What they did before stays as it is when it is done once more.
UPDATE tasks SET state = 'QUEUED', cursor = '', done = 0, skipped = 0, problems = '[]' WHERE state = 'RUNNING' AND kind LIKE 'BULK_%';
