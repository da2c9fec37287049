-- +goose Up
-- The audit log (AC-17): who did what that an account answers for. It has numbers of its own, without gaps.
ALTER TABLE account_sequences ADD COLUMN audit_number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account_sequences ADD COLUMN audit_floor INTEGER NOT NULL DEFAULT 0;
-- Up to where the audit log says that the event log was trimmed; it follows log_floor once a day.
ALTER TABLE account_sequences ADD COLUMN log_trimmed INTEGER NOT NULL DEFAULT 0;
UPDATE account_sequences SET log_trimmed = log_floor;
CREATE TABLE audit_entries (
    id             TEXT NOT NULL PRIMARY KEY,
    account_id     TEXT NOT NULL,
    number         INTEGER NOT NULL,
    action         TEXT NOT NULL,
    at             INTEGER NOT NULL,
    actor_kind     TEXT NOT NULL,
    actor_id       TEXT NOT NULL DEFAULT '',
    work           TEXT NOT NULL DEFAULT '',
    credential_id  TEXT NOT NULL DEFAULT '',
    inbox_id       TEXT NOT NULL DEFAULT '',
    subject_id     TEXT NOT NULL DEFAULT '',
    detail         TEXT NOT NULL DEFAULT '',
    event_sequence INTEGER NOT NULL DEFAULT 0,
    changes        JSON NOT NULL DEFAULT '[]',
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX audit_entries_number ON audit_entries (account_id, number);
CREATE INDEX audit_entries_at ON audit_entries (account_id, at, id);
CREATE INDEX audit_entries_action ON audit_entries (account_id, action, at, id);
CREATE INDEX audit_entries_actor ON audit_entries (account_id, actor_id, at, id);
CREATE INDEX audit_entries_subject ON audit_entries (account_id, subject_id, at, id);

-- What is recorded at most once an hour, however often it happens.
CREATE TABLE audit_marks (
    account_id TEXT NOT NULL,
    name       TEXT NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (account_id, name),
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE INDEX audit_marks_at ON audit_marks (at);
