package mailroom

import (
	"context"
	"errors"
	"log/slog"

	"parley/internal/attachment"
	"parley/internal/attachment/blob"
	"parley/internal/channel/email/deliver"
	"parley/internal/channel/email/receive"
	"parley/internal/channel/email/settings"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/library"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Node has the use cases of one process.
type Node struct {
	Settings *settings.Service
	Receive  *receive.Service
	Deliver  *deliver.Service
	Desk     *conversation.Service
	Files    *attachment.Service
}

// Options are those of a node's services.
type Options struct {
	Settings settings.Options
	Receive  receive.Options
	Deliver  deliver.Options
	Files    attachment.Options
}

// change applies changes to options, which log nowhere unless a change says so.
func (o Options) change(with []func(*Options)) Options {
	quiet := slog.New(slog.DiscardHandler)
	o.Settings.Log, o.Receive.Log, o.Deliver.Log, o.Files.Log = quiet, quiet, quiet, quiet
	for _, change := range with {
		change(&o)
	}
	return o
}

func newNode(s *store.Store, keys *secret.Keyring, bucket *blob.Bucket, o Options) *Node {
	people, outbox := contact.New(s), deliver.NewOutbox(keys)
	files := attachment.New(s, bucket, keys, Nobody{}, "https://parley.example.com", o.Files)
	desk := conversation.New(s, conversation.Deps{Viewers: Nobody{}, Outbox: outbox, Contacts: people, Attachments: files, Library: library.New(s, "https://parley.example.com")})
	channels := settings.New(s, keys, outbox, o.Settings)
	return &Node{
		Settings: channels, Desk: desk, Files: files,
		Receive: receive.New(s, keys, channels, people, desk, files, bucket, o.Receive),
		Deliver: deliver.New(s, keys, channels, desk, files, o.Deliver),
	}
}

// Nobody knows no viewer.
type Nobody struct{}

// ViewerOf fails.
func (Nobody) ViewerOf(context.Context, string, string, string) (*viewer.Viewer, error) {
	return nil, errors.New("nobody is known here")
}
