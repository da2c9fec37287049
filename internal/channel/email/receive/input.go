package receive

// ReclassifyEmailInput is the input of reclassifyEmail. Which channel's mail is
// judged again.
type ReclassifyEmailInput struct {
	ChannelID      string
	IdempotencyKey *string
}

// SimulateInboundEmailInput is the input of simulateInboundEmail. A mail, and
// the channel that it would come to.
type SimulateInboundEmailInput struct {
	ChannelID string
	Raw       string
}
