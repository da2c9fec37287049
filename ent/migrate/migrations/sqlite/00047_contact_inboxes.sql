-- +goose Up
-- Which contacts belong to which inboxes (AC-14): how many conversations with the contact are there, and messages
-- of theirs. A contact that was made by hand has another row, with the id of whoever made it in the inbox's place.
-- Triggers keep the rest, so that whatever links, moves, merges or purges does so in its own transaction.
CREATE TABLE contact_inboxes (
    account_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    uses INTEGER NOT NULL,
    PRIMARY KEY (contact_id, inbox_id),
    FOREIGN KEY (account_id, contact_id) REFERENCES contacts (account_id, id) ON DELETE CASCADE
);
CREATE INDEX contact_inboxes_inbox ON contact_inboxes (inbox_id, contact_id);

INSERT INTO contact_inboxes (account_id, contact_id, inbox_id, uses)
SELECT account_id, contact_id, inbox_id, count(*) FROM (
    SELECT account_id, contact_id, inbox_id FROM conversations WHERE contact_id <> ''
    UNION ALL SELECT account_id, author_id, inbox_id FROM messages WHERE author_id LIKE 'contact\_%' ESCAPE '\'
) used WHERE EXISTS (SELECT 1 FROM contacts c WHERE c.id = used.contact_id) GROUP BY account_id, contact_id, inbox_id;

-- +goose StatementBegin
CREATE TRIGGER conversations_use_contact AFTER INSERT ON conversations WHEN NEW.contact_id <> '' BEGIN
    INSERT INTO contact_inboxes (account_id, contact_id, inbox_id, uses)
    SELECT account_id, id, NEW.inbox_id, 1 FROM contacts WHERE id = NEW.contact_id
    ON CONFLICT (contact_id, inbox_id) DO UPDATE SET uses = uses + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER conversations_leave_contact AFTER DELETE ON conversations WHEN OLD.contact_id <> '' BEGIN
    UPDATE contact_inboxes SET uses = uses - 1 WHERE contact_id = OLD.contact_id AND inbox_id = OLD.inbox_id;
    DELETE FROM contact_inboxes WHERE contact_id = OLD.contact_id AND inbox_id = OLD.inbox_id AND uses <= 0;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER conversations_change_contact AFTER UPDATE OF contact_id, inbox_id ON conversations
WHEN NEW.contact_id <> OLD.contact_id OR NEW.inbox_id <> OLD.inbox_id BEGIN
    INSERT INTO contact_inboxes (account_id, contact_id, inbox_id, uses)
    SELECT account_id, id, NEW.inbox_id, 1 FROM contacts WHERE id = NEW.contact_id
    ON CONFLICT (contact_id, inbox_id) DO UPDATE SET uses = uses + 1;
    UPDATE contact_inboxes SET uses = uses - 1 WHERE contact_id = OLD.contact_id AND inbox_id = OLD.inbox_id;
    DELETE FROM contact_inboxes WHERE contact_id = OLD.contact_id AND inbox_id = OLD.inbox_id AND uses <= 0;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER messages_use_contact AFTER INSERT ON messages WHEN NEW.author_id LIKE 'contact\_%' ESCAPE '\' BEGIN
    INSERT INTO contact_inboxes (account_id, contact_id, inbox_id, uses)
    SELECT account_id, id, NEW.inbox_id, 1 FROM contacts WHERE id = NEW.author_id
    ON CONFLICT (contact_id, inbox_id) DO UPDATE SET uses = uses + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER messages_leave_contact AFTER DELETE ON messages WHEN OLD.author_id LIKE 'contact\_%' ESCAPE '\' BEGIN
    UPDATE contact_inboxes SET uses = uses - 1 WHERE contact_id = OLD.author_id AND inbox_id = OLD.inbox_id;
    DELETE FROM contact_inboxes WHERE contact_id = OLD.author_id AND inbox_id = OLD.inbox_id AND uses <= 0;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER messages_change_contact AFTER UPDATE OF author_id, inbox_id ON messages
WHEN (NEW.author_id <> OLD.author_id OR NEW.inbox_id <> OLD.inbox_id)
    AND (NEW.author_id LIKE 'contact\_%' ESCAPE '\' OR OLD.author_id LIKE 'contact\_%' ESCAPE '\') BEGIN
    INSERT INTO contact_inboxes (account_id, contact_id, inbox_id, uses)
    SELECT account_id, id, NEW.inbox_id, 1 FROM contacts WHERE id = NEW.author_id
    ON CONFLICT (contact_id, inbox_id) DO UPDATE SET uses = uses + 1;
    UPDATE contact_inboxes SET uses = uses - 1 WHERE contact_id = OLD.author_id AND inbox_id = OLD.inbox_id;
    DELETE FROM contact_inboxes WHERE contact_id = OLD.author_id AND inbox_id = OLD.inbox_id AND uses <= 0;
END;
-- +goose StatementEnd
