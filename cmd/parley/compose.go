package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"parley/graph"
	"parley/internal/account"
	"parley/internal/annotation"
	"parley/internal/attachment"
	"parley/internal/audit"
	"parley/internal/authserver"
	"parley/internal/bot"
	"parley/internal/bus"
	"parley/internal/channel/chat/consent"
	"parley/internal/channel/chat/settings"
	"parley/internal/channel/chat/targeting"
	"parley/internal/channel/chat/visitor"
	"parley/internal/channel/custom"
	"parley/internal/channel/email/deliver"
	"parley/internal/channel/email/digest"
	"parley/internal/channel/email/receive"
	emailsettings "parley/internal/channel/email/settings"
	"parley/internal/channel/email/thread"
	"parley/internal/company"
	"parley/internal/contact"
	"parley/internal/contact/transfer"
	"parley/internal/conversation"
	conversationlive "parley/internal/conversation/live"
	"parley/internal/conversation/view"
	"parley/internal/crm"
	crmlive "parley/internal/crm/live"
	"parley/internal/egress"
	"parley/internal/engagement"
	"parley/internal/event"
	"parley/internal/idempotency"
	"parley/internal/inbox"
	"parley/internal/job"
	"parley/internal/library"
	"parley/internal/loader"
	"parley/internal/modeltext"
	"parley/internal/notification"
	"parley/internal/presence"
	"parley/internal/privacy"
	"parley/internal/property"
	"parley/internal/proposal"
	"parley/internal/quote"
	"parley/internal/reaction"
	"parley/internal/remoteimage"
	"parley/internal/seal"
	"parley/internal/session"
	"parley/internal/signin"
	"parley/internal/slack"
	"parley/internal/store"
	"parley/internal/tag"
	"parley/internal/timeline"
	timelinelive "parley/internal/timeline/live"
	"parley/internal/transcript"
	"parley/internal/webhook"
	"parley/internal/webpush"
)

// app is the use cases, and what does their background work. All of them are
// there in every command.
type app struct {
	store         *store.Store
	queue         *job.Queue
	reactions     *reaction.Engine
	accounts      *account.Service
	audit         *audit.Service
	seals         *seal.Service
	signIns       *signin.Service
	apps          *authserver.Service
	contacts      *contact.Service
	files         *attachment.Service
	images        *remoteimage.Service
	library       *library.Service
	quotes        *quote.Service
	conversations *conversation.Service
	emails        *emailsettings.Service
	receiving     *receive.Service
	delivery      *deliver.Service
	inboxes       *inbox.Service
	chats         *settings.Service
	visitors      *visitor.Service
	digests       *digest.Service
	engagements   *engagement.Service
	transcripts   *transcript.Service
	notifications *notification.Service
	webhooks      *webhook.Service
	transfers     *transfer.Service
	privacy       *privacy.Service
	bots          *bot.Service
	proposals     *proposal.Service
	custom        *custom.Service
	slack         *slack.Service
}

