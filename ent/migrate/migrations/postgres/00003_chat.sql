-- +goose Up
ALTER TABLE channels ADD COLUMN style jsonb NOT NULL DEFAULT '{"position":"RIGHT"}';
ALTER TABLE channels ADD COLUMN texts jsonb NOT NULL DEFAULT '{}';
ALTER TABLE channels ADD COLUMN availability jsonb NOT NULL DEFAULT '{"mode":"ALWAYS","replyTime":"NONE","whenAway":"MESSAGE","outOfHours":"MESSAGE"}';

ALTER TABLE targeted_messages ADD COLUMN heading jsonb NOT NULL DEFAULT '{"kind":"CUSTOM"}';
ALTER TABLE targeted_messages ADD COLUMN email_capture jsonb NOT NULL DEFAULT '{"timing":"AFTER_FIRST_MESSAGE"}';
ALTER TABLE targeted_messages ADD COLUMN display jsonb NOT NULL DEFAULT '{"smallScreen":"NORMAL"}';
ALTER TABLE targeted_messages ADD COLUMN consent jsonb NOT NULL DEFAULT '{"processing":"NONE"}';
ALTER TABLE targeted_messages ADD COLUMN routing jsonb NOT NULL DEFAULT '{}';

ALTER TABLE users ADD COLUMN chat_capacity bigint NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN owner_id text COLLATE "C" NOT NULL DEFAULT '';

ALTER TABLE conversations ADD COLUMN routing_source text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN awaits_offer boolean NOT NULL DEFAULT false;
ALTER TABLE conversations ADD COLUMN reassigned_message_number bigint NOT NULL DEFAULT 0;
CREATE INDEX conversations_awaits_offer ON conversations (inbox_id, waiting_since, id) WHERE awaits_offer;

CREATE TABLE targeted_message_versions (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    targeted_message_id text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    content jsonb NOT NULL,
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
CREATE UNIQUE INDEX targeted_message_versions_message_version ON targeted_message_versions (targeted_message_id, version);

CREATE TABLE targeted_message_counts (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    shown bigint NOT NULL DEFAULT 0,
    opened bigint NOT NULL DEFAULT 0,
    chats bigint NOT NULL DEFAULT 0,
    emails bigint NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);

CREATE TABLE targeted_message_views (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    visitor_id text COLLATE "C" NOT NULL,
    targeted_message_id text COLLATE "C" NOT NULL,
    shown_at bigint NOT NULL DEFAULT 0,
    opened_at bigint NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
CREATE UNIQUE INDEX targeted_message_views_visitor_message ON targeted_message_views (visitor_id, targeted_message_id);
CREATE INDEX targeted_message_views_inbox ON targeted_message_views (inbox_id);

CREATE UNIQUE INDEX contact_lists_account ON contact_lists (account_id, id);
CREATE TABLE contact_list_members (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    list_id text COLLATE "C" NOT NULL,
    contact_id text COLLATE "C" NOT NULL,
    FOREIGN KEY (account_id, list_id) REFERENCES contact_lists (account_id, id),
    FOREIGN KEY (account_id, contact_id) REFERENCES contacts (account_id, id)
);
CREATE UNIQUE INDEX contact_list_members_list_contact ON contact_list_members (list_id, contact_id);
CREATE INDEX contact_list_members_contact ON contact_list_members (contact_id);

CREATE TABLE subscription_types (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    description text COLLATE "C" NOT NULL DEFAULT '',
    archived_at bigint NOT NULL DEFAULT 0,
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX subscription_types_account_name ON subscription_types (account_id, name);

-- Consents outlive what they were given in: their references are none of the database's.
CREATE TABLE consents (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL DEFAULT '',
    visitor_id text COLLATE "C" NOT NULL DEFAULT '',
    contact_id text COLLATE "C" NOT NULL DEFAULT '',
    conversation_id text COLLATE "C" NOT NULL DEFAULT '',
    targeted_message_id text COLLATE "C" NOT NULL DEFAULT '',
    kind text COLLATE "C" NOT NULL,
    basis text COLLATE "C" NOT NULL,
    subscription_type_id text COLLATE "C" NOT NULL DEFAULT '',
    text text COLLATE "C" NOT NULL DEFAULT '',
    text_version text COLLATE "C" NOT NULL,
    page_url text COLLATE "C" NOT NULL DEFAULT '',
    given_at bigint NOT NULL,
    withdrawn_at bigint NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE INDEX consents_visitor_kind ON consents (visitor_id, kind);
CREATE INDEX consents_contact ON consents (contact_id);
CREATE INDEX consents_conversation ON consents (conversation_id);

CREATE TABLE routing_decisions (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    decided_at bigint NOT NULL,
    trigger text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL DEFAULT '',
    rule bigint NOT NULL,
    target text COLLATE "C" NOT NULL,
    assignee_id text COLLATE "C" NOT NULL DEFAULT '',
    assigned_team_id text COLLATE "C" NOT NULL DEFAULT '',
    candidates jsonb NOT NULL,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE INDEX routing_decisions_conversation ON routing_decisions (conversation_id, id);

CREATE TABLE routing_turns (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    scope text COLLATE "C" NOT NULL,
    last_user_id text COLLATE "C" NOT NULL DEFAULT '',
    turn bigint NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX routing_turns_account_scope ON routing_turns (account_id, scope);

CREATE TABLE page_views (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    visitor_id text COLLATE "C" NOT NULL,
    url text COLLATE "C" NOT NULL,
    title text COLLATE "C" NOT NULL DEFAULT '',
    viewed_at bigint NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
CREATE INDEX page_views_visitor ON page_views (visitor_id, viewed_at, id);
CREATE INDEX page_views_inbox ON page_views (inbox_id);

CREATE TABLE visitor_rates (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    window_start bigint NOT NULL,
    count bigint NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX visitor_rates_account_key ON visitor_rates (account_id, key);
CREATE INDEX visitor_rates_window ON visitor_rates (window_start);
