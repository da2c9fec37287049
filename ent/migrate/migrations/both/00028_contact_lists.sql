-- +goose Up
-- Lists of contacts in each order, of a contact's conversations, of who is blocked, and
-- of one's own tasks: an index walks each.
CREATE INDEX contacts_account_name ON contacts (account_id, name, id);
CREATE INDEX contacts_account_last_seen_at ON contacts (account_id, last_seen_at, id);
CREATE INDEX conversations_contact_opened_at ON conversations (contact_id, opened_at, id);
CREATE INDEX blocks_channel_created_at ON blocks (channel_id, created_at, id);
CREATE INDEX blocks_account_sender ON blocks (account_id, sender);
CREATE INDEX tasks_account_actor ON tasks (account_id, actor_id, id);

-- An index that one above begins with is not needed any more.
DROP INDEX conversations_contact;
