package conversation

import (
	"context"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/routing"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// OfferArgs asks that what routing left unassigned in an account be offered
// again: someone may be able to take it (RT-4).
type OfferArgs struct {
	AccountID string `json:"accountId"`
}

// Kind names the job.
func (OfferArgs) Kind() string { return "offer-conversations" }

// RequestOffers has what waits in the account offered again after the commit.
// Whoever makes people able to take conversations calls it, after the change.
func RequestOffers(ctx context.Context, tx *store.Tx) error {
	accountID := viewer.FromContext(ctx).AccountID
	waiting, err := tx.Number(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM conversations WHERE awaits_offer
		AND inbox_id IN (SELECT id FROM inboxes WHERE deleted_at = 0 AND account_id = $1) LIMIT 1) AS waiting`, accountID)
	if err == nil && waiting > 0 {
		tx.Enqueue(store.Job{Args: OfferArgs{AccountID: accountID}})
	}
	return err
}

// offerSlice is how many waiting conversations are looked at together.
const offerSlice = 500

// Offer does what OfferArgs asks, a transaction for each conversation that
// someone takes: first those whose visitor is connected, then the others, of each the
// longest waiting first. It may run again: what was taken waits no more.
func (s *Service) Offer(ctx context.Context, args OfferArgs) error {
	ctx = byRouting(ctx, args.AccountID)
	o := newOffering(s.router(ctx))
	for _, connected := range []bool{true, false} {
		q := queue{accountID: args.AccountID, connected: connected, seenSince: o.router.Now.Add(-connectedFor), limit: offerSlice, after: place{since: -1}}
		for {
			slice, err := q.readPage(ctx, s.store.Query)
			if err != nil {
				return err
			}
			for _, w := range slice {
				if err := s.offerConversation(ctx, o, w, connected); ignorePurged(err) != nil {
					return err
				}
			}
			if len(slice) < offerSlice {
				break
			}
			q.after = slice[len(slice)-1].place
		}
	}
	return nil
}

// offerConversation routes a conversation that waits, if someone would take it.
func (s *Service) offerConversation(ctx context.Context, o *offering, w waiting, connected bool) error {
	taken, err := o.wouldBeTaken(ctx, w, connected)
	if err != nil || !taken {
		return err
	}
	return s.changeAsSystem(ctx, w.id, func(ctx context.Context, ch *change) error { return ch.offer(ctx) })
}

// offer routes a conversation that waits, if it does still.
func (ch *change) offer(ctx context.Context) error {
	if !ch.c.AwaitsOffer || ch.c.SnoozedUntil.IsSet() || !routable(ch.c) {
		return nil
	}
	rules, err := ch.router().RulesOf(byRouting(ctx, ch.c.AccountID), ch.c)
	if err != nil {
		return err
	}
	return ch.routeBy(ctx, rules, vocab.RoutedOffered)
}

// offerAgain offers a conversation that waits, and was out of sight until now, behind
// those who wait for longer (RT-4).
func (ch *change) offerAgain(ctx context.Context) error {
	if !ch.c.AwaitsOffer || ch.c.SnoozedUntil.IsSet() {
		return nil
	}
	return ch.route(ctx, vocab.RoutedOffered)
}

// offerBounds is what bounds an offer (RT-7). The zero value is no matter of offers.
type offerBounds struct {
	maxAge, perMinute int
	connected         bool
}

// limit is how many a person is offered within a minute; 0: any number.
func (b offerBounds) limit() int {
	if b.connected {
		return 0
	}
	return b.perMinute
}

// offerBounds are the bounds of offers of the conversation by its rules.
func (ch *change) offerBounds(ctx context.Context, rules vocab.Routing) (offerBounds, error) {
	b := offerBounds{maxAge: rules.MaxAge(), perMinute: rules.PerMinute()}
	var err error
	b.connected, err = isConnected(byRouting(ctx, ch.c.AccountID), ch.tx.Client, ch.c, ch.now())
	return b, err
}

// OfferAll does Offer for every account in which something waits. The system
// runs it often, for what no one asked for, and for what was more than someone is
// offered within a minute.
func (s *Service) OfferAll(ctx context.Context) error {
	accounts := []string{}
	err := store.ForEachRow(ctx, s.store, "SELECT DISTINCT account_id FROM conversations WHERE awaits_offer", nil, func(rows entsql.ColumnScanner) error {
		var accountID string
		err := rows.Scan(&accountID)
		accounts = append(accounts, accountID)
		return err
	})
	if err != nil {
		return err
	}
	for _, accountID := range accounts {
		if err := s.Offer(ctx, OfferArgs{AccountID: accountID}); err != nil {
			return err
		}
	}
	return nil
}

// offering is a round of offers. It remembers the rules by which no one can take
// anything now, so that thousands that wait cost little.
type offering struct {
	router routing.Router
	idle   map[turn]bool
	rules  map[turn]vocab.Routing
}

// turn is a rule of a source as of a version; the version matters only where the
// source is gone.
type turn struct {
	source        string
	version, rule int
}

func newOffering(r routing.Router) *offering {
	return &offering{router: r, idle: map[turn]bool{}, rules: map[turn]vocab.Routing{}}
}
