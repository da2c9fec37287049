package graph

import (
	"context"
	"reflect"

	"parley/ent"
	"parley/graph/model"
	"parley/internal/errs"
	"parley/internal/paging"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// inboxPeople returns a page of the members of each inbox, with what they have to do:
// with one statement for the members and one for their loads.
func (r *Resolver) inboxPeople(ctx context.Context, inboxes []*ent.Inbox, args paging.PageArgs) ([]*paging.Connection[*model.InboxPerson], error) {
	members, err := r.Services.Inboxes.Members(ctx, inboxes, args)
	if err != nil {
		return nil, err
	}
	var users []*ent.User
	for _, page := range members {
		users = append(users, page.Nodes()...)
	}
	accountID := viewer.FromContext(ctx).AccountID
	ids := pick(users, func(u *ent.User) string { return u.ID })
	loads, err := r.Services.Views.LoadsOfUsers(ctx, ids)
	if err != nil {
		return nil, err
	}
	connected := map[string]bool{}
	for i, is := range r.Services.Presence.Connected(accountID, ids) {
		connected[ids[i]] = is
	}
	pages := make([]*paging.Connection[*model.InboxPerson], len(inboxes))
	for i, page := range members {
		pages[i] = paging.Map(page, func(u *ent.User) *model.InboxPerson {
			return &model.InboxPerson{
				ID: inboxes[i].ID + ":" + u.ID, User: u, Availability: u.Availability, Connected: connected[u.ID], LastSeenAt: orNull(u.LastSeenAt),
				OpenChats: loads[u.ID].Chats, OpenConversations: loads[u.ID].Open, Capacity: orNull(u.ChatCapacity),
			}
		})
	}
	return pages, nil
}

// peopleStream is the members of an inbox, as they change.
type peopleStream = following[*paging.Connection[*model.InboxPerson]]

// watchPeople follows the members of an inbox that the viewer may see. Who has to do what
// depends on inboxes that the viewer may not see.
func (r *Resolver) watchPeople(ctx context.Context, inboxID string, first *int) (*peopleStream, error) {
	args := paging.PageArgs{First: first}
	if _, err := args.Resolve(paging.MaxPage); err != nil {
		return nil, err
	}
	s := &peopleStream{same: samePeople, also: r.Services.Presence.ConnectedChanged, read: func(ctx context.Context) (*paging.Connection[*model.InboxPerson], error) {
		return r.peopleOf(ctx, inboxID, args)
	}}
	return s.startFollowing(ctx, r.Services.Feed, "inboxPeople", func(e *ent.Event) bool { return movesPeople(e.Type) })
}

// movesPeople reports whether the members of an inbox, or what they have to do, may be
// others after an event.
func movesPeople(t vocab.EventType) bool {
	switch t {
	case vocab.UserUpdated, vocab.UserDeactivated, vocab.UserAvailabilityChanged, vocab.TeamUpdated, vocab.TeamDeleted,
		vocab.InboxUpdated, vocab.InboxDeleted, vocab.MemberAdded, vocab.MemberRemoved:
		return true
	case vocab.MessageCreated, vocab.ConversationRead:
		return false
	}
	return t.MovesCounts()
}

// peopleOf returns a page of the members of an inbox.
func (r *Resolver) peopleOf(ctx context.Context, inboxID string, args paging.PageArgs) (*paging.Connection[*model.InboxPerson], error) {
	inbox, err := r.Services.Inboxes.Find(ctx, inboxID)
	if err != nil {
		return nil, err
	}
	if inbox == nil {
		return nil, errs.New(errs.NotFound, "There is no inbox %q that you may see.", errs.Clip(inboxID)).On("inboxId")
	}
	pages, err := r.inboxPeople(ctx, []*ent.Inbox{inbox}, args)
	if err != nil {
		return nil, err
	}
	return pages[0], nil
}

// samePeople reports whether two pages show the same; when someone was seen does not
// count.
func samePeople(a, b *paging.Connection[*model.InboxPerson]) bool {
	shown := func(p *model.InboxPerson) any {
		u := *p.User
		return []any{p.ID, p.Availability, p.Connected, p.OpenChats, p.OpenConversations, p.Capacity, u.Name, u.Email, u.AvatarURL, u.Role, u.Seat}
	}
	return a.PageInfo.HasNextPage == b.PageInfo.HasNextPage && reflect.DeepEqual(pick(a.Nodes(), shown), pick(b.Nodes(), shown))
}
