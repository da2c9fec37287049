-- +goose Up
-- Ids of objects that were removed while a client could still have made them: they are
-- never used again. They are forgotten when their time is too old for a new object.
CREATE TABLE purged_ids (
    id TEXT NOT NULL PRIMARY KEY,
    purged_at INTEGER NOT NULL
);
CREATE INDEX purged_ids_purged_at ON purged_ids (purged_at);
