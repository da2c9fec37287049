package inbox

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/channel"
	"parley/ent/inbox"
	"parley/ent/inboxteam"
	"parley/ent/inboxuser"
	"parley/ent/teammember"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
)

// List returns a page of the inboxes that the viewer may see, by name: a
// member's own, an integration's granted ones, all for an admin (AC-3, AC-12).
func (s *Service) List(ctx context.Context, args paging.PageArgs) (*paging.Connection[*ent.Inbox], error) {
	return inboxes.Page(args, account.PageOfList, s.load(ctx))
}

// inboxes are listed by name.
var inboxes = store.Listing[ent.Inbox]{
	Name: "inboxes", Kind: id.Inbox, Column: inbox.FieldName,
	Text: func(i *ent.Inbox) string { return i.Name }, ID: func(i *ent.Inbox) string { return i.ID },
}

func (s *Service) load(ctx context.Context) store.Narrowed[ent.Inbox] {
	return func(narrow func(*sql.Selector)) ([]*ent.Inbox, error) {
		q := s.store.Client(ctx).Inbox.Query().Where(inbox.DeletedAt(clock.Micros(0)))
		q.Modify(narrow)
		return q.All(ctx)
	}
}

// Find returns an inbox; nil if there is none that the viewer may see.
func (s *Service) Find(ctx context.Context, inboxID string) (*ent.Inbox, error) {
	i, err := Load(ctx, s.store.Client(ctx), inboxID)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return i, err
}

// ChatChannels returns each inbox's chat channel; nil where it has none.
func (s *Service) ChatChannels(ctx context.Context, inboxes []*ent.Inbox) ([]*ent.Channel, error) {
	found, err := s.store.Client(ctx).Channel.Query().Where(channel.InboxIDIn(idsOf(inboxes)...), channel.KindEQ(vocab.Chat), channel.RemovedAt(0)).All(ctx)
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

// Grantee is an integration or a bot, with the inboxes that it may see.
type Grantee struct {
	ID       string
	InboxIDs []string
}

// Granted returns a page of the inboxes that each integration or bot may see, by name
// (AC-12); of those the ones that the viewer may see too.
func (s *Service) Granted(ctx context.Context, grantees []Grantee, args paging.PageArgs) ([]*paging.Connection[*ent.Inbox], error) {
	granted, ids := map[string][]any{}, make([]string, len(grantees))
	for n, g := range grantees {
		ids[n] = g.ID
		for _, inboxID := range g.InboxIDs {
			granted[g.ID] = append(granted[g.ID], inboxID)
		}
	}
	return inboxes.Pages(args, account.PageOfRow, ids, func(s *sql.Selector, granteeID string) {
		s.Where(sql.In(s.C(inbox.FieldID), granted[granteeID]...))
	}, s.load(ctx))
}

// Users returns a page of each inbox's direct members, by name (IB-1).
func (s *Service) Users(ctx context.Context, inboxes []*ent.Inbox, args paging.PageArgs) ([]*paging.Connection[*ent.User], error) {
	return s.people.UsersWithin(ctx, idsOf(inboxes), args, directMembers)
}

// Teams returns a page of the teams whose users are members of each inbox, by name.
func (s *Service) Teams(ctx context.Context, inboxes []*ent.Inbox, args paging.PageArgs) ([]*paging.Connection[*ent.Team], error) {
	return s.people.TeamsWithin(ctx, idsOf(inboxes), args, grantedTeams)
}

// Members returns a page of everyone who is a member of each inbox, directly or
// through a team, once each, by name (AC-3).
func (s *Service) Members(ctx context.Context, inboxes []*ent.Inbox, args paging.PageArgs) ([]*paging.Connection[*ent.User], error) {
	return s.people.UsersWithin(ctx, idsOf(inboxes), args, allMembers)
}

// AllMembers returns everyone who is a member of each inbox, as Members does.
func (s *Service) AllMembers(ctx context.Context, inboxes ...*ent.Inbox) ([][]*ent.User, error) {
	return s.people.AllWithin(ctx, idsOf(inboxes), allMembers)
}

// allMembers selects the users who are members of an inbox, directly or through
// a team.
func allMembers(d *sql.DialectBuilder, inboxID string) *sql.Selector {
	m := d.Table(teammember.Table)
	through := d.Select(m.C(teammember.FieldUserID)).From(m).Where(sql.In(m.C(teammember.FieldTeamID), grantedTeams(d, inboxID)))
	return directMembers(d, inboxID).Union(through)
}

// directMembers selects the users who are members of an inbox by themselves.
func directMembers(d *sql.DialectBuilder, inboxID string) *sql.Selector {
	m := d.Table(inboxuser.Table)
	return d.Select(m.C(inboxuser.FieldUserID)).From(m).Where(sql.EQ(m.C(inboxuser.FieldInboxID), inboxID))
}

// grantedTeams selects the teams whose users are members of an inbox.
func grantedTeams(d *sql.DialectBuilder, inboxID string) *sql.Selector {
	m := d.Table(inboxteam.Table)
	return d.Select(m.C(inboxteam.FieldTeamID)).From(m).Where(sql.EQ(m.C(inboxteam.FieldInboxID), inboxID))
}

func idsOf(inboxes []*ent.Inbox) []string {
	ids := make([]string, len(inboxes))
	for n, i := range inboxes {
		ids[n] = i.ID
	}
	return ids
}
