-- +goose Up
-- Contacts that became part of others, by their old ids, and what was theirs, so that a merge
-- can be undone for some time.
CREATE TABLE contact_merges (
    id          TEXT NOT NULL PRIMARY KEY,
    account_id  TEXT NOT NULL,
    from_id     TEXT NOT NULL,
    into_id     TEXT NOT NULL,
    external_id TEXT NOT NULL DEFAULT '',
    snapshot    TEXT NOT NULL DEFAULT '',
    filled      TEXT NOT NULL DEFAULT '',
    merged_at   INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX contact_merges_from ON contact_merges (from_id);
CREATE INDEX contact_merges_into ON contact_merges (into_id, id);
CREATE INDEX contact_merges_external ON contact_merges (account_id, external_id);
CREATE INDEX contact_merges_merged_at ON contact_merges (merged_at);

CREATE TABLE contact_moves (
    id         TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    merge_id   TEXT NOT NULL,
    kind       TEXT NOT NULL,
    row_id     TEXT NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX contact_moves_merge ON contact_moves (merge_id, kind, row_id);
