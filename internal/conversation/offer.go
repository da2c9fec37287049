package conversation

import (
	"context"
	"strconv"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/internal/conversation/view"
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

// offerFreed has what waits offered again when the change leaves someone with a
// conversation less.
func (ch *change) offerFreed(ctx context.Context) error {
	was := occupiedUser(ch.before)
	if was == "" || was == occupiedUser(ch.c) {
		return nil
	}
	return RequestOffers(ctx, ch.tx)
}

// occupiedUser is whose capacity a conversation takes up; "": no one's (RT-2).
func occupiedUser(c *ent.Conversation) string {
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
	ORDER BY waiting_since, id LIMIT $4`

// Offer does what OfferArgs asks, a transaction for each conversation that
// someone takes. It may run again: what was taken waits no more.
func (s *Service) Offer(ctx context.Context, args OfferArgs) error {
	ctx = byRouting(ctx, args.AccountID)
	idle := map[string]bool{}
	after := waiting{since: -1}
	for {
		slice, err := s.waitingAfter(ctx, args.AccountID, after)
		if err != nil {
			return err
		}
		for _, w := range slice {
			if err := s.offerConversation(ctx, w.id, idle); ignorePurged(err) != nil {
				return err
			}
		}
		if len(slice) < offerSlice {
			return nil
		}
		after = slice[len(slice)-1]
	}
}

// waiting is a conversation that waits to be offered.
type waiting struct {
	id    string
	since int64
}

// waitingAfter returns the next conversations that wait, longest first.
func (s *Service) waitingAfter(ctx context.Context, accountID string, after waiting) ([]waiting, error) {
	var found []waiting
	args := []any{accountID, after.since, after.id, offerSlice}
	err := store.ForEachRow(ctx, s.store, waitingSQL, args, func(rows entsql.ColumnScanner) error {
		var w waiting
		err := rows.Scan(&w.id, &w.since)
		found = append(found, w)
		return err
	})
	return found, err
}

// offerConversation routes a conversation that waits. idle remembers the rules by
// which no one can take anything now, so that thousands that wait cost little.
func (s *Service) offerConversation(ctx context.Context, conversationID string, idle map[string]bool) error {
	taken, err := s.wouldBeTaken(ctx, conversationID, idle)
	if err != nil || !taken {
		return err
	}
	err = s.changeAsSystem(ctx, conversationID, func(ctx context.Context, ch *change) error {
		if !ch.c.AwaitsOffer || ch.c.SnoozedUntil.IsSet() {
			return nil
		}
		return ch.route(ctx, vocab.RoutedOffered)
	})
	return err
}

// wouldBeTaken asks without keeping anyone waiting.
func (s *Service) wouldBeTaken(ctx context.Context, conversationID string, idle map[string]bool) (bool, error) {
	c, err := view.Find(ctx, s.store.Client(ctx).Conversation.Query(), conversationID)
	if err != nil {
		return false, err
	}
	r := s.router(ctx)
	rules, err := r.RulesOf(ctx, c)
	if err != nil {
		return false, err
	}
	facts, err := r.ReadFacts(ctx, c, rules)
	if err != nil {
		return false, err
	}
	number, rule := routing.Pick(rules, facts)
	turn := c.RoutingSource + "/" + strconv.Itoa(c.TargetedMessageVersion) + "/" + strconv.Itoa(number)
	if rule.Target == vocab.RouteUnassigned || idle[turn] {
		return false, nil
	}
	d, err := r.Choose(ctx, c, number, rule, routing.Case{})
	idle[turn] = d.AssigneeID == "" && rule.Target != vocab.RouteContactOwner
	return d.AssigneeID != "", err
}

// OfferAll does Offer for every account in which something waits. The system
// runs it each minute, for what no one asked for: new members, for example.
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
