package conversation

import (
	"sync"

	"parley/ent"
	"parley/internal/event"
	"parley/internal/vocab"
)

// Live holds the streams of conversations: what lists, threads and counts are
// now, and each change of them (NT-5). It is safe for concurrent use.
type Live struct {
	*Service
	feed    *event.Feed
	watches watches
	boards  boards
	// running are the goroutines that follow the log.
	running sync.WaitGroup
}

// NewLive returns the streams that follow a feed of the service's store.
func NewLive(s *Service, feed *event.Feed) *Live { return &Live{Service: s, feed: feed} }

// ViewUpdate is a change of a live view: *ViewSnapshot, *ViewChanges, or *ViewReset.
type ViewUpdate interface{ isViewUpdate() }

// ViewSnapshot is a view as it is. Sequence is the number of the log that it has
// seen.
type ViewSnapshot struct {
	Sequence      int64
	Conversations *Page
}

// ViewChanges is all that one event did to a view.
type ViewChanges struct {
	Sequence int64
	Changes  []ViewChange
}

// ViewReset says that changes were dropped: a snapshot follows.
type ViewReset struct{ Sequence int64 }

func (*ViewSnapshot) isViewUpdate() {}
func (*ViewChanges) isViewUpdate()  {}
func (*ViewReset) isViewUpdate()    {}

// ViewChange is what became of one row: *ConversationEntered,
// *ConversationChanged, or *ConversationLeft.
type ViewChange interface{ isViewChange() }

// ConversationEntered is a row that is new in the window.
type ConversationEntered struct {
	Cursor       string
	Conversation *ent.Conversation
}

// ConversationChanged is a row of the window that changed, and perhaps moved.
type ConversationChanged struct {
	Cursor       string
	Conversation *ent.Conversation
}

// ConversationLeft is a row that is not in the window any more.
type ConversationLeft struct {
	ConversationID string
	Reason         vocab.LeftReason
}

func (*ConversationEntered) isViewChange() {}
func (*ConversationChanged) isViewChange() {}
func (*ConversationLeft) isViewChange()    {}

// MessageChange is a change of a conversation's messages.
type MessageChange struct {
	Sequence int64
	Kind     vocab.ChangeKind
	Message  *ent.Message
}
