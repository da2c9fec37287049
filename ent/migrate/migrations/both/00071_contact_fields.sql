-- +goose Up

-- What is known of a contact beside name and addresses (CR-10).
ALTER TABLE contacts ADD COLUMN first_name TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN last_name TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN job_title TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN time_zone TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN country TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN city TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN lifecycle_stage TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN first_seen_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN contacted_at INTEGER NOT NULL DEFAULT 0;
UPDATE contacts SET first_seen_at = CASE WHEN last_seen_at > 0 THEN created_at ELSE 0 END, contacted_at = written_at;
CREATE INDEX contacts_account_contacted_at ON contacts (account_id, contacted_at, id);
CREATE INDEX contacts_account_owner ON contacts (account_id, owner_id, id);
CREATE INDEX contacts_account_lifecycle ON contacts (account_id, lifecycle_stage, id);

ALTER TABLE contact_emails ADD COLUMN label TEXT NOT NULL DEFAULT '';
ALTER TABLE contact_emails ADD COLUMN verified BOOLEAN NOT NULL DEFAULT false;

-- Phone numbers as typed, and by what they are found.
CREATE TABLE contact_phones (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    number TEXT NOT NULL,
    e164 TEXT NOT NULL DEFAULT '',
    digits TEXT NOT NULL,
    label TEXT NOT NULL DEFAULT '',
    place INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id, contact_id) REFERENCES contacts (account_id, id) ON DELETE CASCADE
);
CREATE INDEX contact_phones_contact ON contact_phones (contact_id);
CREATE INDEX contact_phones_account_digits ON contact_phones (account_id, digits, contact_id);
INSERT INTO contact_phones (id, account_id, contact_id, number, digits)
SELECT 'phone_' || substr(id, 9), account_id, id, phone,
    replace(replace(replace(replace(replace(replace(replace(phone, ' ', ''), '-', ''), '(', ''), ')', ''), '.', ''), '/', ''), '+', '')
FROM contacts WHERE phone <> '';

ALTER TABLE accounts ADD COLUMN phone_region TEXT NOT NULL DEFAULT '';
