package custom

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"parley/ent"
	"parley/ent/customchannel"
	"parley/internal/attachment"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/job"
	"parley/internal/presence"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Service holds the use cases of custom channels. It is safe for concurrent use.
type Service struct {
	store  *store.Store
	keys   *secret.Keyring
	deps   Deps
	client *http.Client
	turns  *job.Turns // of accounts whose files are being fetched
	log    *slog.Logger

	// lastTended is the account with files at which the last round ended.
	lastTended string
}

// Deps are what the use cases need of the packages around them. All are required.
type Deps struct {
	Conversations *conversation.Service
	Contacts      *contact.Service
	Files         *attachment.Service
	// Client fetches files from public addresses only.
	Client *http.Client
	// MaxBytes is the largest file that is fetched.
	MaxBytes int64
	// FileTimeout is how long a server may take to give a file; zero: as long as the client
	// lets it.
	FileTimeout time.Duration
}

// New returns the use cases on a store. keys seal the addresses of files.
func New(s *store.Store, keys *secret.Keyring, d Deps, log *slog.Logger) *Service {
	client := fetching(d.Client)
	if client != nil && d.FileTimeout > 0 {
		client.Timeout = d.FileTimeout
	}
	return &Service{store: s, keys: keys, deps: d, client: client, turns: job.NewTurns(filesAtOnce, filesOfOne), log: log}
}

// Register has a queue do what the use cases leave to it.
func (s *Service) Register(q *job.Queue) {
	job.Register(q, s.FetchFiles, job.Options{Timeout: 3 * time.Minute})
	job.Register(q, s.CancelRemoved, job.Options{Timeout: 5 * time.Minute})
	q.Periodic("tend-outboxes", RoundEvery, s.TendOutboxes)
	q.Periodic("tend-channel-files", RoundEvery, s.TendFiles)
}

// Live is what of the channels streams: the outbox, and who types.
type Live struct {
	service  *Service
	feed     *event.Feed
	presence *presence.Service
}

// NewLive returns the streams of the channels, which follow a feed.
func NewLive(s *Service, feed *event.Feed, p *presence.Service) *Live { return &Live{s, feed, p} }

// system is a context of Parley's own work in the caller's name: it sees what the connector
// need not see, such as the contact that a sender is.
func system(ctx context.Context) context.Context { return viewer.AsSystem(ctx, "custom-channels") }

// findChannel returns a custom channel that the caller's connector may act on: NOT_FOUND on
// channelId for any other.
func findChannel(ctx context.Context, client *ent.Client, channelID string) (*ent.CustomChannel, error) {
	unknown := errs.New(errs.NotFound, "There is no custom channel %q that you may use.", errs.Clip(channelID)).On("channelId")
	v := viewer.FromContext(ctx).Actor()
	if !id.Is(channelID, id.Channel) || !mayUse(v, channelID) {
		return nil, unknown
	}
	c, err := client.CustomChannel.Query().Where(customchannel.ID(channelID), customchannel.RemovedAt(0)).Only(ctx)
	if ent.IsNotFound(err) || err == nil && !v.AllInboxes() && !v.InInbox(c.InboxID) {
		return nil, unknown
	}
	return c, err
}

// InboxOf is the inbox of a channel that the caller's connector may act on: NOT_FOUND on
// channelId for any other.
func (s *Service) InboxOf(ctx context.Context, channelID string) (string, error) {
	c, err := findChannel(ctx, s.store.Client(ctx), channelID)
	if err != nil {
		return "", err
	}
	return c.InboxID, nil
}

// mayUse reports whether a token acts on a channel: one that is bound to another does not.
func mayUse(v *viewer.Viewer, channelID string) bool {
	return v.Kind != viewer.Integration || v.ChannelID == "" || v.ChannelID == channelID
}

const (
	// seenEvery is how exactly it is known when a connector last called.
	seenEvery = time.Minute
	// silentAfter is after how long without a call a connector is silent.
	silentAfter = 2 * time.Minute
)

// recordSeen notes within the caller's transaction that the channel's connector called.
func recordSeen(ctx context.Context, tx *store.Tx, c *ent.CustomChannel) error {
	if c.LastSeenAt > tx.Now().Add(-seenEvery) {
		return nil
	}
	_, err := tx.Exec(ctx, "UPDATE custom_channels SET last_seen_at = $1 WHERE id = $2 AND last_seen_at < $1", int64(tx.Now()), c.ID)
	return err
}

// State is whether the channel's connector is there.
func (s *Service) State(c *ent.CustomChannel) vocab.EmailChannelState {
	switch {
	case c.RemovedAt.IsSet():
		return vocab.EmailDisconnected
	case !c.LastSeenAt.IsSet():
		return vocab.EmailConnecting
	case c.LastSeenAt > s.store.Now().Add(-silentAfter):
		return vocab.EmailConnected
	}
	return vocab.EmailDisconnected
}
