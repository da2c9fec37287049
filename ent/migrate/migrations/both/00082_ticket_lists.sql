-- +goose Up

-- Tickets are in stages since migration 81; their lists are walked in each order by stage,
-- by kind of stage, and by owner.
ALTER TABLE tickets DROP COLUMN pipeline;
ALTER TABLE tickets DROP COLUMN stage;
DROP INDEX tickets_account;
CREATE UNIQUE INDEX tickets_number ON tickets (account_id, number);
CREATE INDEX tickets_kind_activity ON tickets (account_id, stage_kind, last_activity_at, id);
CREATE INDEX tickets_kind_created ON tickets (account_id, stage_kind, created_at, id);
CREATE INDEX tickets_kind_due ON tickets (account_id, stage_kind, due_order, id);
CREATE INDEX tickets_stage_activity ON tickets (stage_id, last_activity_at, id);
CREATE INDEX tickets_stage_created ON tickets (stage_id, created_at, id);
CREATE INDEX tickets_stage_due ON tickets (stage_id, due_order, id);
CREATE INDEX tickets_owner_activity ON tickets (account_id, owner_id, stage_kind, last_activity_at, id);
CREATE INDEX tickets_owner_created ON tickets (account_id, owner_id, stage_kind, created_at, id);
CREATE INDEX tickets_owner_due ON tickets (account_id, owner_id, stage_kind, due_order, id);
