-- +goose Up
-- Seals of the event log and the audit log (OP-6). How far each log is sealed; whoever seals, or takes the salt of a row away, locks the row.
CREATE TABLE seal_heads (
    account_id TEXT NOT NULL,
    log        TEXT NOT NULL,
    block      INTEGER NOT NULL DEFAULT 0,
    through    INTEGER NOT NULL DEFAULT 0,
    log_floor  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, log),
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
-- The seals. bound_count are the rows of conversations, which retention leaves. digests has 32 bytes for each number of the block, zeros where there was no row; it goes when retention has deleted all of the rows.
CREATE TABLE seals (
    account_id TEXT NOT NULL,
    log        TEXT NOT NULL,
    block      INTEGER NOT NULL,
    first      INTEGER NOT NULL,
    last       INTEGER NOT NULL,
    row_count  INTEGER NOT NULL,
    bound_count INTEGER NOT NULL,
    log_floor  INTEGER NOT NULL,
    sealed_at  INTEGER NOT NULL,
    key_id     TEXT NOT NULL,
    digests    BLOB NOT NULL,
    root       BLOB NOT NULL,
    seal       BLOB NOT NULL,
    PRIMARY KEY (account_id, log, block),
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE INDEX seals_last ON seals (account_id, log, last);
-- What the digest of a row was made of: without its salt the row is a tombstone.
CREATE TABLE seal_digests (
    account_id TEXT NOT NULL,
    log        TEXT NOT NULL,
    number     INTEGER NOT NULL,
    salt       BLOB,
    inner_hash BLOB NOT NULL,
    PRIMARY KEY (account_id, log, number),
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
