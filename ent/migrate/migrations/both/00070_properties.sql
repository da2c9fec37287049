-- +goose Up

-- What an account defines for its contacts, companies, conversations, tickets and deals (CR-11).
CREATE TABLE properties (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    object TEXT NOT NULL,
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL,
    options JSON NOT NULL,
    archived_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX properties_account_object_name ON properties (account_id, object, name);
CREATE UNIQUE INDEX properties_account ON properties (account_id, id);

-- What records have of them. A condition on a value is a seek in the index of texts or in that of numbers; whether a
-- record has any value, and which records have one, in the unique one.
CREATE TABLE property_values (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    property_id TEXT NOT NULL,
    object TEXT NOT NULL,
    record_id TEXT NOT NULL,
    text TEXT NOT NULL DEFAULT '',
    text_key TEXT,
    number_key REAL,
    place INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id, property_id) REFERENCES properties (account_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX property_values_property_record ON property_values (property_id, record_id, place);
CREATE INDEX property_values_property_text ON property_values (property_id, text_key, record_id) WHERE text_key IS NOT NULL;
CREATE INDEX property_values_property_number ON property_values (property_id, number_key, record_id) WHERE number_key IS NOT NULL;
CREATE INDEX property_values_record ON property_values (record_id);
