-- +goose Up

-- Notes, calls, mails, meetings and tasks that the team logs (CR-8).
CREATE TABLE engagements (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL DEFAULT '',
    conversation_id TEXT NOT NULL DEFAULT '',
    contact_id TEXT NOT NULL DEFAULT '',
    company_id TEXT NOT NULL DEFAULT '',
    deal_id TEXT NOT NULL DEFAULT '',
    ticket_id TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL,
    body JSON NOT NULL,
    author_kind TEXT NOT NULL,
    author_id TEXT NOT NULL,
    owner_id TEXT NOT NULL DEFAULT '',
    at INTEGER NOT NULL,
    assignee_id TEXT NOT NULL DEFAULT '',
    task_progress TEXT NOT NULL DEFAULT '',
    due_order INTEGER NOT NULL DEFAULT 9223372036854775807,
    due_noted INTEGER NOT NULL DEFAULT 0,
    reminder_noted INTEGER NOT NULL DEFAULT 0,
    external_id TEXT,
    revision INTEGER NOT NULL DEFAULT 1,
    edited_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX engagements_external_id ON engagements (account_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX engagements_account_at ON engagements (account_id, at, id);
CREATE INDEX engagements_task_due ON engagements (account_id, task_progress, due_order, id);
CREATE INDEX engagements_assignee_due ON engagements (account_id, assignee_id, task_progress, due_order, id);
CREATE INDEX engagements_conversation_at ON engagements (conversation_id, at, id);
CREATE INDEX engagements_contact_at ON engagements (contact_id, at, id);
CREATE INDEX engagements_company_at ON engagements (company_id, at, id);
CREATE INDEX engagements_deal_at ON engagements (deal_id, at, id);
CREATE INDEX engagements_ticket_at ON engagements (ticket_id, at, id);

-- What they said before they were changed.
CREATE TABLE engagement_revisions (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    engagement_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL DEFAULT '',
    conversation_id TEXT NOT NULL DEFAULT '',
    revision INTEGER NOT NULL,
    body JSON NOT NULL,
    editor_kind TEXT NOT NULL,
    editor_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, engagement_id) REFERENCES engagements (account_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX engagement_revisions_revision ON engagement_revisions (engagement_id, revision);
CREATE INDEX engagement_revisions_conversation ON engagement_revisions (conversation_id);

-- The files of an engagement.
ALTER TABLE attachments ADD COLUMN engagement_id TEXT NOT NULL DEFAULT '';
CREATE INDEX attachments_engagement ON attachments (engagement_id, position);
