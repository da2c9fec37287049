package bot

import (
	"context"

	"parley/ent"
	"parley/internal/channel/chat/visitor"
	"parley/internal/conversation"
	"parley/internal/library"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Service has the use cases of bots.
type Service struct {
	store  *store.Store
	deps   Deps
	typing Typing
}

// Deps are what bots need of the packages below. All are required where bots run.
type Deps struct {
	Conversations Conversations
	Chats         Chats
	Library       Library
	Senders       Senders
}

// Typing shows others in a conversation what the context's actor does. Package presence
// implements it.
type Typing interface {
	// Types says that they type.
	Types(ctx context.Context, c *ent.Conversation)
	// Sent says that they wrote a message, and type no more.
	Sent(ctx context.Context, c *ent.Conversation)
}

// untold is typing that is shown to none.
type untold struct{}

// Types does nothing.
func (untold) Types(context.Context, *ent.Conversation) {}

// Sent does nothing.
func (untold) Sent(context.Context, *ent.Conversation) {}

// Conversations is what a bot does in conversations. Package conversation implements it.
type Conversations interface {
	// SayNobodyIsThere adds what a visitor is told where no one could take a hand-off.
	SayNobodyIsThere(ctx context.Context, tx *store.Tx, conversationID, messageID, text string) error
	// HandOffTurn leaves a conversation to people, if the bot still has that turn.
	HandOffTurn(ctx context.Context, tx *store.Tx, conversationID string, turn int) error
	// EndTurn says that the bot has nothing more to say, if it still has that turn.
	EndTurn(ctx context.Context, tx *store.Tx, conversationID string, turn int) error
	// DoBotStep does what a step of a flow does.
	DoBotStep(ctx context.Context, tx *store.Tx, step conversation.BotStep) error
	// RulesOf returns the routing that applies to a conversation now.
	RulesOf(ctx context.Context, c *ent.Conversation) (vocab.Routing, error)
}

// Chats is what chats know of their visitors. Package visitor implements it.
type Chats interface {
	// AwayText is what the visitor of a chat is told of the team's absence.
	AwayText(ctx context.Context, c *ent.Conversation) (string, error)
	// IsSomeoneThere reports whether the team would be called available.
	IsSomeoneThere(ctx context.Context, c *ent.Conversation) (bool, error)
	// Knows returns what is known of the visitor.
	Knows(ctx context.Context, c *ent.Conversation) (visitor.Knows, error)
	// KeepSaid keeps what the visitor said of themselves.
	KeepSaid(ctx context.Context, tx *store.Tx, visitorID string, said visitor.Said) error
}

// Senders is what custom channels know of who writes in them. Package custom implements it.
type Senders interface {
	// KeepSaid keeps what the sender of a message, or "" of a conversation, said of themselves:
	// name, email or phone, or the id of a defined property of contacts.
	KeepSaid(ctx context.Context, tx *store.Tx, c *ent.Conversation, messageID, property, value string) error
}

// Library is where flows look for articles, and what fills their texts. Package library
// implements it.
type Library interface {
	SearchArticles(ctx context.Context, a library.ArticleSearch) ([]library.ArticleHit, error)
	// CheckOwnText checks the placeholders of a text.
	CheckOwnText(ctx context.Context, markdown string, path ...string) error
	// FillOwnText fills them.
	FillOwnText(ctx context.Context, of library.Occasion, markdown string) (string, error)
}

// New returns the use cases of bots.
func New(s *store.Store, d Deps) *Service {
	return &Service{store: s, deps: d, typing: untold{}}
}

// UseTyping has visitors see that a built-in bot types, which is the actor. It is
// called before anything is served.
func (s *Service) UseTyping(t Typing) { s.typing = t }
