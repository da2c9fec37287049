-- +goose Up
-- The contacts of tickets and deals besides their main ones (CR-7, CR-9).
CREATE TABLE record_contacts (
    id         TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    record_id  TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    at         INTEGER NOT NULL
);
CREATE UNIQUE INDEX record_contacts_record ON record_contacts (record_id, contact_id);
CREATE INDEX record_contacts_contact ON record_contacts (contact_id, record_id);
