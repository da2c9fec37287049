-- +goose Up

-- Lists by name, and lists of what belongs to a contact or conversation, are
-- paged: an index walks each in its order.
CREATE INDEX users_account_name ON users (account_id, name, id);
CREATE INDEX inboxes_account_name ON inboxes (account_id, name, id);
CREATE INDEX contact_lists_account_name ON contact_lists (account_id, name, id);
CREATE INDEX saved_views_account_name ON saved_views (account_id, name, id);
CREATE INDEX targeted_messages_channel_position_id ON targeted_messages (channel_id, position, id);
CREATE INDEX participants_conversation_id ON participants (conversation_id, id);
CREATE INDEX email_channels_inbox_id ON email_channels (inbox_id, id);
CREATE INDEX personal_mailboxes_user_id ON personal_mailboxes (user_id, id);
CREATE INDEX consents_contact_given_at ON consents (contact_id, given_at, id);
CREATE INDEX tickets_contact_created_at ON tickets (contact_id, created_at, id);
CREATE INDEX tickets_conversation_created_at ON tickets (conversation_id, created_at, id);

-- Indexes that the above begin with are not needed any more.
DROP INDEX targeted_messages_channel_position;
DROP INDEX email_channels_inbox;
DROP INDEX personal_mailboxes_user;
DROP INDEX consents_contact;
DROP INDEX tickets_contact;
