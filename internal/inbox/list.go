package inbox

import (
	"context"

	"parley/ent"
	"parley/ent/channel"
	"parley/ent/inbox"
	"parley/ent/inboxteam"
	"parley/ent/inboxuser"
	"parley/ent/teammember"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/people"
	"parley/internal/vocab"
)

// List returns the inboxes that the viewer may see, by name: a member's own, an
// integration's granted ones, all for an admin (AC-3, AC-12).
func (s *Service) List(ctx context.Context) ([]*ent.Inbox, error) {
	return s.store.Client(ctx).Inbox.Query().Where(inbox.DeletedAt(clock.Micros(0))).Order(inbox.ByName(), inbox.ByID()).All(ctx)
}

// Find returns an inbox; nil if there is none that the viewer may see.
func (s *Service) Find(ctx context.Context, inboxID string) (*ent.Inbox, error) {
	i, err := load(ctx, s.store.Client(ctx), inboxID)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return i, err
}

// ChatChannels returns each inbox's chat channel; nil where it has none.
func (s *Service) ChatChannels(ctx context.Context, inboxes []*ent.Inbox) ([]*ent.Channel, error) {
	found, err := s.store.Client(ctx).Channel.Query().Where(channel.InboxIDIn(idsOf(inboxes)...), channel.KindEQ(vocab.Chat)).All(ctx)
	if err != nil {
		return nil, err
	}
	of := make(map[string]*ent.Channel, len(found))
	for _, c := range found {
		of[c.InboxID] = c
	}
	list := make([]*ent.Channel, len(inboxes))
	for n, i := range inboxes {
		list[n] = of[i.ID]
	}
	return list, nil
}

// Granted returns the inboxes that each integration may see, by name (AC-12);
// of those the ones that the viewer may see too.
func (s *Service) Granted(ctx context.Context, integrations []*ent.Integration) ([][]*ent.Inbox, error) {
	r := people.Roster{}
	ids := make([]string, len(integrations))
	for n, i := range integrations {
		ids[n] = i.ID
		for _, inboxID := range i.InboxIds {
			r.Put(i.ID, inboxID)
		}
	}
	found, err := s.store.Client(ctx).Inbox.Query().Where(inbox.IDIn(r.Members()...), inbox.DeletedAt(clock.Micros(0))).
		Order(inbox.ByName(), inbox.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	return people.Enroll(ids, r, found, func(i *ent.Inbox) string { return i.ID }), nil
}

// Users returns each inbox's direct members, by name (IB-1).
func (s *Service) Users(ctx context.Context, inboxes []*ent.Inbox) ([][]*ent.User, error) {
	r, err := s.direct(ctx, inboxes)
	if err != nil {
		return nil, err
	}
	return s.people.Enrolled(ctx, idsOf(inboxes), r)
}

// Teams returns the teams whose users are members of each inbox, by name.
func (s *Service) Teams(ctx context.Context, inboxes []*ent.Inbox) ([][]*ent.Team, error) {
	r, err := s.teams(ctx, inboxes)
	if err != nil {
		return nil, err
	}
	return s.people.EnrolledTeams(ctx, idsOf(inboxes), r)
}

// Members returns everyone who is a member of each inbox, directly or through a
// team, once each, by name (AC-3).
func (s *Service) Members(ctx context.Context, inboxes []*ent.Inbox) ([][]*ent.User, error) {
	r, err := s.direct(ctx, inboxes)
	if err != nil {
		return nil, err
	}
	teams, err := s.teams(ctx, inboxes)
	if err != nil {
		return nil, err
	}
	through, err := s.store.Client(ctx).TeamMember.Query().Where(teammember.TeamIDIn(teams.Members()...)).All(ctx)
	if err != nil {
		return nil, err
	}
	for inboxID, granted := range teams {
		for _, m := range through {
			if granted[m.TeamID] {
				r.Put(inboxID, m.UserID)
			}
		}
	}
	return s.people.Enrolled(ctx, idsOf(inboxes), r)
}

// direct returns the users who are members of the inboxes by themselves.
func (s *Service) direct(ctx context.Context, inboxes []*ent.Inbox) (people.Roster, error) {
	rows, err := s.store.Client(ctx).InboxUser.Query().Where(inboxuser.InboxIDIn(idsOf(inboxes)...)).All(ctx)
	r := people.Roster{}
	for _, m := range rows {
		r.Put(m.InboxID, m.UserID)
	}
	return r, err
}

// teams returns the teams whose users are members of the inboxes.
func (s *Service) teams(ctx context.Context, inboxes []*ent.Inbox) (people.Roster, error) {
	rows, err := s.store.Client(ctx).InboxTeam.Query().Where(inboxteam.InboxIDIn(idsOf(inboxes)...)).All(ctx)
	r := people.Roster{}
	for _, g := range rows {
		r.Put(g.InboxID, g.TeamID)
	}
	return r, err
}

func idsOf(inboxes []*ent.Inbox) []string {
	ids := make([]string, len(inboxes))
	for n, i := range inboxes {
		ids[n] = i.ID
	}
	return ids
}
