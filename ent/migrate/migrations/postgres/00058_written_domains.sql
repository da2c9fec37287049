-- +goose Up
-- Whether the team wrote to anyone at a domain.
CREATE INDEX contacts_written_domain ON contacts (account_id, split_part(email, '@', 2)) WHERE written_at > 0;
