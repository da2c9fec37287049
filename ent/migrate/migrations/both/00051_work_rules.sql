-- +goose Up

-- How an inbox's conversations are worked on: closing by itself, who gets what they
-- answer, what becomes of what no one answers (IN-21 to IN-23, RT-8, RT-9).
ALTER TABLE inboxes ADD COLUMN settings JSON NOT NULL DEFAULT '{}';
ALTER TABLE conversations ADD COLUMN closed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN auto_assigned_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN no_answer_count INTEGER NOT NULL DEFAULT 0;

-- Availability by presence and working hours (AC-15). Who is away now said so.
ALTER TABLE users ADD COLUMN auto_assign BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE users ADD COLUMN follows_presence BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN away_by_hand BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN overtime BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN working_hours JSON NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN connected_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN answered_at INTEGER NOT NULL DEFAULT 0;
UPDATE users SET away_by_hand = TRUE WHERE availability = 'AWAY';

-- Bounds of offers (RT-7), and how many someone had within the last minute.
ALTER TABLE routing_decisions ADD COLUMN offer_max_age INTEGER NOT NULL DEFAULT 0;
ALTER TABLE routing_decisions ADD COLUMN offer_per_minute INTEGER NOT NULL DEFAULT 0;
ALTER TABLE routing_decisions ADD COLUMN connected BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX routing_decisions_assignee ON routing_decisions (assignee_id, decided_at);
