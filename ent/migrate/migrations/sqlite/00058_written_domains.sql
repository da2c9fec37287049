-- +goose Up
-- Whether the team wrote to anyone at a domain.
CREATE INDEX contacts_written_domain ON contacts (account_id, substr(email, instr(email, '@') + 1)) WHERE written_at > 0;
