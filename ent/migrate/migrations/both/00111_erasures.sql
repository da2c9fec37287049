-- +goose Up
-- Certificates of contacts that were erased, and what finds the conversations in which an address takes part.
CREATE TABLE erasures (
    id             TEXT NOT NULL PRIMARY KEY,
    account_id     TEXT NOT NULL,
    contact_id     TEXT NOT NULL,
    counts         JSON NOT NULL,
    actor_kind     TEXT NOT NULL,
    actor_id       TEXT NOT NULL,
    rows_erased_at INTEGER NOT NULL DEFAULT 0,
    created_at     INTEGER NOT NULL
);
CREATE INDEX erasures_contact ON erasures (contact_id);
CREATE INDEX erasures_account ON erasures (account_id, id);
CREATE INDEX participants_address ON participants (address, account_id);
