package main

import (
	"context"
	"log/slog"
	"time"

	"parley/graph"
	"parley/internal/consent"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/crm"
	"parley/internal/event"
	"parley/internal/inbox"
	"parley/internal/job"
	"parley/internal/node"
	"parley/internal/once"
	"parley/internal/people"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/targeting"
	"parley/internal/viewer"
	"parley/internal/visitor"
)

// app is the use cases, wired.
type app struct {
	store    *store.Store
	keys     *secret.Keyring
	queue    *job.Queue
	people   *people.Service
	inboxes  *inbox.Service
	visitors *visitor.Service
	services graph.Services
}

// wire makes the use cases on an open store and registers the background work.
func wire(s *store.Store, keys *secret.Keyring, publicURL string, log *slog.Logger) *app {
	a := &app{store: s, keys: keys, queue: job.New(s, log)}
	a.people = people.New(s)
	conversations := conversation.New(s, a.people)
	a.inboxes = inbox.New(s, a.people, conversations, keys, publicURL)
	contacts := contact.New(s)
	conversations.UseContacts(contacts)
	messages := targeting.New(s)
	a.visitors = visitor.New(s, keys, a.inboxes, contacts, conversations)
	a.services = graph.Services{
		People: a.people, Inboxes: a.inboxes, Contacts: contacts, Consents: consent.New(s), Targeting: messages, Visitors: a.visitors,
		Conversations: conversations, Events: event.New(s), Nodes: node.New(s), Tickets: crm.New(s),
	}
	a.register(conversations)
	return a
}

func (a *app) register(conversations *conversation.Service) {
	job.Register(a.queue, conversations.RunBulk, job.Options{})
	job.Register(a.queue, conversations.Release, job.Options{Timeout: time.Minute})
	job.Register(a.queue, conversations.ReleaseTeam, job.Options{Timeout: time.Minute})
	job.Register(a.queue, conversations.Wake, job.Options{})
	job.Register(a.queue, conversations.Offer, job.Options{Timeout: 10 * time.Minute})
	job.Register(a.queue, conversations.Reindex, job.Options{Timeout: 10 * time.Minute})
	a.inboxes.Register(a.queue)
	a.queue.Periodic("close-ended-bot-chats", time.Minute, conversations.CloseEndedBotChats)
	a.queue.Periodic("offer-conversations", time.Minute, conversations.OfferAll)
	a.queue.Periodic("wake-due-snoozes", time.Minute, conversations.WakeDue)
	a.queue.Periodic("purge-trash", time.Hour, conversations.PurgeTrash)
	a.queue.Periodic("forget-idempotency-keys", time.Hour, func(ctx context.Context) error { return once.Forget(ctx, a.store) })
}

// Authenticate knows staff by their API tokens and visitors by their sessions.
func (a *app) Authenticate(ctx context.Context, bearer string) (*viewer.Viewer, error) {
	if visitor.LooksLikeToken(bearer) {
		return a.visitors.Authenticate(ctx, bearer)
	}
	return a.people.Authenticate(ctx, bearer)
}
