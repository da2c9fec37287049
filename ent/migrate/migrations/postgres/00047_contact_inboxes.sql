-- +goose Up
-- Which contacts belong to which inboxes (AC-14): how many conversations with the contact are there, and messages
-- of theirs. A contact that was made by hand has another row, with the id of whoever made it in the inbox's place.
-- Triggers keep the rest, so that whatever links, moves, merges or purges does so in its own transaction.
CREATE TABLE contact_inboxes (
    account_id text COLLATE "C" NOT NULL,
    contact_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    uses bigint NOT NULL,
    PRIMARY KEY (contact_id, inbox_id),
    FOREIGN KEY (account_id, contact_id) REFERENCES contacts (account_id, id) ON DELETE CASCADE
);
CREATE INDEX contact_inboxes_inbox ON contact_inboxes (inbox_id, contact_id);

INSERT INTO contact_inboxes (account_id, contact_id, inbox_id, uses)
SELECT account_id, contact_id, inbox_id, count(*) FROM (
    SELECT account_id, contact_id, inbox_id FROM conversations WHERE contact_id <> ''
    UNION ALL SELECT account_id, author_id, inbox_id FROM messages WHERE author_id LIKE 'contact\_%'
) used WHERE EXISTS (SELECT 1 FROM contacts c WHERE c.id = used.contact_id) GROUP BY account_id, contact_id, inbox_id;

-- +goose StatementBegin
CREATE FUNCTION use_contact(contact text, inbox text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO contact_inboxes (account_id, contact_id, inbox_id, uses)
    SELECT account_id, id, inbox, 1 FROM contacts WHERE id = contact
    ON CONFLICT (contact_id, inbox_id) DO UPDATE SET uses = contact_inboxes.uses + 1
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION leave_contact(contact text, inbox text) RETURNS void LANGUAGE sql AS $$
    UPDATE contact_inboxes SET uses = uses - 1 WHERE contact_id = contact AND inbox_id = inbox;
    DELETE FROM contact_inboxes WHERE contact_id = contact AND inbox_id = inbox AND uses <= 0
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION keep_conversations_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' AND NEW.contact_id <> '' THEN
        PERFORM use_contact(NEW.contact_id, NEW.inbox_id);
    END IF;
    IF TG_OP <> 'INSERT' AND OLD.contact_id <> '' THEN
        PERFORM leave_contact(OLD.contact_id, OLD.inbox_id);
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION keep_messages_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' AND NEW.author_id LIKE 'contact\_%' THEN
        PERFORM use_contact(NEW.author_id, NEW.inbox_id);
    END IF;
    IF TG_OP <> 'INSERT' AND OLD.author_id LIKE 'contact\_%' THEN
        PERFORM leave_contact(OLD.author_id, OLD.inbox_id);
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER conversations_use_contact AFTER INSERT ON conversations
    FOR EACH ROW WHEN (NEW.contact_id <> '') EXECUTE FUNCTION keep_conversations_contact();
CREATE TRIGGER conversations_leave_contact AFTER DELETE ON conversations
    FOR EACH ROW WHEN (OLD.contact_id <> '') EXECUTE FUNCTION keep_conversations_contact();
CREATE TRIGGER conversations_change_contact AFTER UPDATE OF contact_id, inbox_id ON conversations
    FOR EACH ROW WHEN (NEW.contact_id <> OLD.contact_id OR NEW.inbox_id <> OLD.inbox_id) EXECUTE FUNCTION keep_conversations_contact();
CREATE TRIGGER messages_use_contact AFTER INSERT ON messages
    FOR EACH ROW WHEN (NEW.author_id LIKE 'contact\_%') EXECUTE FUNCTION keep_messages_contact();
CREATE TRIGGER messages_leave_contact AFTER DELETE ON messages
    FOR EACH ROW WHEN (OLD.author_id LIKE 'contact\_%') EXECUTE FUNCTION keep_messages_contact();
CREATE TRIGGER messages_change_contact AFTER UPDATE OF author_id, inbox_id ON messages
    FOR EACH ROW WHEN (NEW.author_id <> OLD.author_id OR NEW.inbox_id <> OLD.inbox_id) EXECUTE FUNCTION keep_messages_contact();
