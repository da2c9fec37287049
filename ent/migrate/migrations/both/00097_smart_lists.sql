-- +goose Up
-- Lists whose contacts are those who meet criteria, and when time alone may move a contact
-- onto one or off it.
ALTER TABLE contact_lists ADD COLUMN criteria TEXT NOT NULL DEFAULT '';
ALTER TABLE contact_lists ADD COLUMN criteria_revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contact_lists ADD COLUMN filling BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE contact_lists ADD COLUMN filled_to TEXT NOT NULL DEFAULT '';
ALTER TABLE contact_lists ADD COLUMN filled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contact_lists ADD COLUMN fill_total INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contact_lists ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
UPDATE contact_lists SET size = (SELECT COUNT(*) FROM contact_list_members m WHERE m.list_id = contact_lists.id);

CREATE TABLE contact_list_timers (
    id         TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    list_id    TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    due_at     INTEGER NOT NULL,
    FOREIGN KEY (account_id, list_id) REFERENCES contact_lists (account_id, id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, contact_id) REFERENCES contacts (account_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX contact_list_timers_list_contact ON contact_list_timers (list_id, contact_id);
CREATE INDEX contact_list_timers_contact ON contact_list_timers (contact_id);
CREATE INDEX contact_list_timers_due ON contact_list_timers (due_at, id);