// compose makes the use cases, each from those before it, and registers their
// background work. It is the one place that knows all of them.
func compose(opened *storage, c *serverSettings, log *slog.Logger) (*app, error) {
	s, keys := opened.store, opened.keys
	o, err := c.options(opened, log)
	if err != nil {
		return nil, err
	}
	a := &app{store: s, queue: job.New(s, log), reactions: reaction.New(s, log)}
	a.accounts, a.audit, a.seals = account.New(s), audit.New(s), seal.New(s, keys, c.sealing(opened.dataDir, log))
	a.accounts.UseInviting(c.inviting())
	a.signIns = signin.New(s, keys, o.signIns)
	a.apps = authserver.New(s, keys, c.PublicURL, egress.New(o.apps).HTTPClient(), log)
	a.contacts = contact.New(s)
	a.transfers = transfer.New(s, keys, a.contacts, a.accounts, c.PublicURL, transfer.Options{MaxBytes: o.files.MaxBytes})
	a.files = attachment.New(s, opened.blobs, keys, a.accounts, c.PublicURL, o.files)
	a.engagements = engagement.New(s, a.files)
	a.images = remoteimage.New(s, keys, egress.New(o.images).HTTPClient(), c.PublicURL, log)
	outbox := deliver.NewOutbox(keys)
	a.library, a.quotes = library.New(s, c.PublicURL), quote.New(s, c.PublicURL, a.files)
	a.conversations = conversation.New(s, conversation.Deps{Viewers: a.accounts, Outbox: outbox, Contacts: a.contacts, Attachments: a.files, Library: a.library, Quotes: a.quotes, Keys: keys})
	a.emails = emailsettings.New(s, keys, outbox, o.emails)
	a.receiving = receive.New(s, keys, a.emails, a.contacts, a.conversations, a.files, opened.blobs, o.receive)
	a.receiving.UseViewers(a.accounts)
	a.delivery = deliver.New(s, keys, a.emails, a.conversations, a.files, o.deliver)
	a.inboxes = inbox.New(s, a.accounts, a.conversations, a.emails)
	a.inboxes.UseOutgoingMail(inbox.OutgoingMail{Server: c.SMTPURL != "", Sender: c.MailFrom != ""})
	a.chats = settings.New(s, a.accounts, keys, c.PublicURL)
	o.visitors.Threads = thread.NewTokens(keys)
	a.visitors = visitor.New(s, keys, a.chats, a.contacts, a.conversations, o.visitors)
	a.digests = digest.New(s, keys, a.accounts, a.conversations, a.emails, c.PublicURL)
	a.transcripts = transcript.New(s, keys, a.visitors, a.contacts, a.conversations, a.files, c.PublicURL)
	pushing := webpush.New(egress.New(o.pushes), s.Clock(), c.pushContact(), c.pushRoots)
	a.notifications = notification.New(s, keys, a.accounts, pushing, notification.Addresses{Public: c.PublicURL, Conversation: c.ConversationURL}, log)
	a.notifications.UseMailboxes(a.receiving)
	a.receiving.UseSentences(a.notifications)
	a.webhooks = webhook.New(s, keys, view.New(s), a.accounts, o.webhooks, log)
	a.privacy = privacy.New(s, keys, privacy.Deps{
		Conversations: a.conversations, Contacts: a.contacts, Files: a.files, Blobs: opened.blobs, Viewers: a.accounts,
	}, c.PublicURL)
	a.proposals = proposal.New(s, keys, proposal.Deps{Conversations: a.conversations, Records: crm.New(s), Viewers: a.accounts}, c.PublicURL)
	a.custom = custom.New(s, keys, custom.Deps{
		Conversations: a.conversations, Contacts: a.contacts, Files: a.files, Client: egress.New(o.channelFiles).HTTPClient(), MaxBytes: o.files.MaxBytes,
		FileTimeout: c.channelFileTimeout,
	}, log)
	a.slack = slack.New(s, keys, slack.Deps{Conversations: a.conversations, Views: view.New(s), Files: a.files, Viewers: a.accounts}, o.slack, log)
	a.notifications.UseSlack(a.slack)
	a.slack.UseNotices(a.notifications)
	a.bots = bot.New(s, bot.Deps{Conversations: a.conversations, Chats: a.visitors, Library: a.library, Senders: a.custom})
	for _, consumer := range slices.Concat(a.conversations.Consumers(), crm.New(s).Consumers(), a.contacts.Consumers(), a.bots.Consumers(), a.proposals.Consumers(), []reaction.Consumer{a.transcripts.Consumer(), a.transcripts.Asker(), a.notifications.Consumer(), a.webhooks.Consumer(), a.slack.Consumer()}) {
		a.reactions.Register(consumer)
	}
	o.mailer.Register(a.queue, keys, a.emails, a.privacy)
	a.registerJobs()
	a.registerRounds(c)
	return a, nil
}

