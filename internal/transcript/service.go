package transcript

import (
	"context"
	"time"

	"parley/internal/attachment"
	"parley/internal/channel/chat/visitor"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/event"
	"parley/internal/job"
	"parley/internal/reaction"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Service holds the use cases of transcripts. It is safe for concurrent use.
type Service struct {
	store     *store.Store
	visitors  *visitor.Service
	contacts  *contact.Service
	files     *attachment.Service
	signer    *secret.Signer
	ratings   *secret.Signer
	publicURL string

	conversations *conversation.Service
}

// New returns the use cases on a store. The keys sign the links by which contacts refuse
// further copies and rate conversations, which lie below publicURL.
func New(s *store.Store, keys *secret.Keyring, visitors *visitor.Service, contacts *contact.Service, conversations *conversation.Service, files *attachment.Service, publicURL string) *Service {
	return &Service{
		store: s, visitors: visitors, contacts: contacts, conversations: conversations, files: files, publicURL: publicURL,
		signer: keys.Signer(refusalAudience, s.Clock().Now), ratings: keys.Signer(ratingAudience, s.Clock().Now),
	}
}

// Register has the queue write what closed chats ask for.
func (s *Service) Register(q *job.Queue) {
	job.Register(q, s.Run, job.Options{})
	job.Register(q, s.Ask, job.Options{})
}

// Consumer queues the transcript of each chat that is closed.
func (s *Service) Consumer() reaction.Consumer {
	return reaction.Consumer{Name: "send-transcripts", Types: []vocab.EventType{vocab.ConversationClosed}, Handle: s.afterClose}
}

// closedWithin is how old a close may be to have its transcript sent still: after a long
// standstill, or from data that was brought in, no one gets last week's.
const closedWithin = 24 * time.Hour

func (s *Service) afterClose(ctx context.Context, e *event.Entry) error {
	if e.OccurredAt < s.store.Now().Add(-closedWithin) {
		return nil
	}
	ctx = viewer.NewContext(ctx, viewer.System("transcript", e.AccountID))
	return reaction.Once(ctx, s.store, func(_ context.Context, tx *store.Tx) error {
		tx.Enqueue(store.Job{Args: SendArgs{AccountID: e.AccountID, ConversationID: e.ConversationID}})
		return nil
	})
}

// SendArgs are the arguments of the job that sends the transcript of a closed chat.
type SendArgs struct {
	AccountID      string `json:"accountId"`
	ConversationID string `json:"conversationId"`
}

// Kind names the job.
func (SendArgs) Kind() string { return "send-transcript" }
