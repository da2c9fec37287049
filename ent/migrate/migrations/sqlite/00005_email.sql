-- +goose Up
ALTER TABLE inboxes ADD COLUMN email_allow_list JSON NOT NULL DEFAULT '[]';
ALTER TABLE contacts ADD COLUMN written_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN to_address TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN possibly_related_id TEXT NOT NULL DEFAULT '';

-- Who holds a piece of work that one node at a time does, by the database's clock.
-- The fence rises with every new holder, whose writes check it.
CREATE TABLE leases (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    fence INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);

CREATE TABLE email_channels (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    address TEXT NOT NULL,
    aliases JSON NOT NULL,
    sender_name TEXT NOT NULL DEFAULT '',
    provider TEXT NOT NULL,
    state TEXT NOT NULL,
    state_reason TEXT NOT NULL DEFAULT '',
    state_detail TEXT NOT NULL DEFAULT '',
    state_since INTEGER NOT NULL DEFAULT 0,
    imap JSON NOT NULL DEFAULT '{}',
    smtp JSON NOT NULL DEFAULT '{}',
    authentication TEXT NOT NULL DEFAULT '',
    credentials TEXT NOT NULL DEFAULT '',
    routing JSON NOT NULL DEFAULT '{}',
    ticket_preset JSON,
    signature TEXT NOT NULL DEFAULT '',
    undo_seconds INTEGER NOT NULL DEFAULT 0,
    dkim_selector TEXT NOT NULL DEFAULT '',
    dkim_key TEXT NOT NULL DEFAULT '',
    uid_validity INTEGER NOT NULL DEFAULT 0,
    last_uid INTEGER NOT NULL DEFAULT 0,
    import_since INTEGER NOT NULL DEFAULT 0,
    last_sync_at INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER NOT NULL DEFAULT 0,
    terms_accepted_by TEXT NOT NULL DEFAULT '',
    terms_accepted_at INTEGER NOT NULL DEFAULT 0,
    connected_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, id) REFERENCES channels (account_id, id)
);
-- E-mail channels of demo data, which were none that anybody could connect.
INSERT INTO email_channels (id, account_id, inbox_id, address, aliases, provider, state, created_at)
    SELECT id, account_id, inbox_id, key || '@localhost', '[]', 'FORWARDING', 'DISCONNECTED', created_at FROM channels WHERE kind = 'EMAIL';
CREATE INDEX email_channels_inbox ON email_channels (inbox_id);
CREATE INDEX email_channels_state ON email_channels (state, next_attempt_at);

CREATE TABLE channel_addresses (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    address TEXT NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, channel_id) REFERENCES channels (account_id, id)
);
CREATE UNIQUE INDEX channel_addresses_account_address ON channel_addresses (account_id, address);
CREATE INDEX channel_addresses_channel ON channel_addresses (channel_id);
CREATE INDEX channel_addresses_address ON channel_addresses (address);

CREATE TABLE personal_mailboxes (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    address TEXT NOT NULL,
    provider TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);
CREATE UNIQUE INDEX personal_mailboxes_account_address ON personal_mailboxes (account_id, address);
CREATE INDEX personal_mailboxes_user ON personal_mailboxes (user_id);

CREATE TABLE email_connections (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    state_hash BLOB NOT NULL,
    user_id TEXT NOT NULL,
    token_id TEXT NOT NULL DEFAULT '',
    channel_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    secrets TEXT NOT NULL,
    settings JSON NOT NULL,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
CREATE UNIQUE INDEX email_connections_state_hash ON email_connections (state_hash);
CREATE INDEX email_connections_expires ON email_connections (expires_at);

CREATE TABLE inbound_mails (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    place TEXT NOT NULL,
    blob_key TEXT NOT NULL,
    size INTEGER NOT NULL,
    hash TEXT NOT NULL,
    envelope_from TEXT NOT NULL DEFAULT '',
    envelope_to JSON NOT NULL,
    arrived_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    identity TEXT,
    internet_id TEXT NOT NULL DEFAULT '',
    conversation_id TEXT NOT NULL DEFAULT '',
    message_id TEXT NOT NULL DEFAULT '',
    verdict JSON NOT NULL DEFAULT '{}',
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
CREATE UNIQUE INDEX inbound_mails_channel_place ON inbound_mails (channel_id, place);
CREATE UNIQUE INDEX inbound_mails_inbox_identity ON inbound_mails (inbox_id, identity);
CREATE INDEX inbound_mails_stored ON inbound_mails (created_at, id) WHERE state = 'STORED';
CREATE INDEX inbound_mails_waiting ON inbound_mails (channel_id, id) WHERE state = 'STORED';
CREATE INDEX inbound_mails_blob ON inbound_mails (blob_key);
CREATE INDEX inbound_mails_conversation ON inbound_mails (conversation_id);

CREATE TABLE emails (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    inbound_mail_id TEXT NOT NULL DEFAULT '',
    internet_id TEXT NOT NULL DEFAULT '',
    in_reply_to TEXT NOT NULL DEFAULT '',
    "references" JSON NOT NULL,
    "from" JSON NOT NULL DEFAULT '{}',
    reply_to JSON NOT NULL DEFAULT '[]',
    "to" JSON NOT NULL DEFAULT '[]',
    cc JSON NOT NULL DEFAULT '[]',
    bcc JSON NOT NULL DEFAULT '[]',
    subject TEXT NOT NULL DEFAULT '',
    quoted_html TEXT NOT NULL DEFAULT '',
    automatic BOOLEAN NOT NULL DEFAULT false,
    verdict JSON NOT NULL DEFAULT '{}',
    send_at INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL DEFAULT 0,
    sent_at INTEGER NOT NULL DEFAULT 0,
    recipients JSON NOT NULL DEFAULT '[]',
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE INDEX emails_conversation ON emails (conversation_id);

CREATE TABLE email_references (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    internet_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE UNIQUE INDEX email_references_inbox_internet_id ON email_references (inbox_id, internet_id);
CREATE INDEX email_references_conversation ON email_references (conversation_id);

CREATE TABLE participants (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    address TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE UNIQUE INDEX participants_conversation_address ON participants (conversation_id, address);

CREATE TABLE attachments (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL DEFAULT '',
    message_id TEXT NOT NULL DEFAULT '',
    position INTEGER NOT NULL DEFAULT 0,
    uploader_kind TEXT NOT NULL,
    uploader_id TEXT NOT NULL,
    file_name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    hash TEXT NOT NULL,
    blob_key TEXT NOT NULL,
    inline BOOLEAN NOT NULL DEFAULT false,
    content_id TEXT NOT NULL DEFAULT '',
    scan TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
CREATE INDEX attachments_message ON attachments (message_id, position);
CREATE INDEX attachments_conversation ON attachments (conversation_id);
CREATE INDEX attachments_blob ON attachments (blob_key);
CREATE INDEX attachments_orphans ON attachments (created_at) WHERE message_id = '';

CREATE TABLE forgotten_blobs (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    blob_key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);

CREATE TABLE tickets (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    subject TEXT NOT NULL DEFAULT '',
    pipeline TEXT NOT NULL,
    stage TEXT NOT NULL,
    priority TEXT NOT NULL,
    properties JSON NOT NULL DEFAULT '[]',
    contact_id TEXT NOT NULL DEFAULT '',
    conversation_id TEXT,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX tickets_conversation ON tickets (conversation_id);
CREATE INDEX tickets_contact ON tickets (contact_id);
CREATE INDEX tickets_account ON tickets (account_id, created_at, id);
