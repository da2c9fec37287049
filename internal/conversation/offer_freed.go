package conversation

import (
	"context"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/vocab"
)

// mostAhead is how many of those who wait a transaction looks at: what is behind them
// is a job's.
const mostAhead = 100

// offerFreed offers the place that the change frees, if it leaves someone who has as
// many chats as they may have with one less (RT-4). What it does not get to is offered
// after the commit.
func (ch *change) offerFreed(ctx context.Context) error {
	was := occupiedUser(ch.before)
	if was == "" || was == occupiedUser(ch.c) || !ch.c.Kind.Abilities().TakesCapacity {
		return nil
	}
	ctx = byRouting(ctx, ch.c.AccountID)
	u, err := ch.tx.Client.User.Get(ctx, was)
	if err != nil || u.ChatCapacity == 0 {
		return err
	}
	// Who finds no place now commits before: then they are among those who wait.
	r := ch.router()
	if err := r.HoldAccount(ctx, ch.c.AccountID); err != nil {
		return err
	}
	o := newOffering(r)
	for _, connected := range []bool{true, false} {
		q := queue{accountID: ch.c.AccountID, connected: connected, seenSince: ch.now().Add(-connectedFor), limit: mostAhead, after: place{since: -1}}
		slice, err := q.readPage(ctx, ch.tx.Query)
		if err != nil {
			return err
		}
		for _, w := range slice {
			if taken, err := ch.giveTo(ctx, o, w, connected); err != nil || taken {
				return err
			}
		}
	}
	return RequestOffers(ctx, ch.tx)
}

// giveTo offers another conversation within the change's transaction, and reports
// whether someone took it. One that someone else is changing now is passed over.
func (ch *change) giveTo(ctx context.Context, o *offering, w waiting, connected bool) (bool, error) {
	taken, err := o.wouldBeTaken(ctx, w, connected)
	if err != nil || !taken || w.id == ch.c.ID {
		return false, err
	}
	c, err := view.Find(ctx, ch.tx.Client.Conversation.Query().Modify(store.ForUpdateSkipLocked).ConversationQuery, w.id)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	other := newChange(ch.tx, c)
	if err := other.offer(ctx); err != nil {
		return false, err
	}
	return other.c.AssigneeID != "", other.save(ctx)
}

// letAhead offers what is there for a conversation to those who wait for longer by the
// same rule and are connected; never to those who have left (RT-4).
func (ch *change) letAhead(ctx context.Context, rules vocab.Routing) error {
	if len(rules.Rules) == 0 || ch.c.WaitingSince == clock.Never {
		return nil
	}
	ctx = byRouting(ctx, ch.c.AccountID)
	q := queue{
		accountID: ch.c.AccountID, connected: true, seenSince: ch.now().Add(-connectedFor), limit: mostAhead, after: place{since: -1},
		source: ch.c.RoutingSource, before: ch.c.WaitingSince,
	}
	ahead, err := q.readPage(ctx, ch.tx.Query)
	if err != nil || len(ahead) == 0 {
		return err
	}
	o := newOffering(ch.router())
	mine, _, err := o.pick(ctx, ch.c, rules)
	if err != nil {
		return err
	}
	for _, w := range ahead {
		if same, err := ch.sameRule(ctx, o, w, rules, mine); err != nil {
			return err
		} else if !same {
			continue
		}
		if _, err := ch.giveTo(ctx, o, w, true); err != nil {
			return err
		}
	}
	return nil
}

// sameRule reports whether another conversation of the source is routed by the rule of
// that number.
func (ch *change) sameRule(ctx context.Context, o *offering, w waiting, rules vocab.Routing, number int) (bool, error) {
	if len(rules.Rules) == 1 {
		return true, nil
	}
	c, err := view.Find(ctx, ch.tx.Client.Conversation.Query(), w.id)
	if err != nil {
		return false, ignorePurged(err)
	}
	theirs, _, err := o.pick(ctx, c, rules)
	return theirs == number, err
}

// occupiedUser is whose capacity a conversation takes up; "": no one's (RT-2).
func occupiedUser(c *ent.Conversation) string {
	if routable(c) && !c.SnoozedUntil.IsSet() {
		return c.AssigneeID
	}
	return ""
}
