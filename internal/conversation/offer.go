package conversation

import (
	"context"
	"strconv"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/internal/routing"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// OfferArgs asks that what routing left unassigned in an account be offered
// again: somebody may be able to take it (RT-4).
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

// freed has what waits offered again when the change leaves somebody with a
// conversation less.
func (ch *change) freed(ctx context.Context) error {
	was := occupied(ch.before)
	if was == "" || was == occupied(ch.c) {
		return nil
	}
	return RequestOffers(ctx, ch.tx)
}

// occupied is whose capacity a conversation takes up; "": nobody's (RT-2).
func occupied(c *ent.Conversation) string {
	if routable(c) && !c.SnoozedUntil.IsSet() {
		return c.AssigneeID
	}
	return ""
}

// offerSlice is how many waiting conversations are looked at together.
const offerSlice = 500

// waitingSQL finds what waits in an account, behind a place: whoever waits for
// the longest first.
const waitingSQL = `SELECT id, waiting_since FROM conversations WHERE awaits_offer
	AND inbox_id IN (SELECT id FROM inboxes WHERE deleted_at = 0 AND account_id = $1)
	AND status = 'OPEN' AND folder = 'MAIN' AND (waiting_since > $2 OR waiting_since = $2 AND id > $3)
	ORDER BY waiting_since, id LIMIT 500`

// Offer does what OfferArgs asks, a transaction for each conversation that
// somebody takes. It may run again: what was taken waits no more.
func (s *Service) Offer(ctx context.Context, args OfferArgs) error {
	ctx = byRouting(ctx, args.AccountID)
	idle := map[string]bool{}
	after := place{key: -1}
	for {
		places, err := readPlacesWith(ctx, s.store, waitingSQL, []any{args.AccountID, after.key, after.id})
		if err != nil || len(places) == 0 {
			return err
		}
		for _, p := range places {
			if err := s.offer(ctx, p.id, idle); gone(err) != nil {
				return err
			}
		}
		if len(places) < offerSlice {
			return nil
		}
		after = places[len(places)-1]
	}
}

// offer routes a conversation that waits. idle remembers the rules by which
// nobody can take anything now, so that thousands that wait cost little.
func (s *Service) offer(ctx context.Context, conversationID string, idle map[string]bool) error {
	taken, err := s.wouldBeTaken(ctx, conversationID, idle)
	if err != nil || !taken {
		return err
	}
	_, err = s.change(ctx, call{conversationID: conversationID}, func(ctx context.Context, ch *change) error {
		if !ch.c.AwaitsOffer || ch.c.SnoozedUntil.IsSet() {
			return nil
		}
		return ch.route(ctx, vocab.RoutedOffered)
	})
	return err
}

// wouldBeTaken asks without keeping anybody waiting.
func (s *Service) wouldBeTaken(ctx context.Context, conversationID string, idle map[string]bool) (bool, error) {
	c, err := find(ctx, s.store.Client(ctx).Conversation.Query(), conversationID)
	if err != nil {
		return false, err
	}
	r := s.router(ctx)
	rules, err := r.rules(ctx, c)
	if err != nil {
		return false, err
	}
	facts, err := r.facts(ctx, c, rules)
	if err != nil {
		return false, err
	}
	number, rule := routing.Pick(rules, facts)
	circle := c.RoutingSource + "/" + strconv.Itoa(c.TargetedMessageVersion) + "/" + strconv.Itoa(number)
	if rule.Target == vocab.RouteUnassigned || idle[circle] {
		return false, nil
	}
	d, err := r.choose(ctx, c, number, rule, routing.Case{})
	idle[circle] = d.AssigneeID == "" && rule.Target != vocab.RouteContactOwner
	return d.AssigneeID != "", err
}

// OfferAll does Offer for every account in which something waits. The system
// runs it each minute, for what nobody asked for: new members, for example.
func (s *Service) OfferAll(ctx context.Context) error {
	accounts := []string{}
	err := read(ctx, s.store, "SELECT DISTINCT account_id FROM conversations WHERE awaits_offer", nil, func(rows entsql.ColumnScanner) error {
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
