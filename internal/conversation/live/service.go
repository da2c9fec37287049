package live

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"parley/ent"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/event"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Service holds the streams of conversations: what lists, threads and counts are
// now, and each change of them (NT-5). It is safe for concurrent use.
type Service struct {
	store    *store.Store
	views    *view.Service
	feed     *event.Feed
	spare    int
	watches  watches
	openRows openRowsByInbox
	tallies  tallies
	recount  time.Duration
	// taskPause is how long a running task's progress is not read again.
	taskPause time.Duration
	log       *slog.Logger

	// running are the goroutines that follow the log, until ctx ends. None begins
	// after that: starting guards it.
	running  sync.WaitGroup
	ctx      context.Context
	end      context.CancelFunc
	starting sync.Mutex
}

// New returns the streams that follow a feed of a store, until Close. The log
// gets what goes wrong.
func New(s *store.Store, feed *event.Feed, log *slog.Logger) *Service {
	ctx, end := context.WithCancel(context.Background())
	return &Service{store: s, views: view.New(s), feed: feed, spare: spareRows, recount: recountAfter, taskPause: taskPause, log: log, ctx: ctx, end: end}
}

// Close stops following the log and returns when nothing here reads the database
// any longer. A stream that is still open gets nothing more.
func (l *Service) Close() {
	l.starting.Lock()
	l.end()
	l.starting.Unlock()
	l.running.Wait()
}

// startFollower has a state follow the log of an account until ctx ends, which
// ends with Close.
func (l *Service) startFollower(ctx context.Context, accountID string, f follower) {
	l.starting.Lock()
	defer l.starting.Unlock()
	if ctx.Err() == nil {
		l.running.Go(func() { l.followLog(ctx, accountID, f) })
	}
}

// spareRows is how many rows behind its window a live view knows, so that most
// rows that leave are followed by one that is at hand.
const spareRows = 10

// ViewUpdate is a change of a live view: *ViewSnapshot, *ViewChanges,
// *ViewReset, or *ViewTotal.
type ViewUpdate interface{ isViewUpdate() }

// ViewSnapshot is a view as it is. Sequence is the number of the log that it has
// seen.
type ViewSnapshot struct {
	Sequence      int64
	Conversations *view.Page
}

// ViewChanges is all that one event did to a view.
type ViewChanges struct {
	Sequence int64
	Changes  []ViewChange
}

// ViewTotal is how many conversations the whole view has; nil: more than lists count.
type ViewTotal struct{ TotalCount *int }

// ViewReset says that changes were dropped: a snapshot follows.
type ViewReset struct{ Sequence int64 }

func (*ViewSnapshot) isViewUpdate() {}
func (*ViewChanges) isViewUpdate()  {}
func (*ViewReset) isViewUpdate()    {}
func (*ViewTotal) isViewUpdate()    {}

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

// ConversationLeft is a row that is not in the window any longer.
type ConversationLeft struct {
	ConversationID string
	Reason         vocab.LeftReason
}

func (*ConversationEntered) isViewChange() {}
func (*ConversationChanged) isViewChange() {}
func (*ConversationLeft) isViewChange()    {}

// EntryChange is a change of a conversation's history. Entry is *ent.Message or
// *ent.Event.
type EntryChange struct {
	Sequence int64
	Kind     vocab.ChangeKind
	Entry    conversation.Entry
}

// MessageChange is a change of a conversation's messages.
type MessageChange struct {
	Sequence int64
	Kind     vocab.ChangeKind
	Message  *ent.Message
}
