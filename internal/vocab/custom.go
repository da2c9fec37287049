package vocab

// ChannelCapabilities is what a custom channel can do (CC-1). The zero value takes plain
// text of any length, and nothing else.
type ChannelCapabilities struct {
	// RichText: it takes HTML or Markdown; otherwise it gets plain text.
	RichText bool `json:"richText,omitempty"`
	// AttachmentTypes are the media types of files that it takes, such as "image/*".
	AttachmentTypes []string `json:"attachmentTypes,omitempty"`
	// MaxAttachmentBytes is the largest file; 0: as large as Parley's.
	MaxAttachmentBytes int `json:"maxAttachmentBytes,omitempty"`
	// MaxTextLength is the most characters of a message; 0: as many as Parley's.
	MaxTextLength int  `json:"maxTextLength,omitempty"`
	Typing        bool `json:"typing,omitempty"`
	ReadReceipts  bool `json:"readReceipts,omitempty"`
	Replies       bool `json:"replies,omitempty"`
	Reactions     bool `json:"reactions,omitempty"`
	Editing       bool `json:"editing,omitempty"`
	Threads       bool `json:"threads,omitempty"`
	// ReplyWindowSeconds is how long after the contact's last message an answer reaches
	// them; 0: always.
	ReplyWindowSeconds int  `json:"replyWindowSeconds,omitempty"`
	Templates          bool `json:"templates,omitempty"`
	QuickReplies       bool `json:"quickReplies,omitempty"`
	// Presence: it is live, and follows the rules of chat (CC-6).
	Presence bool `json:"presence,omitempty"`
}

// ReceivedDirection is who wrote what a connector brings (CC-2).
type ReceivedDirection string

// Directions, in the order of the SDL's enum.
const (
	ReceivedIncoming ReceivedDirection = "INCOMING"
	ReceivedEcho     ReceivedDirection = "ECHO"
)

// DeliveryReport is what a connector reports of a message (CC-3).
type DeliveryReport string

// Reports, in the order of the SDL's enum.
const (
	ReportQueued    DeliveryReport = "QUEUED"
	ReportSent      DeliveryReport = "SENT"
	ReportDelivered DeliveryReport = "DELIVERED"
	ReportRead      DeliveryReport = "READ"
	ReportFailed    DeliveryReport = "FAILED"
)

// OutboundAction is what a connector is to do with a message (CC-3).
type OutboundAction string

// Actions, in the order of the SDL's enum.
const (
	OutboundSend   OutboundAction = "SEND"
	OutboundEdit   OutboundAction = "EDIT"
	OutboundDelete OutboundAction = "DELETE"
)

// OutboundState is where a message of a custom channel stands on its way out.
type OutboundState string

// States; OutboundNone: it does not go out.
const (
	OutboundNone    OutboundState = ""
	OutboundWaiting OutboundState = "WAITING"
	OutboundLeased  OutboundState = "LEASED"
	OutboundDone    OutboundState = "DONE"
)

// RemoteFileState is where a file stands that a connector named by its address.
type RemoteFileState string

// States of remote files, in the order of the SDL's enum.
const (
	RemoteFilePending RemoteFileState = "PENDING"
	RemoteFileFailed  RemoteFileState = "FAILED"
)

// MessageTemplate names a message that the foreign service approved before (CC-4).
type MessageTemplate struct {
	Name       string   `json:"name"`
	Language   string   `json:"language,omitempty"`
	Parameters []string `json:"parameters,omitempty"`
}
