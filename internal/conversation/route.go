package conversation

import (
	"context"
	"strconv"

	"parley/ent"
	"parley/ent/routingdecision"
	"parley/internal/availability"
	"parley/internal/id"
	"parley/internal/routing"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// byRouting is a context of Parley's own routing, which the log names as whose
// doing it was, and which looks at people and conversations of the whole
// account.
func byRouting(ctx context.Context, accountID string) context.Context {
	return viewer.NewContext(ctx, viewer.System("routing", accountID))
}

// route gives the conversation to whom the rules of its source say, if no one
// has it (RT-1). It decides nothing for what is closed, filtered, in the trash
// or in a bot's hands, and leaves alone what was given to a team by hand. Those of
// the same rule who wait for longer and are connected come first (RT-4).
func (ch *change) route(ctx context.Context, trigger vocab.RoutingTrigger) error {
	if ch.c.RoutingSource == "" || !routable(ch.c) || ch.c.AssigneeID != "" {
		return nil
	}
	ctx = byRouting(ctx, ch.c.AccountID)
	rules, err := ch.router().RulesOf(ctx, ch.c)
	if err != nil {
		return err
	}
	if err := ch.letAhead(ctx, rules); err != nil {
		return err
	}
	return ch.routeBy(ctx, rules, trigger)
}

// routeBy is route with the rules at hand.
func (ch *change) routeBy(ctx context.Context, rules vocab.Routing, trigger vocab.RoutingTrigger) error {
	ctx = byRouting(ctx, ch.c.AccountID)
	if !routable(ch.c) || ch.c.AssigneeID != "" {
		return nil
	}
	if byHand, err := ch.teamByHand(ctx); err != nil || byHand {
		return err
	}
	if len(rules.Rules) == 0 {
		ch.c.AwaitsOffer = false
		return nil
	}
	of, bounds := routing.Case{}, offerBounds{}
	var err error
	if trigger == vocab.RoutedOffered {
		if bounds, err = ch.offerBounds(ctx, rules); err != nil {
			return err
		}
		of.OfferPerMinute = bounds.limit()
	}
	d, err := ch.router().Decide(ctx, ch.c, rules, of)
	if err != nil {
		return err
	}
	if d.AssigneeID == "" && trigger == vocab.RoutedOffered {
		return nil // as before
	}
	ch.c.AwaitsOffer = d.AssigneeID == "" && d.Target != vocab.RouteUnassigned && !rules.NotOffered
	if ch.c.AwaitsOffer {
		if bounds, err = ch.offerBounds(ctx, rules); err != nil {
			return err
		}
	}
	return ch.applyDecision(ctx, d, trigger, bounds)
}

// reroute routes what someone has among the others; who has it keeps it if
// none of them can take it (AC-7, AC-8). It may be passed over this time, for a reason.
func (ch *change) reroute(ctx context.Context, trigger vocab.RoutingTrigger, why vocab.RoutingSkipReason) error {
	ctx = byRouting(ctx, ch.c.AccountID)
	rules, err := ch.router().RulesOf(ctx, ch.c)
	if err != nil || len(rules.Rules) == 0 {
		return err
	}
	of := routing.Case{OnlyAvailable: true}
	if why != "" {
		of.Passed = map[string]vocab.RoutingSkipReason{ch.c.AssigneeID: why}
	}
	d, err := ch.router().Decide(ctx, ch.c, rules, of)
	if err != nil {
		return err
	}
	if d.AssigneeID == "" {
		d.TeamID = ch.c.AssignedTeamID
	}
	return ch.applyDecision(ctx, d, trigger, offerBounds{})
}

// applyDecision does what was decided, and keeps why (RT-5).
func (ch *change) applyDecision(ctx context.Context, d routing.Decision, trigger vocab.RoutingTrigger, bounds offerBounds) error {
	decisionID := id.New(id.RoutingDecision)
	e := ch.emitRouted(vocab.ConversationRouted)
	e.SubjectID = decisionID
	setReason(e, string(trigger))
	if d.Rule > 0 {
		rule := strconv.Itoa(d.Rule - 1)
		e.Changes = append(e.Changes, vocab.FieldChange{Field: "rule", To: &rule})
	}
	switch {
	case d.AssigneeID != "":
		ch.c.AssigneeID, ch.c.AssignedTeamID = d.AssigneeID, d.TeamID
		if err := ch.awaitAnswer(ctx); err != nil {
			return err
		}
	case d.TeamID != "":
		ch.c.AssignedTeamID = d.TeamID
	}
	if ch.c.AssigneeID != ch.before.AssigneeID && ch.c.AssigneeID != "" || ch.c.AssignedTeamID != ch.before.AssignedTeamID {
		ch.emitRouted(vocab.ConversationAssigned)
	}
	ch.touched = true
	if err := ch.router().RecordTurn(ctx, ch.c, d); err != nil {
		return err
	}
	return ch.tx.Client.RoutingDecision.Create().SetID(decisionID).SetInboxID(ch.c.InboxID).SetConversationID(ch.c.ID).
		SetDecidedAt(ch.now()).SetTrigger(string(trigger)).SetSource(ch.c.RoutingSource).SetRule(d.Rule).SetTarget(string(d.Target)).
		SetAssigneeID(d.AssigneeID).SetAssignedTeamID(d.TeamID).SetCandidates(d.Candidates).
		SetOfferMaxAge(bounds.maxAge).SetOfferPerMinute(bounds.perMinute).SetConnected(bounds.connected).Exec(ctx)
}

// emitRouted is emit for what is routing's doing.
func (ch *change) emitRouted(t vocab.EventType) *store.Event {
	e := ch.emitEvent(t)
	if ch.routed == nil {
		ch.routed = map[int]bool{}
	}
	ch.routed[len(ch.events)-1] = true
	return e
}

// routable reports whether a conversation is one that people work on: routing
// leaves all else alone (IN-8, IN-9).
func routable(c *ent.Conversation) bool {
	return c.Status == vocab.Open && c.Filtered == 0 && !c.DeletedAt.IsSet() && !c.BotState.InBotsHands()
}

// teamByHand reports whether someone gave the conversation only to its team:
// an assignment by hand is never overwritten.
func (ch *change) teamByHand(ctx context.Context) (bool, error) {
	if ch.c.AssignedTeamID == "" || ch.c.AwaitsOffer || ch.before.AssigneeID != "" {
		return false, nil
	}
	routed, err := ch.tx.Client.RoutingDecision.Query().
		Where(routingdecision.ConversationID(ch.c.ID), routingdecision.AssignedTeamID(ch.c.AssignedTeamID)).Exist(ctx)
	return !routed, err
}

// reassign routes a conversation again whose contact wrote, when whoever has it
// is away and does not want to come back to it: an own chat that reopens counts
// as new (AC-7), any other goes by the user's switch, once a message (AC-8).
func (ch *change) reassign(ctx context.Context) error {
	c := ch.c
	if c.AssigneeID == "" || c.RoutingSource == "" || !routable(c) || c.ReassignedMessageNumber >= c.LastIncomingNumber ||
		c.AssigneeID != ch.before.AssigneeID {
		return nil
	}
	owner, err := ch.tx.Client.User.Get(ctx, c.AssigneeID)
	if err != nil || owner.Availability == vocab.Available {
		return err
	}
	trigger := vocab.RoutedOwnerAway
	switch {
	case ch.before.Status == vocab.Closed && c.Kind.Abilities().ReopensAsNew:
		trigger = vocab.RoutedReopened
	case !owner.ReassignRepliesWhenAway:
		return nil
	}
	c.ReassignedMessageNumber = c.LastIncomingNumber
	return ch.reroute(ctx, trigger, "")
}

// router decides for good: what it reads stays so until the commit.
func (ch *change) router() routing.Router {
	return routing.Router{Client: ch.tx.Client, Query: ch.tx.Query, Now: ch.now(), To: ch.to, Tx: ch.tx}
}

// router of a service says what would be decided.
func (s *Service) router(ctx context.Context) routing.Router {
	return routing.Router{Client: s.store.Client(ctx), Query: s.store.Query, Now: s.store.Now()}
}

// RulesOf returns the routing that applies to a conversation now (RT-1).
func (s *Service) RulesOf(ctx context.Context, c *ent.Conversation) (vocab.Routing, error) {
	return s.router(ctx).RulesOf(ctx, c)
}

// WhoCounts returns the people by whom a chat's availability goes, by the rule
// that it would match (AV-0); see routing.Router.
func (s *Service) WhoCounts(ctx context.Context, c *ent.Conversation, rules vocab.Routing) ([]availability.Person, error) {
	return s.router(ctx).WhoCounts(ctx, c, rules)
}
