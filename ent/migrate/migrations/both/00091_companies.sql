-- +goose Up

-- Companies, and the mail domains by which contacts are theirs (CR-6).
CREATE TABLE companies (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    industry TEXT NOT NULL DEFAULT '',
    size INTEGER,
    country TEXT NOT NULL DEFAULT '',
    owner_id TEXT NOT NULL DEFAULT '',
    external_id TEXT,
    updated_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX companies_external_id ON companies (account_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX companies_account_name ON companies (account_id, name, id);
CREATE INDEX companies_account_created_at ON companies (account_id, created_at, id);
CREATE INDEX companies_account_owner ON companies (account_id, owner_id, id);

CREATE TABLE company_domains (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    company_id TEXT NOT NULL,
    domain TEXT NOT NULL,
    place INTEGER NOT NULL,
    FOREIGN KEY (account_id, company_id) REFERENCES companies (account_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX company_domains_account_domain ON company_domains (account_id, domain);
CREATE INDEX company_domains_company ON company_domains (company_id, place);

-- A contact's company, and whether someone set it; the domains of addresses, which lead to it.
ALTER TABLE contacts ADD COLUMN company_id TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN company_by_hand BOOLEAN NOT NULL DEFAULT false;
CREATE INDEX contacts_company_created_at ON contacts (company_id, created_at, id);
ALTER TABLE contact_emails ADD COLUMN domain TEXT NOT NULL DEFAULT '';
UPDATE contact_emails SET domain = substr(address, length(rtrim(address, replace(address, '@', ''))) + 1);
CREATE INDEX contact_emails_domain ON contact_emails (account_id, domain, contact_id);

CREATE INDEX tickets_company_created_at ON tickets (company_id, created_at, id);
CREATE INDEX deals_company_created_at ON deals (company_id, created_at, id);
