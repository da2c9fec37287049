package slack

// AvailableChannels is a page of the channels of a workspace, as Slack has them.
type AvailableChannels struct {
	Channels  []*AvailableChannel
	EndCursor *string
}

// AvailableChannel is one of them.
type AvailableChannel struct {
	SlackID string
	Name    string
	Private bool
	Member  bool
	Shared  bool
}

// pageOfChannels is how many of them a page has at most.
const pageOfChannels = 200
