package bot

import (
	"context"

	"parley/ent"
	"parley/internal/store"
)

// Service has the use cases of bots.
type Service struct {
	store *store.Store
	deps  Deps
}

// Deps are what bots need of the packages below. All are required where bots run.
type Deps struct {
	Conversations Conversations
	Chats         Chats
}

// Conversations is what a bot does in conversations. Package conversation implements it.
type Conversations interface {
	// SayNobodyIsThere adds what a visitor is told where no one could take a hand-off.
	SayNobodyIsThere(ctx context.Context, tx *store.Tx, conversationID, messageID, text string) error
	// HandOffTurn leaves a conversation to people, if the bot still has that turn.
	HandOffTurn(ctx context.Context, tx *store.Tx, conversationID string, turn int) error
	// EndTurn says that the bot has nothing more to say, if it still has that turn.
	EndTurn(ctx context.Context, tx *store.Tx, conversationID string, turn int) error
}

// Chats is what chats know of their visitors. Package visitor implements it.
type Chats interface {
	// AwayText is what the visitor of a chat is told of the team's absence.
	AwayText(ctx context.Context, c *ent.Conversation) (string, error)
}

// New returns the use cases of bots.
func New(s *store.Store, d Deps) *Service { return &Service{store: s, deps: d} }
