package notification

import (
	"parley/internal/opt"
	"parley/internal/vocab"
)

// UpdateNotificationPreferencesInput is the input of updateNotificationPreferences.
type UpdateNotificationPreferencesInput struct {
	InboxID        opt.Value[*string]
	Kind           vocab.NotificationKind
	Medium         vocab.NotificationMedium
	On             opt.Value[*bool]
	IdempotencyKey *string
}

// NotificationSelection chooses some of the caller's notifications.
type NotificationSelection struct {
	UpTo *int64
	IDs  []string
	All  *bool
}

// MarkNotificationsReadInput is the input of markNotificationsRead.
type MarkNotificationsReadInput struct {
	Which          NotificationSelection
	IdempotencyKey *string
}

// FollowConversationInput is the input of followConversation.
type FollowConversationInput struct {
	ConversationID string
	IdempotencyKey *string
}

// UnfollowConversationInput is the input of unfollowConversation.
type UnfollowConversationInput struct {
	ConversationID string
	IdempotencyKey *string
}

// QuietHoursInput is when a user gets no mail.
type QuietHoursInput struct {
	TimeZone string
	Hours    []vocab.Hours
}

// SetQuietHoursInput is the input of setQuietHours.
type SetQuietHoursInput struct {
	QuietHours     *QuietHoursInput
	IdempotencyKey *string
}

// RegisterPushSubscriptionInput is what a browser's PushSubscription has.
type RegisterPushSubscriptionInput struct {
	Endpoint       string
	P256dh         string
	Auth           string
	UserAgent      *string
	IdempotencyKey *string
}

// RemovePushSubscriptionInput is the input of removePushSubscription.
type RemovePushSubscriptionInput struct {
	PushSubscriptionID string
	IdempotencyKey     *string
}