// registerJobs has the queue do what the use cases leave to it.
func (a *app) registerJobs() {
	job.Register(a.queue, a.conversations.RunBulk, job.Options{})
	job.Register(a.queue, a.conversations.Release, job.Options{Timeout: 10 * time.Minute})
	job.Register(a.queue, a.conversations.ReleaseTeam, job.Options{Timeout: 10 * time.Minute})
	job.Register(a.queue, a.conversations.Wake, job.Options{})
	job.Register(a.queue, a.conversations.RerouteUnanswered, job.Options{})
	job.Register(a.queue, a.conversations.Offer, job.Options{Timeout: 10 * time.Minute})
	job.Register(a.queue, a.conversations.Reindex, job.Options{Timeout: 10 * time.Minute})
	job.Register(a.queue, a.emails.RunRevoke, job.Options{Timeout: time.Minute})
	job.Register(a.queue, a.emails.EndSending, job.Options{})
	job.Register(a.queue, a.receiving.RunIngest, job.Options{Timeout: 2 * time.Minute})
	job.Register(a.queue, a.receiving.RunReclassify, job.Options{Timeout: 5 * time.Minute})
	job.Register(a.queue, a.delivery.Send, job.Options{Timeout: 11 * time.Minute})
	a.receiving.Register(a.queue)
	a.contacts.Register(a.queue)
	a.inboxes.Register(a.queue)
	a.files.Register(a.queue)
	a.engagements.Register(a.queue)
	a.transcripts.Register(a.queue)
	a.notifications.Register(a.queue)
	a.signIns.Register(a.queue)
	a.webhooks.Register(a.queue)
	a.transfers.Register(a.queue)
	a.privacy.Register(a.queue)
	a.custom.Register(a.queue)
	a.slack.Register(a.queue)
}

// registerRounds has the queue do what comes back by the clock.
func (a *app) registerRounds(c *serverSettings) {
	a.queue.Periodic("close-ended-bot-chats", time.Minute, a.conversations.CloseEndedBotChats)
	a.queue.Periodic("tend-bot-runs", bot.RoundEvery, a.bots.TendRuns)
	a.queue.Periodic("seal-logs", seal.Every, a.seals.Round)
	a.queue.Periodic("offer-conversations", 20*time.Second, a.conversations.OfferAll)
	a.queue.Periodic("settle-presence", 15*time.Second, a.accounts.SettlePresence)
	a.queue.Periodic("pass-on-chats", time.Minute, a.conversations.PassOn)
	a.queue.Periodic("close-silent", time.Minute, a.conversations.CloseSilent)
	a.queue.Periodic("wake-due-snoozes", time.Minute, a.conversations.WakeDue)
	a.queue.Periodic("expire-quotes", time.Minute, a.quotes.ExpireDue)
	a.queue.Periodic("index-outdated", time.Minute, a.conversations.IndexOutdated)
	a.queue.Periodic("purge-trash", time.Hour, a.conversations.PurgeTrash)
	a.queue.Periodic("overwrite-deleted", time.Hour, a.store.OverwriteDeleted)
	a.queue.Periodic("tend-reactions", time.Hour, a.reactions.Tend)
	a.queue.Periodic("ingest-overdue-mail", time.Minute, a.receiving.IngestOverdue)
	a.queue.Periodic("mail-filtered-digests", time.Hour, a.digests.MailAll)
	a.queue.Periodic("forget-merges", time.Hour, a.contacts.ForgetMerges)
	a.queue.Periodic("escalate-notifications", notification.EscalateEvery, a.notifications.Escalate)
	a.queue.Periodic("forget-notifications", time.Hour, a.notifications.Forget)
	a.queue.Periodic("forget-webhook-deliveries", time.Hour, a.webhooks.Forget)
	a.queue.Periodic("forget-slack", time.Hour, a.slack.Forget)
	a.queue.Periodic("forget-sign-ins", time.Hour, a.emails.ForgetSignIns)
	a.queue.Periodic("forget-sessions", time.Hour, a.accounts.ForgetSessions)
	a.queue.Periodic("forget-sign-ins-of-people", time.Hour, a.signIns.Forget)
	a.queue.Periodic("forget-apps", time.Hour, a.apps.Forget)
	a.queue.Periodic("forget-idempotency-keys", time.Hour, func(ctx context.Context) error { return idempotency.Forget(ctx, a.store) })
	a.queue.Periodic("forget-purged-ids", time.Hour, func(ctx context.Context) error { return idempotency.ForgetPurged(ctx, a.store) })
	a.queue.Periodic("forget-visitors-traces", time.Hour, a.visitors.Forget)
	if delay := c.MissedReplyDelay; delay > 0 {
		a.queue.Periodic("mail-missed-replies", min(max(delay/2, time.Second), time.Minute), a.visitors.MailMissed)
	}
	a.queue.Periodic("forget-audit-marks", time.Hour, a.audit.ForgetMarks)
	if kept := c.AuditRetention; kept > 0 {
		a.queue.Periodic("trim-audit-log", time.Hour, func(ctx context.Context) error { return a.audit.Trim(ctx, kept) })
	}
	events := event.New(a.store)
	a.queue.Periodic("trim-log", time.Hour, func(ctx context.Context) error { return events.Trim(ctx, c.EventRetention) })
}

