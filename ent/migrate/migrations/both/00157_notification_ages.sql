-- +goose Up
-- Notifications that are old enough to be deleted (NT-1).
CREATE INDEX notifications_age ON notifications (updated_at);
CREATE INDEX notifications_read ON notifications (read_at) WHERE read_at > 0;
