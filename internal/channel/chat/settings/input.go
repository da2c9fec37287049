package settings

import (
	"parley/internal/channel/chat/wording"
	"parley/internal/opt"
	"parley/internal/vocab"
)

// CreateChatChannelInput is the input of createChatChannel. Which inbox gets a
// chat channel.
type CreateChatChannelInput struct {
	InboxID        string
	IdempotencyKey *string
}

// UpdateChatChannelInput is the input of updateChatChannel. What is left out
// stays as it is.
type UpdateChatChannelInput struct {
	ChannelID      string
	Title          opt.Value[*string]
	AccentColor    opt.Value[*string]
	SendTranscript opt.Value[*bool]
	Position       opt.Value[*vocab.WidgetPosition]
	AvatarURL      opt.Value[*string]
	DefaultLocale  opt.Value[*string]
	Texts          []wording.Choice
	IdempotencyKey *string
}

// UpdateChatChannelAvailabilityInput is the input of
// updateChatChannelAvailability. What is left out stays as it is.
type UpdateChatChannelAvailabilityInput struct {
	ChannelID         string
	Mode              opt.Value[*vocab.AvailabilityMode]
	ReplyTime         opt.Value[*vocab.ReplyTime]
	WhenAway          opt.Value[*vocab.WhenAway]
	AwayMessage       opt.Value[*string]
	TimeZone          opt.Value[*string]
	Hours             opt.Value[[]vocab.Hours]
	Holidays          opt.Value[[]vocab.Holiday]
	OutOfHours        opt.Value[*vocab.OutOfHours]
	OutOfHoursMessage opt.Value[*string]
	IdempotencyKey    *string
}

// SendTrackingCodeInput is the input of sendTrackingCode. Which channel's code,
// and to whom.
type SendTrackingCodeInput struct {
	ChannelID      string
	Email          string
	Note           *string
	IdempotencyKey *string
}

// CreateIdentitySecretInput is the input of createIdentitySecret. Which
// channel gets a new identity secret.
type CreateIdentitySecretInput struct {
	ChannelID      string
	IdempotencyKey *string
}
