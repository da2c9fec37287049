package deliver

import (
	"cmp"
	"log/slog"

	"parley/internal/attachment"
	"parley/internal/channel/email/settings"
	"parley/internal/channel/email/thread"
	"parley/internal/conversation"
	"parley/internal/secret"
	"parley/internal/store"
)

// Options are what the operator decides.
type Options struct {
	// Folder is for mail that has no server, for development.
	Folder string
	Log    *slog.Logger
}

// Service sends the mail that an Outbox queued. It is safe for concurrent use.
type Service struct {
	store         *store.Store
	channels      *settings.Service
	tokens        *thread.Tokens
	conversations *conversation.Service
	files         *attachment.Service
	o             Options
}

// New returns the use cases.
func New(s *store.Store, keys *secret.Keyring, channels *settings.Service, conversations *conversation.Service,
	files *attachment.Service, o Options) *Service {
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	return &Service{store: s, channels: channels, tokens: thread.NewTokens(keys), conversations: conversations, files: files, o: o}
}
