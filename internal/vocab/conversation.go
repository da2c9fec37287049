package vocab

import "slices"

// ConversationStatus says whether a conversation is worked on (IN-1).
type ConversationStatus string

// Statuses of a conversation.
const (
	Open   ConversationStatus = "OPEN"
	Closed ConversationStatus = "CLOSED"
)

// BotState says where a conversation that a bot began stands (BT-2).
type BotState string

// States of a bot's conversation; BotNone: no bot began it.
const (
	BotNone      BotState = "NONE"
	BotActive    BotState = "ACTIVE"
	BotEnded     BotState = "ENDED"
	BotHandedOff BotState = "HANDED_OFF"
	BotTakenOver BotState = "TAKEN_OVER"
)

// InBotsHands reports whether the bot, and no person yet, has the conversation:
// it then shows in Bots alone (IN-2) and is locked by IN-8.
func (s BotState) InBotsHands() bool { return s == BotActive || s == BotEnded }

// Folder is where a conversation is filed. It is derived from the other
// columns with every change, so that each view is one seek in an index (IN-2).
type Folder string

// Folders. A conversation is in the first one that applies: trash, filtered,
// bot, snoozed, main.
const (
	FolderMain     Folder = "MAIN"
	FolderSnoozed  Folder = "SNOOZED"
	FolderBot      Folder = "BOT"
	FolderFiltered Folder = "FILTERED"
	FolderTrash    Folder = "TRASH"
)

// SnoozedFilter says what a filter does with snoozed conversations (IN-2).
type SnoozedFilter string

// Values of SnoozedFilter.
const (
	SnoozedExclude SnoozedFilter = "EXCLUDE"
	SnoozedInclude SnoozedFilter = "INCLUDE"
	SnoozedOnly    SnoozedFilter = "ONLY"
)

// Priority of a conversation (IN-18).
type Priority string

// Priorities.
const (
	PriorityNone   Priority = "NONE"
	PriorityLow    Priority = "LOW"
	PriorityNormal Priority = "NORMAL"
	PriorityHigh   Priority = "HIGH"
	PriorityUrgent Priority = "URGENT"
)

// Rank is the priority as a number: more urgent is higher.
func (p Priority) Rank() int {
	return max(0, slices.Index([]Priority{PriorityNone, PriorityLow, PriorityNormal, PriorityHigh, PriorityUrgent}, p))
}

// WaitingOn says whose answer a conversation waits for (IN-3).
type WaitingOn string

// Values of WaitingOn: who did not write last.
const (
	WaitingOnTeam    WaitingOn = "TEAM"
	WaitingOnContact WaitingOn = "CONTACT"
)

// ConversationView is a built-in view of an inbox (IN-2).
type ConversationView string

// Built-in views.
const (
	ViewAll        ConversationView = "ALL"
	ViewMine       ConversationView = "ASSIGNED_TO_ME"
	ViewUnassigned ConversationView = "UNASSIGNED"
	ViewEmail      ConversationView = "EMAIL"
	ViewChat       ConversationView = "CHAT"
	ViewBots       ConversationView = "BOTS"
	ViewFiltered   ConversationView = "FILTERED"
	ViewTrash      ConversationView = "TRASH"
)

// ConversationOrder is the order of a list of conversations (IN-3).
type ConversationOrder string

// Orders.
const (
	ActivityDesc   ConversationOrder = "ACTIVITY_DESC"
	ActivityAsc    ConversationOrder = "ACTIVITY_ASC"
	OpenedDesc     ConversationOrder = "OPENED_DESC"
	OpenedAsc      ConversationOrder = "OPENED_ASC"
	LongestWaiting ConversationOrder = "LONGEST_WAITING"
	PriorityDesc   ConversationOrder = "PRIORITY_DESC"
)

// SearchOrder is the order of the hits of a search (IN-5).
type SearchOrder string

// Orders of hits.
const (
	SearchNewest    SearchOrder = "NEWEST"
	SearchRelevance SearchOrder = "RELEVANCE"
)

// MessageDirection says who a message is from, and who sees it (IN-14).
type MessageDirection string

// Directions. A Note is internal: no contact, visitor or transcript ever sees it.
const (
	Incoming      MessageDirection = "INCOMING"
	Outgoing      MessageDirection = "OUTGOING"
	Note          MessageDirection = "NOTE"
	SystemMessage MessageDirection = "SYSTEM"
)

// DeliveryState says how far a message came (IN-14).
type DeliveryState string

// Delivery states.
const (
	DeliveryQueued    DeliveryState = "QUEUED"
	DeliveryCanceled  DeliveryState = "CANCELED"
	DeliverySent      DeliveryState = "SENT"
	DeliveryDelivered DeliveryState = "DELIVERED"
	DeliveryRead      DeliveryState = "READ"
	DeliveryFailed    DeliveryState = "FAILED"
)
