package vocab

// WebhookEndpointState is whether an endpoint gets events (NT-4).
type WebhookEndpointState string

// States of endpoints, in the order of the SDL's enum.
const (
	WebhookActive  WebhookEndpointState = "ACTIVE"
	WebhookFailing WebhookEndpointState = "FAILING"
	WebhookPaused  WebhookEndpointState = "PAUSED"
)

// WebhookPauseReason is why an endpoint is paused.
type WebhookPauseReason string

// Reasons of a pause, in the order of the SDL's enum.
const (
	WebhookPausedByHand WebhookPauseReason = "BY_HAND"
	WebhookGone         WebhookPauseReason = "GONE"
	WebhookDead         WebhookPauseReason = "DEAD"
)

// WebhookDeliveryState is what became of a delivery.
type WebhookDeliveryState string

// States of deliveries, in the order of the SDL's enum.
const (
	WebhookPending   WebhookDeliveryState = "PENDING"
	WebhookDelivered WebhookDeliveryState = "DELIVERED"
	WebhookFailed    WebhookDeliveryState = "FAILED"
	WebhookCanceled  WebhookDeliveryState = "CANCELED"
)

// WebhookFailure is why an attempt or a delivery failed.
type WebhookFailure string

// Failures, in the order of the SDL's enum.
const (
	WebhookStatusFailure     WebhookFailure = "STATUS"
	WebhookRedirectFailure   WebhookFailure = "REDIRECT"
	WebhookTimeoutFailure    WebhookFailure = "TIMEOUT"
	WebhookConnectionFailure WebhookFailure = "CONNECTION"
	WebhookAddressFailure    WebhookFailure = "ADDRESS"
	WebhookNameFailure       WebhookFailure = "NAME"
	WebhookTLSFailure        WebhookFailure = "TLS"
	WebhookProtocolFailure   WebhookFailure = "PROTOCOL"
	WebhookNotVisible        WebhookFailure = "NOT_VISIBLE"
	WebhookNotInLog          WebhookFailure = "NOT_IN_LOG"
	WebhookNoAccess          WebhookFailure = "NO_ACCESS"
)

// WebhookStep is a question that decides whether an event goes to an endpoint.
type WebhookStep string

// Steps, in the order of the SDL's enum, which is that in which they are asked.
const (
	WebhookStepRights        WebhookStep = "RIGHTS"
	WebhookStepType          WebhookStep = "TYPE"
	WebhookStepInbox         WebhookStep = "INBOX"
	WebhookStepChangedFields WebhookStep = "CHANGED_FIELDS"
	WebhookStepFilter        WebhookStep = "FILTER"
	WebhookStepState         WebhookStep = "STATE"
)
