-- +goose Up
-- Mails that may be the same one are compared by what they say; repeats show on their message.
ALTER TABLE inbound_mails ADD COLUMN likeness TEXT NOT NULL DEFAULT '';
ALTER TABLE inbound_mails ADD COLUMN content TEXT NOT NULL DEFAULT '';
UPDATE inbound_mails SET likeness = identity WHERE identity IS NOT NULL;
CREATE INDEX inbound_mails_likeness ON inbound_mails (inbox_id, likeness);
CREATE INDEX inbound_mails_message ON inbound_mails (message_id, id);
-- The thread that a mail belongs to elsewhere, and whose own mailbox it came from.
ALTER TABLE emails ADD COLUMN root TEXT NOT NULL DEFAULT '';
ALTER TABLE emails ADD COLUMN user_id TEXT NOT NULL DEFAULT '';
ALTER TABLE emails ADD COLUMN typed BOOLEAN NOT NULL DEFAULT false;
CREATE INDEX emails_inbox_root ON emails (inbox_id, root);
ALTER TABLE participants ADD COLUMN joined BOOLEAN NOT NULL DEFAULT false;
-- What a provider asks when mail is forwarded to the channel.
ALTER TABLE email_channels ADD COLUMN confirmation JSON NOT NULL DEFAULT '{}';
ALTER TABLE email_channels ADD COLUMN confirmation_in TEXT NOT NULL DEFAULT '';
-- The role addresses of an inbox, and when someone last looked at its Filtered.
ALTER TABLE inboxes ADD COLUMN role_names JSON;
ALTER TABLE inboxes ADD COLUMN role_filter BOOLEAN NOT NULL DEFAULT true;
CREATE TABLE filtered_looks (
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    looked_at INTEGER NOT NULL,
    PRIMARY KEY (inbox_id, user_id),
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
