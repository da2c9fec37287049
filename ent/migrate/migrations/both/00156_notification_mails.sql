-- +goose Up
-- Notifications by e-mail, outside quiet hours (NT-1).
ALTER TABLE notifications ADD COLUMN shown BOOLEAN NOT NULL DEFAULT true;
ALTER TABLE notifications ADD COLUMN mail_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX notifications_mail ON notifications (user_id, mail_at) WHERE mail_at > 0;
ALTER TABLE notification_states ADD COLUMN mailed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notification_states ADD COLUMN quiet JSON NOT NULL DEFAULT '{}';
