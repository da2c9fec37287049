-- +goose Up
-- What teams keep to insert into replies, its files, and the links by which it was sent (CO-1).
CREATE TABLE library_items (
    id           TEXT NOT NULL PRIMARY KEY,
    account_id   TEXT NOT NULL,
    kind         TEXT NOT NULL,
    name         TEXT NOT NULL,
    name_key     TEXT NOT NULL,
    folder       TEXT NOT NULL DEFAULT '',
    shortcut     TEXT NOT NULL DEFAULT '',
    owner_id     TEXT NOT NULL DEFAULT '',
    usable_by    TEXT NOT NULL,
    editable_by  TEXT NOT NULL,
    team_id      TEXT NOT NULL DEFAULT '',
    shown_to     TEXT NOT NULL,
    content      JSON NOT NULL,
    usage_count  INTEGER NOT NULL DEFAULT 0,
    last_used_at INTEGER NOT NULL DEFAULT 0,
    revision     INTEGER NOT NULL DEFAULT 1,
    archived_at  INTEGER NOT NULL DEFAULT 0,
    updated_at   INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX library_items_account ON library_items (account_id, id);
CREATE INDEX library_items_name ON library_items (account_id, shown_to, name_key, id);
CREATE INDEX library_items_kind ON library_items (account_id, shown_to, kind, name_key, id);
CREATE INDEX library_items_folder ON library_items (account_id, shown_to, folder, name_key, id);
CREATE INDEX library_items_shortcut ON library_items (account_id, shortcut);

CREATE TABLE library_files (
    id           TEXT NOT NULL PRIMARY KEY,
    account_id   TEXT NOT NULL,
    item_id      TEXT NOT NULL,
    position     INTEGER NOT NULL,
    file_name    TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size         INTEGER NOT NULL,
    hash         TEXT NOT NULL,
    blob_key     TEXT NOT NULL,
    scan         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    FOREIGN KEY (account_id, item_id) REFERENCES library_items (account_id, id)
);
CREATE INDEX library_files_item ON library_files (item_id, position);
CREATE INDEX library_files_blob ON library_files (blob_key);

CREATE TABLE library_shares (
    id              TEXT NOT NULL PRIMARY KEY,
    account_id      TEXT NOT NULL,
    inbox_id        TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    contact_id      TEXT NOT NULL DEFAULT '',
    item_id         TEXT NOT NULL,
    message_id      TEXT NOT NULL,
    sender_id       TEXT NOT NULL,
    token           TEXT NOT NULL,
    url             TEXT NOT NULL,
    open_count      INTEGER NOT NULL DEFAULT 0,
    opened_at       INTEGER NOT NULL DEFAULT 0,
    last_opened_at  INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE UNIQUE INDEX library_shares_token ON library_shares (token);
CREATE INDEX library_shares_item ON library_shares (item_id, created_at, id);
CREATE INDEX library_shares_conversation ON library_shares (conversation_id);

ALTER TABLE messages ADD COLUMN cards JSON;
