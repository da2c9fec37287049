-- +goose Up
-- Logos of quotes, and the one that new quotes take, which is no quote's (CO-7).
CREATE TABLE quote_logos (
    id           TEXT NOT NULL PRIMARY KEY,
    account_id   TEXT NOT NULL,
    quote_id     TEXT,
    file_id      TEXT NOT NULL,
    file_name    TEXT NOT NULL,
    content_type TEXT NOT NULL,
    width        INTEGER NOT NULL,
    height       INTEGER NOT NULL,
    hash         TEXT NOT NULL,
    blob_key     TEXT NOT NULL,
    scan         TEXT NOT NULL,
    published    BOOLEAN NOT NULL DEFAULT FALSE,
    created_at   INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id),
    FOREIGN KEY (account_id, quote_id) REFERENCES quotes (account_id, id)
);
CREATE UNIQUE INDEX quote_logos_account ON quote_logos (account_id, id);
CREATE UNIQUE INDEX quote_logos_quote ON quote_logos (quote_id, file_id);
CREATE UNIQUE INDEX quote_logos_default ON quote_logos (account_id) WHERE quote_id IS NULL;
CREATE INDEX quote_logos_file ON quote_logos (file_id);
CREATE INDEX quote_logos_blob ON quote_logos (blob_key);
