-- +goose Up
-- Documents: what a link of its own may do, and who opened it (CO-9).
ALTER TABLE library_shares ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE library_shares ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE library_shares ADD COLUMN revoked_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE library_shares ADD COLUMN asks_email BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE library_shares ADD COLUMN pass TEXT NOT NULL DEFAULT '';
ALTER TABLE library_shares ADD COLUMN program_count INTEGER NOT NULL DEFAULT 0;
CREATE INDEX library_shares_contact ON library_shares (contact_id);

CREATE TABLE library_openings (
    id              TEXT NOT NULL PRIMARY KEY,
    account_id      TEXT NOT NULL,
    inbox_id        TEXT NOT NULL,
    share_id        TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    contact_id      TEXT NOT NULL DEFAULT '',
    email           TEXT NOT NULL DEFAULT '',
    again           BOOLEAN NOT NULL,
    seconds         INTEGER NOT NULL DEFAULT 0,
    downloaded_at   INTEGER NOT NULL DEFAULT 0,
    opened_at       INTEGER NOT NULL,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE INDEX library_openings_share ON library_openings (share_id, opened_at, id);
CREATE INDEX library_openings_contact ON library_openings (contact_id, opened_at, id);
CREATE INDEX library_openings_conversation ON library_openings (conversation_id);
CREATE INDEX library_openings_email ON library_openings (account_id, email);
