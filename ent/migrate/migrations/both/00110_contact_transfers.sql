-- +goose Up
-- Imports of contacts, with the rows of their files and what became of each; exports that can be fetched.
CREATE TABLE contact_imports (
    id         TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    file_name  TEXT NOT NULL,
    dry_run    BOOLEAN NOT NULL DEFAULT false,
    columns    JSON NOT NULL,
    list_id    TEXT NOT NULL DEFAULT '',
    created    INTEGER NOT NULL DEFAULT 0,
    updated    INTEGER NOT NULL DEFAULT 0,
    unchanged  INTEGER NOT NULL DEFAULT 0,
    refused    INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
);
CREATE TABLE contact_import_rows (
    account_id  TEXT NOT NULL,
    task_id     TEXT NOT NULL,
    number      INTEGER NOT NULL,
    cells       TEXT NOT NULL,
    outcome     TEXT NOT NULL DEFAULT '',
    contact_id  TEXT NOT NULL DEFAULT '',
    column_name TEXT NOT NULL DEFAULT '',
    code        TEXT NOT NULL DEFAULT '',
    message     TEXT NOT NULL DEFAULT '',
    kept_at     INTEGER NOT NULL,
    PRIMARY KEY (task_id, number)
);
CREATE INDEX contact_import_rows_outcome ON contact_import_rows (task_id, outcome, number);
CREATE INDEX contact_import_rows_kept ON contact_import_rows (kept_at);
CREATE TABLE contact_exports (
    id         TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    filter     JSON NOT NULL,
    format     TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id   TEXT NOT NULL,
    token_id   TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL
);
CREATE INDEX contact_exports_created ON contact_exports (created_at);
