package notification

import (
	"context"
	"encoding/json"
	"strings"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/pushsubscription"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/webpush"
)

const (
	// mostBrowsers is how many browsers show a user's notifications.
	mostBrowsers = 20
	// maxUserAgent is the most characters of a browser's name.
	maxUserAgent = 200
)

// PushPublicKey is the installation's key for web push. It is made when it is first asked for.
func (s *Service) PushPublicKey(ctx context.Context) (string, error) {
	if _, err := me(ctx); err != nil {
		return "", err
	}
	keys, err := s.pushKeys(ctx)
	return keys.Public, err
}

// keyOfPush names the one pair of keys, and where its private one stands.
const keyOfPush = "vapid"

// pushKeys are the installation's: of nodes that make them at the same time, one wins.
func (s *Service) pushKeys(ctx context.Context) (webpush.Keys, error) {
	keys, err := s.storedPushKeys(ctx)
	if err != nil || keys.Public != "" {
		return keys, err
	}
	made, err := webpush.NewKeys()
	if err != nil {
		return keys, err
	}
	sealed, err := s.keys.Seal([]byte(made.Private), placeOfKey(made.Public))
	if err != nil {
		return keys, err
	}
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO push_keys (name, public_key, private_key, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING",
			keyOfPush, made.Public, sealed, int64(tx.Now()))
		return err
	})
	if err != nil {
		return keys, err
	}
	return s.storedPushKeys(ctx)
}

func placeOfKey(public string) []byte { return []byte("push_keys.private_key." + public) }

func (s *Service) storedPushKeys(ctx context.Context) (keys webpush.Keys, err error) {
	sealed := ""
	err = store.ForEachRow(ctx, s.store, "SELECT public_key, private_key FROM push_keys WHERE name = $1", []any{keyOfPush}, func(rows sql.ColumnScanner) error {
		return rows.Scan(&keys.Public, &sealed)
	})
	if err != nil || sealed == "" {
		return keys, err
	}
	private, err := s.keys.Open(sealed, placeOfKey(keys.Public))
	keys.Private = string(private)
	return keys, err
}

// PushSubscriptions are the caller's browsers, newest first.
func (s *Service) PushSubscriptions(ctx context.Context) ([]*ent.PushSubscription, error) {
	v, err := me(ctx)
	if err != nil {
		return nil, err
	}
	return s.store.Client(ctx).PushSubscription.Query().Where(pushsubscription.UserID(v.ActorID)).
		Order(pushsubscription.ByID(sql.OrderDesc())).Limit(mostBrowsers).All(ctx)
}

// RegisterPush has a browser show the caller's notifications, until the session or token that
// they call with ends. Errors: INVALID and TOO_LONG on endpoint, p256dh, auth and userAgent;
// INVALID for an address within the operator's network.
func (s *Service) RegisterPush(ctx context.Context, in RegisterPushSubscriptionInput) (*ent.PushSubscription, error) {
	v, err := me(ctx)
	if err != nil {
		return nil, err
	}
	b, host, err := webpush.Read(in.Endpoint, in.P256dh, in.Auth)
	if err != nil {
		return nil, err
	}
	agent := ""
	if in.UserAgent != nil {
		if agent = strings.TrimSpace(*in.UserAgent); len([]rune(agent)) > maxUserAgent {
			return nil, errs.Exceeds(maxUserAgent, "The browser has at most %d characters.", maxUserAgent).On("userAgent")
		}
	}
	if err := s.push.Check(ctx, b); err != nil {
		return nil, err
	}
	n := &ent.PushSubscription{UserID: v.ActorID, TokenID: v.TokenID, EndpointHash: hashOf(b), Host: host, UserAgent: agent}
	known, err := s.store.Client(ctx).PushSubscription.Query().Where(pushsubscription.UserID(v.ActorID), pushsubscription.EndpointHash(n.EndpointHash)).IDs(ctx)
	if err != nil {
		return nil, err
	}
	if n.ID = id.New(id.PushSubscription); len(known) > 0 {
		n.ID = known[0]
	}
	if n.Sealed, err = s.sealBrowser(n.EndpointHash, b); err != nil {
		return nil, err
	}
	var kept *ent.PushSubscription
	find := func(ctx context.Context, tx *store.Tx, subscriptionID string) (err error) {
		kept, err = findBrowser(ctx, tx, subscriptionID)
		return err
	}
	call := idempotency.Call{Mutation: "registerPushSubscription", Key: in.IdempotencyKey, Input: in, Result: n.ID}
	err = idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := keepBrowser(ctx, tx, v, n); err != nil {
			return err
		}
		kept, err = tx.Client.PushSubscription.Query().Where(pushsubscription.EndpointHash(n.EndpointHash)).Only(ctx)
		return err
	}, find)
	return kept, err
}

