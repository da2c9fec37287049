-- +goose Up
-- Quotes, their versions as they were published, and who read them (CO-7).
ALTER TABLE record_counters ADD COLUMN quotes INTEGER NOT NULL DEFAULT 0;

CREATE TABLE quotes (
    id                TEXT NOT NULL PRIMARY KEY,
    account_id        TEXT NOT NULL,
    number            INTEGER NOT NULL,
    content           JSON NOT NULL,
    state             TEXT NOT NULL,
    version           INTEGER NOT NULL DEFAULT 0,
    changed           BOOLEAN NOT NULL DEFAULT TRUE,
    valid_until       INTEGER NOT NULL DEFAULT 0,
    token             TEXT,
    accepted_stage_id TEXT NOT NULL DEFAULT '',
    owner_id          TEXT NOT NULL DEFAULT '',
    contact_id        TEXT NOT NULL DEFAULT '',
    company_id        TEXT NOT NULL DEFAULT '',
    deal_id           TEXT NOT NULL DEFAULT '',
    external_id       TEXT,
    conversation_id   TEXT,
    revision          INTEGER NOT NULL DEFAULT 1,
    view_count        INTEGER NOT NULL DEFAULT 0,
    program_count     INTEGER NOT NULL DEFAULT 0,
    viewed_at         INTEGER NOT NULL DEFAULT 0,
    last_viewed_at    INTEGER NOT NULL DEFAULT 0,
    published_at      INTEGER NOT NULL DEFAULT 0,
    last_activity_at  INTEGER NOT NULL DEFAULT 0,
    created_at        INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX quotes_account ON quotes (account_id, id);
CREATE UNIQUE INDEX quotes_number ON quotes (account_id, number);
CREATE UNIQUE INDEX quotes_token ON quotes (token);
CREATE UNIQUE INDEX quotes_external_id ON quotes (account_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX quotes_valid_until ON quotes (state, valid_until, id);
CREATE INDEX quotes_conversation_created ON quotes (account_id, conversation_id, created_at, id);
CREATE INDEX quotes_contact_created ON quotes (account_id, contact_id, created_at, id);
CREATE INDEX quotes_company_created ON quotes (account_id, company_id, created_at, id);
CREATE INDEX quotes_deal_created ON quotes (account_id, deal_id, created_at, id);
CREATE INDEX quotes_state_activity ON quotes (account_id, state, last_activity_at, id);
CREATE INDEX quotes_state_created ON quotes (account_id, state, created_at, id);
CREATE INDEX quotes_owner_activity ON quotes (account_id, owner_id, state, last_activity_at, id);
CREATE INDEX quotes_owner_created ON quotes (account_id, owner_id, state, created_at, id);

CREATE TABLE quote_versions (
    id             TEXT NOT NULL PRIMARY KEY,
    account_id     TEXT NOT NULL,
    quote_id       TEXT NOT NULL,
    number         INTEGER NOT NULL,
    content        JSON NOT NULL,
    sums           JSON NOT NULL,
    accepted_at    INTEGER NOT NULL DEFAULT 0,
    accepted_name  TEXT NOT NULL DEFAULT '',
    accepted_text  TEXT NOT NULL DEFAULT '',
    declined_at    INTEGER NOT NULL DEFAULT 0,
    decline_reason TEXT NOT NULL DEFAULT '',
    published_at   INTEGER NOT NULL,
    FOREIGN KEY (account_id, quote_id) REFERENCES quotes (account_id, id)
);
CREATE UNIQUE INDEX quote_versions_quote ON quote_versions (quote_id, number);

CREATE TABLE quote_views (
    id            TEXT NOT NULL PRIMARY KEY,
    account_id    TEXT NOT NULL,
    quote_id      TEXT NOT NULL,
    contact_id    TEXT NOT NULL DEFAULT '',
    version       INTEGER NOT NULL,
    again         BOOLEAN NOT NULL,
    seconds       INTEGER NOT NULL DEFAULT 0,
    downloaded_at INTEGER NOT NULL DEFAULT 0,
    viewed_at     INTEGER NOT NULL,
    FOREIGN KEY (account_id, quote_id) REFERENCES quotes (account_id, id)
);
CREATE INDEX quote_views_quote ON quote_views (quote_id, viewed_at, id);
CREATE INDEX quote_views_contact ON quote_views (contact_id);
