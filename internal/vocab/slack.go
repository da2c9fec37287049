package vocab

// SlackWorkspaceState is whether Parley may post to a Slack workspace (NT-2).
type SlackWorkspaceState string

// States of workspaces, in the order of the SDL's enum.
const (
	SlackConnected SlackWorkspaceState = "CONNECTED"
	SlackRevoked   SlackWorkspaceState = "REVOKED"
)

// SlackChannelState is whether a Slack channel gets what is to be posted.
type SlackChannelState string

// States of channels, in the order of the SDL's enum.
const (
	SlackChannelConnected   SlackChannelState = "CONNECTED"
	SlackChannelShared      SlackChannelState = "SHARED"
	SlackChannelUnreachable SlackChannelState = "UNREACHABLE"
)

// SlackPostKind is what a Slack channel gets (IB-4).
type SlackPostKind string

// Kinds of posts, in the order of the SDL's enum.
const (
	SlackNewChat  SlackPostKind = "NEW_CHAT"
	SlackNewEmail SlackPostKind = "NEW_EMAIL"
	SlackAssigned SlackPostKind = "ASSIGNED"
)

// SlackThreadReplies is what an answer in a Slack thread becomes.
type SlackThreadReplies string

// What answers become, in the order of the SDL's enum.
const (
	SlackAnswer SlackThreadReplies = "ANSWER"
	SlackNote   SlackThreadReplies = "NOTE"
)
