package routing

import (
	"context"

	"parley/ent"
	"parley/ent/user"
	"parley/internal/availability"
	"parley/internal/vocab"
)

// WhoCounts returns the people by whom a chat's availability goes: those who
// could get it by the rule that it would match, and any member of its inbox
// where it would be left unassigned (AV-0). Their capacity does not matter. The
// chat need not be there yet: its account, inbox, channel, contact and page do.
func (r Router) WhoCounts(ctx context.Context, c *ent.Conversation, rules vocab.Routing) ([]availability.Person, error) {
	facts, err := r.ReadFacts(ctx, c, rules)
	if err != nil {
		return nil, err
	}
	_, rule := Pick(rules, facts)
	if rule.Target == vocab.RouteUnassigned {
		return r.members(ctx, c.InboxID)
	}
	_, candidates, err := r.ReadCandidates(ctx, c, rule)
	if err != nil {
		return nil, err
	}
	people := []availability.Person{}
	for _, p := range candidates {
		if p.Seated && p.Member && !p.Deactivated && !p.LeftOut {
			people = append(people, availability.Person{ID: p.UserID, Available: p.Available})
		}
	}
	return people, nil
}

// members are all who work in an inbox.
func (r Router) members(ctx context.Context, inboxID string) ([]availability.Person, error) {
	active, err := Members(ctx, r.Client, inboxID)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(active))
	for member := range active {
		ids = append(ids, member)
	}
	users, err := r.Client.User.Query().Where(user.IDIn(ids...)).Order(user.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	people := make([]availability.Person, len(users))
	for i, u := range users {
		people[i] = availability.Person{ID: u.ID, Available: u.Availability == vocab.Available}
	}
	return people, nil
}
