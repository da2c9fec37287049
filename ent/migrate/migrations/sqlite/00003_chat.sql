-- +goose Up
ALTER TABLE channels ADD COLUMN style JSON NOT NULL DEFAULT '{"position":"RIGHT"}';
ALTER TABLE channels ADD COLUMN texts JSON NOT NULL DEFAULT '{}';
ALTER TABLE channels ADD COLUMN availability JSON NOT NULL DEFAULT '{"mode":"ALWAYS","replyTime":"NONE","whenAway":"MESSAGE","outOfHours":"MESSAGE"}';

ALTER TABLE targeted_messages ADD COLUMN heading JSON NOT NULL DEFAULT '{"kind":"CUSTOM"}';
ALTER TABLE targeted_messages ADD COLUMN email_capture JSON NOT NULL DEFAULT '{"timing":"AFTER_FIRST_MESSAGE"}';
ALTER TABLE targeted_messages ADD COLUMN display JSON NOT NULL DEFAULT '{"smallScreen":"NORMAL"}';
ALTER TABLE targeted_messages ADD COLUMN consent JSON NOT NULL DEFAULT '{"processing":"NONE"}';
ALTER TABLE targeted_messages ADD COLUMN routing JSON NOT NULL DEFAULT '{}';

ALTER TABLE users ADD COLUMN chat_capacity INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN owner_id TEXT NOT NULL DEFAULT '';

ALTER TABLE conversations ADD COLUMN routing_source TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN awaits_offer BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE conversations ADD COLUMN reassigned_message_number INTEGER NOT NULL DEFAULT 0;
CREATE INDEX conversations_awaits_offer ON conversations (inbox_id, waiting_since, id) WHERE awaits_offer;

CREATE TABLE targeted_message_versions (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    targeted_message_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    content JSON NOT NULL,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
CREATE UNIQUE INDEX targeted_message_versions_message_version ON targeted_message_versions (targeted_message_id, version);

CREATE TABLE targeted_message_counts (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    shown INTEGER NOT NULL DEFAULT 0,
    opened INTEGER NOT NULL DEFAULT 0,
    chats INTEGER NOT NULL DEFAULT 0,
    emails INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);

CREATE TABLE targeted_message_views (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    visitor_id TEXT NOT NULL,
    targeted_message_id TEXT NOT NULL,
    shown_at INTEGER NOT NULL DEFAULT 0,
    opened_at INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
CREATE UNIQUE INDEX targeted_message_views_visitor_message ON targeted_message_views (visitor_id, targeted_message_id);
CREATE INDEX targeted_message_views_inbox ON targeted_message_views (inbox_id);

CREATE UNIQUE INDEX contact_lists_account ON contact_lists (account_id, id);
CREATE TABLE contact_list_members (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    list_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    FOREIGN KEY (account_id, list_id) REFERENCES contact_lists (account_id, id),
    FOREIGN KEY (account_id, contact_id) REFERENCES contacts (account_id, id)
);
CREATE UNIQUE INDEX contact_list_members_list_contact ON contact_list_members (list_id, contact_id);
CREATE INDEX contact_list_members_contact ON contact_list_members (contact_id);

CREATE TABLE subscription_types (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    archived_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX subscription_types_account_name ON subscription_types (account_id, name);

-- Consents outlive what they were given in: their references are none of the database's.
CREATE TABLE consents (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL DEFAULT '',
    visitor_id TEXT NOT NULL DEFAULT '',
    contact_id TEXT NOT NULL DEFAULT '',
    conversation_id TEXT NOT NULL DEFAULT '',
    targeted_message_id TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL,
    basis TEXT NOT NULL,
    subscription_type_id TEXT NOT NULL DEFAULT '',
    text TEXT NOT NULL DEFAULT '',
    text_version TEXT NOT NULL,
    page_url TEXT NOT NULL DEFAULT '',
    given_at INTEGER NOT NULL,
    withdrawn_at INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE INDEX consents_visitor_kind ON consents (visitor_id, kind);
CREATE INDEX consents_contact ON consents (contact_id);
CREATE INDEX consents_conversation ON consents (conversation_id);

CREATE TABLE routing_decisions (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    trigger TEXT NOT NULL,
    source TEXT NOT NULL DEFAULT '',
    rule INTEGER NOT NULL,
    target TEXT NOT NULL,
    assignee_id TEXT NOT NULL DEFAULT '',
    assigned_team_id TEXT NOT NULL DEFAULT '',
    candidates JSON NOT NULL,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE INDEX routing_decisions_conversation ON routing_decisions (conversation_id, id);

CREATE TABLE routing_turns (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    last_user_id TEXT NOT NULL DEFAULT '',
    turn INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX routing_turns_account_scope ON routing_turns (account_id, scope);

CREATE TABLE page_views (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    visitor_id TEXT NOT NULL,
    url TEXT NOT NULL,
    title TEXT NOT NULL DEFAULT '',
    viewed_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
CREATE INDEX page_views_visitor ON page_views (visitor_id, viewed_at, id);
CREATE INDEX page_views_inbox ON page_views (inbox_id);

CREATE TABLE visitor_rates (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    key TEXT NOT NULL,
    window_start INTEGER NOT NULL,
    count INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX visitor_rates_account_key ON visitor_rates (account_id, key);
CREATE INDEX visitor_rates_window ON visitor_rates (window_start);
