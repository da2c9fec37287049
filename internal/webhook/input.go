package webhook

import (
	"parley/internal/conversation/view"
	"parley/internal/opt"
	"parley/internal/vocab"
)

// CreateWebhookEndpointInput is the input of createWebhookEndpoint. A new endpoint.
type CreateWebhookEndpointInput struct {
	// ID is the id that the caller made; nil or empty: a new one.
	ID   *string
	Name string
	URL  string
	// IntegrationID is as which it reads; nil: one is made for it.
	IntegrationID  *string
	Scopes         []string
	Types          []vocab.EventType
	InboxIDs       []string
	Filter         *view.Filter
	ChangedFields  []string
	Document       *string
	IdempotencyKey *string
}

// UpdateWebhookEndpointInput is the input of updateWebhookEndpoint. What is left out stays
// as it is.
type UpdateWebhookEndpointInput struct {
	WebhookEndpointID string
	Name              opt.Value[*string]
	URL               opt.Value[*string]
	Scopes            opt.Value[[]string]
	Types             opt.Value[[]vocab.EventType]
	InboxIDs          opt.Value[[]string]
	Filter            opt.Value[*view.Filter]
	ChangedFields     opt.Value[[]string]
	Document          opt.Value[*string]
	Enabled           opt.Value[*bool]
	IdempotencyKey    *string
}

// DeleteWebhookEndpointInput is the input of deleteWebhookEndpoint. Which one to delete.
type DeleteWebhookEndpointInput struct {
	WebhookEndpointID string
	IdempotencyKey    *string
}

// RotateWebhookSecretInput is the input of rotateWebhookSecret.
type RotateWebhookSecretInput struct {
	WebhookEndpointID string
	// OverlapSeconds is how long the secret of before is used too; nil: a day.
	OverlapSeconds *int
	IdempotencyKey *string
}

// TestWebhookInput is the input of testWebhook. Which one to test.
type TestWebhookInput struct {
	WebhookEndpointID string
	IdempotencyKey    *string
}

// ReplayWebhookInput is the input of replayWebhook. Which part of the log to send.
type ReplayWebhookInput struct {
	WebhookEndpointID string
	After             int64
	// Until is the last one; nil: the newest.
	Until          *int64
	IdempotencyKey *string
}

// ReplayWebhookDeliveryInput is the input of replayWebhookDelivery. Which one to send again.
type ReplayWebhookDeliveryInput struct {
	WebhookDeliveryID string
	IdempotencyKey    *string
}
