package presence

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Bus carries messages between the nodes; package bus implements it. It may lose
// them. Publish must not block.
type Bus interface {
	Publish(subject string, data []byte) error
	Listen(subject string, deliver func(data []byte)) (stop func(), err error)
}

const (
	// TypingHolds is how long someone types after they last said so: callers
	// repeat it every 3 seconds.
	TypingHolds = 6 * time.Second
	// viewingHolds is how long other nodes believe that someone looks.
	viewingHolds = 25 * time.Second
	repeatEvery  = 10 * time.Second
	// sameAgain is how soon the same statement again is not passed on.
	sameAgain = time.Second

	// maxRosters is how many conversations staff can follow on a node at once.
	maxRosters = 10_000
	// maxActors is how many actors of an inbox a node believes other nodes to have.
	maxActors = 20_000
	// maxWaiting is how much may wait for the bus.
	maxWaiting = 10_000
)

// Service is one node's part in telling who is there. It is safe for concurrent
// use.
type Service struct {
	store *store.Store
	bus   Bus
	log   *slog.Logger
	clock clock.Clock // of the timers: never a turned one
	node  string

	mu        sync.Mutex
	inboxes   map[string]*inboxPresence
	rosters   int
	limit     int
	repeating bool
	waiting   []func()
	working   bool

	people people
}

// New returns the presence of this node, which speaks with the others over a bus.
func New(s *store.Store, b Bus, log *slog.Logger) *Service {
	return &Service{store: s, bus: b, log: log, clock: clock.System{}, node: rand.Text(), inboxes: map[string]*inboxPresence{}, limit: maxRosters}
}

// findConversation returns the account and the inbox of a conversation that the
// context's viewer may see, trash included for staff.
func (s *Service) findConversation(ctx context.Context, conversationID string) (*ent.Conversation, error) {
	if !id.Is(conversationID, id.Conversation) {
		return nil, notFound(conversationID)
	}
	c, err := s.store.Client(ctx).Conversation.Query().Where(entconversation.ID(conversationID)).
		Select(entconversation.FieldID, entconversation.FieldAccountID, entconversation.FieldInboxID,
			entconversation.FieldChannelID, entconversation.FieldVisitorID, entconversation.FieldContactID).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, notFound(conversationID)
	}
	return c, err
}

func notFound(conversationID string) error {
	return errs.New(errs.NotFound, "There is no conversation %q that you may see.", errs.Clip(conversationID)).On("conversationId")
}

// actor is who a statement is about.
type actor struct {
	kind viewer.Kind
	id   string
}

// callingActor returns the caller, and whether they are someone who can be present.
func callingActor(v *viewer.Viewer) (actor, bool) {
	if v == nil {
		return actor{}, false
	}
	a := actor{v.Actor().Kind, v.Actor().ActorID}
	return a, a.valid()
}

// runLater has something done with the bus soon: in order, and while the lock is
// not held, since a bus may deliver while it publishes or stops. The lock is
// held now.
func (s *Service) runLater(work func()) {
	s.waiting = append(s.waiting, work)
	if !s.working {
		s.working = true
		go s.runQueued()
	}
}

func (s *Service) runQueued() {
	for batch := s.takeQueued(); batch != nil; batch = s.takeQueued() {
		for _, work := range batch {
			work()
		}
	}
}

func (s *Service) takeQueued() []func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	batch := s.waiting
	s.waiting = nil
	s.working = batch != nil
	return batch
}

// publishMessage says something to the other nodes. Too much at once is left out:
// it is said again, or runs out.
func (s *Service) publishMessage(h *inboxPresence, m message) {
	if len(s.waiting) >= maxWaiting {
		return
	}
	m.Account, m.Inbox, m.Node = h.accountID, h.inboxID, s.node
	s.runLater(func() {
		data, err := json.Marshal(m)
		if err == nil {
			err = s.bus.Publish(busSubject(h.inboxID), data)
		}
		if err != nil {
			s.log.Debug("presence was not published", "error", err)
		}
	})
}

// publishStatements says many things, some in each message.
func (s *Service) publishStatements(h *inboxPresence, statements []statement) {
	for len(statements) > 0 {
		n := min(len(statements), maxStatements)
		s.publishMessage(h, message{Statements: statements[:n]})
		statements = statements[n:]
	}
}
