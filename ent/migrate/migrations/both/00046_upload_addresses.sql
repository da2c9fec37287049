-- +goose Up
-- Where the uploads came from that wait to be sent, as a keyed digest: what waits is bounded per network address too (CH-7).
CREATE TABLE upload_addresses (
    attachment_id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    digest BLOB NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
CREATE INDEX upload_addresses_digest ON upload_addresses (account_id, digest);