func hashOf(b webpush.Browser) string { return encode(secret.HashToken(b.Endpoint)) }

func (s *Service) sealBrowser(hash string, b webpush.Browser) (string, error) {
	raw, err := json.Marshal(b)
	if err != nil {
		return "", err
	}
	return s.keys.Seal(raw, placeOfBrowser(hash))
}

func (s *Service) openBrowser(n *ent.PushSubscription) (b webpush.Browser, err error) {
	raw, err := s.keys.Open(n.Sealed, placeOfBrowser(n.EndpointHash))
	if err != nil {
		return b, err
	}
	return b, json.Unmarshal(raw, &b)
}

func placeOfBrowser(hash string) []byte { return []byte("push_subscriptions.sealed." + hash) }

// keepBrowser stores a browser, takes it from whoever had it, and removes what is beyond the
// user's most.
func keepBrowser(ctx context.Context, tx *store.Tx, v *viewer.Viewer, n *ent.PushSubscription) error {
	// Also of another account: the browser is where someone else signed in meanwhile.
	if _, err := tx.Exec(ctx, "DELETE FROM push_subscriptions WHERE endpoint_hash = $1 AND user_id <> $2", n.EndpointHash, v.ActorID); err != nil {
		return err
	}
	now := int64(tx.Now())
	if _, err := tx.Exec(ctx, `INSERT INTO push_subscriptions (id, account_id, user_id, token_id, endpoint_hash, host, sealed, user_agent, failures, used_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, $9)
		ON CONFLICT (endpoint_hash) DO UPDATE SET token_id = excluded.token_id, sealed = excluded.sealed, user_agent = excluded.user_agent, failures = 0`,
		n.ID, v.AccountID, v.ActorID, v.TokenID, n.EndpointHash, n.Host, n.Sealed, n.UserAgent, now); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM push_subscriptions WHERE user_id = $1 AND account_id = $2 AND endpoint_hash <> $3 AND id NOT IN (
			SELECT id FROM push_subscriptions WHERE user_id = $4 AND account_id = $5 AND endpoint_hash <> $6
			ORDER BY CASE WHEN used_at > created_at THEN used_at ELSE created_at END DESC, id DESC LIMIT $7)`,
		v.ActorID, v.AccountID, n.EndpointHash, v.ActorID, v.AccountID, n.EndpointHash, mostBrowsers-1)
	return err
}

func findBrowser(ctx context.Context, tx *store.Tx, subscriptionID string) (*ent.PushSubscription, error) {
	if id.Is(subscriptionID, id.PushSubscription) {
		n, err := tx.Client.PushSubscription.Query().Where(pushsubscription.ID(subscriptionID)).Only(ctx)
		if !ent.IsNotFound(err) {
			return n, err
		}
	}
	return nil, errs.New(errs.NotFound, "You have no browser %q that shows notifications.", errs.Clip(subscriptionID)).On("pushSubscriptionId")
}

// RemovePush has a browser of the caller's show no more notifications, and returns its id.
// NOT_FOUND for one that is none of theirs.
func (s *Service) RemovePush(ctx context.Context, in RemovePushSubscriptionInput) (string, error) {
	if _, err := me(ctx); err != nil {
		return "", err
	}
	call := idempotency.Call{Mutation: "removePushSubscription", Key: in.IdempotencyKey, Input: in, Result: in.PushSubscriptionID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		n, err := findBrowser(ctx, tx, in.PushSubscriptionID)
		if err != nil {
			return err
		}
		return tx.Client.PushSubscription.DeleteOneID(n.ID).Exec(ctx)
	}, nil)
	return in.PushSubscriptionID, err
}
