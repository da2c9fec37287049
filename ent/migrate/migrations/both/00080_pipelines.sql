-- +goose Up

-- Pipelines of tickets and deals, and their stages (CR-7, CR-9). A name without case is
-- unique; an archived one has its id there.
CREATE TABLE pipelines (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    object TEXT NOT NULL,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    position INTEGER NOT NULL,
    close_together BOOLEAN NOT NULL DEFAULT false,
    archived_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX pipelines_folded ON pipelines (account_id, object, folded);
CREATE INDEX pipelines_position ON pipelines (account_id, object, position, id);

CREATE TABLE pipeline_stages (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    pipeline_id TEXT NOT NULL,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    probability INTEGER,
    archived_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id) REFERENCES accounts (id),
    FOREIGN KEY (account_id, pipeline_id) REFERENCES pipelines (account_id, id)
);
CREATE UNIQUE INDEX pipeline_stages_folded ON pipeline_stages (pipeline_id, folded);
CREATE INDEX pipeline_stages_position ON pipeline_stages (pipeline_id, position, id);

-- The last number of each account's tickets; its id is the account's.
CREATE TABLE record_counters (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    tickets INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);

ALTER TABLE tickets ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN pipeline_id TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN stage_id TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN stage_kind TEXT NOT NULL DEFAULT 'OPEN';
ALTER TABLE tickets ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN owner_id TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN owner_follows BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE tickets ADD COLUMN team_id TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN company_id TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN due_order INTEGER NOT NULL DEFAULT 9223372036854775807;
ALTER TABLE tickets ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE tickets ADD COLUMN last_activity_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN closed_at INTEGER NOT NULL DEFAULT 0;

CREATE TABLE deals (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    amount INTEGER,
    currency TEXT NOT NULL DEFAULT '',
    type TEXT NOT NULL DEFAULT '',
    lost_reason TEXT NOT NULL DEFAULT '',
    closes_at INTEGER NOT NULL DEFAULT 0,
    closes_order INTEGER NOT NULL DEFAULT 9223372036854775807,
    pipeline_id TEXT NOT NULL,
    stage_id TEXT NOT NULL,
    stage_kind TEXT NOT NULL,
    owner_id TEXT NOT NULL DEFAULT '',
    properties JSON NOT NULL DEFAULT '[]',
    contact_id TEXT NOT NULL DEFAULT '',
    company_id TEXT NOT NULL DEFAULT '',
    external_id TEXT,
    conversation_id TEXT,
    revision INTEGER NOT NULL DEFAULT 1,
    last_activity_at INTEGER NOT NULL DEFAULT 0,
    closed_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id),
    FOREIGN KEY (account_id, stage_id) REFERENCES pipeline_stages (account_id, id)
);
CREATE UNIQUE INDEX deals_external_id ON deals (account_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX deals_conversation_created_at ON deals (conversation_id, created_at, id);
CREATE INDEX deals_contact_created_at ON deals (contact_id, created_at, id);
CREATE INDEX deals_kind_activity ON deals (account_id, stage_kind, last_activity_at, id);
CREATE INDEX deals_kind_created ON deals (account_id, stage_kind, created_at, id);
CREATE INDEX deals_kind_closes ON deals (account_id, stage_kind, closes_order, id);
CREATE INDEX deals_stage_activity ON deals (stage_id, last_activity_at, id);
CREATE INDEX deals_stage_created ON deals (stage_id, created_at, id);
CREATE INDEX deals_stage_closes ON deals (stage_id, closes_order, id);
CREATE INDEX deals_owner_activity ON deals (account_id, owner_id, stage_kind, last_activity_at, id);
CREATE INDEX deals_owner_created ON deals (account_id, owner_id, stage_kind, created_at, id);
CREATE INDEX deals_owner_closes ON deals (account_id, owner_id, stage_kind, closes_order, id);