// live is what subscriptions and the log's consumers need: the bus to the other
// nodes, the feed of the log that it speeds up, and the streams.
type live struct {
	bus           *bus.Bus
	feed          *event.Feed
	sessions      *session.Sessions
	presence      *presence.Service
	conversations *conversationlive.Service
	visitors      *visitor.Live
	reactions     *reaction.Engine
	accounts      *account.Service
	bots          *bot.Service
	webhooks      *webhook.Service
	slack         *slack.Service
	log           *slog.Logger
}

// connect opens the bus and makes the streams. The log's consumers are known from then on, so
// that they miss nothing of what is served.
func (a *app) connect(ctx context.Context, url string, log *slog.Logger) (*live, error) {
	if err := a.reactions.Introduce(ctx); err != nil {
		return nil, err
	}
	name, err := os.Hostname()
	if err != nil {
		name = "parley"
	}
	b, err := bus.Open(bus.Options{URL: url, Log: log, Name: name})
	if err != nil {
		return nil, fmt.Errorf("PARLEY_NATS_URL: %w", err)
	}
	l := &live{bus: b, feed: event.NewFeed(a.store, b, log), presence: presence.New(a.store, b, log), reactions: a.reactions, accounts: a.accounts, bots: a.bots, webhooks: a.webhooks, slack: a.slack, log: log}
	a.bots.UseTyping(l.presence)
	a.notifications.UseLive(b, l.presence)
	l.sessions = session.New(a, l.feed, a.store.Clock())
	l.conversations = conversationlive.New(a.store, l.feed, log)
	l.visitors = visitor.NewLive(a.visitors, l.feed, l.conversations, l.presence)
	return l, nil
}

// schema is the API. The documents of webhook endpoints run on it.
func (a *app) schema(l *live, limits graph.Limits, log *slog.Logger, with ...graph.Feature) (graphql.ExecutableSchema, error) {
	schema, err := graph.Schema(a.services(l), with...)
	if err != nil {
		return nil, err
	}
	a.webhooks.UseDocuments(graph.NewWebhookDocuments(schema, limits, log))
	return schema, nil
}

// services is what the API resolves to.
func (a *app) services(l *live) graph.Services {
	records := crm.New(a.store)
	return graph.Services{
		Accounts: a.accounts, Custom: a.custom, LiveCustom: custom.NewLive(a.custom, l.feed, l.presence), Audit: a.audit, SignIns: a.signIns, Bots: a.bots, Proposals: a.proposals, Annotations: annotation.New(a.store), Companies: company.New(a.store), Contacts: a.contacts, Attachments: a.files, RemoteImages: a.images, Conversations: a.conversations, Views: view.New(a.store),
		EmailSettings: a.emails, EmailReceiving: a.receiving, EmailDelivery: a.delivery, Inboxes: a.inboxes, ChatSettings: a.chats,
		Consents: consent.New(a.store), Targeting: targeting.New(a.store), Visitors: a.visitors, Transcripts: a.transcripts, Notifications: a.notifications, Webhooks: a.webhooks, Slack: a.slack, ModelTexts: modeltext.New(a.conversations, loader.New(a.store), a.files, a.receiving), Transfers: a.transfers, Engagements: a.engagements, Timelines: timeline.New(a.store), Privacy: a.privacy, Records: records, LiveTickets: crmlive.New(records, l.feed), LiveTimelines: timelinelive.New(a.store, l.feed), BotWork: bot.NewWork(a.bots, l.feed),
		Tags: tag.New(a.store), Properties: property.New(a.store), Library: a.library, Quotes: a.quotes,
		Events: event.New(a.store), Nodes: loader.New(a.store),
		Feed: l.feed, Presence: l.presence, LiveConversations: l.conversations, LiveVisitors: l.visitors,
	}
}
