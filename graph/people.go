package graph

import (
	"context"
	"reflect"
	"sync"

	"parley/ent"
	"parley/graph/model"
	"parley/internal/errs"
	"parley/internal/event"
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

// peopleStream is the members of an inbox, as they change. It is for one goroutine.
type peopleStream struct {
	*Resolver
	inboxID  string
	args     paging.PageArgs
	who      viewer.Live
	moved    chan struct{} // something happened that may show
	failed   chan error    // the log can no longer be followed
	stop     func()
	reported *paging.Connection[*model.InboxPerson]
}

// watchPeople follows the members of an inbox that the viewer may see.
func (r *Resolver) watchPeople(ctx context.Context, inboxID string, first *int) (*peopleStream, error) {
	v := viewer.FromContext(ctx)
	args := paging.PageArgs{First: first}
	if _, err := args.Resolve(paging.MaxPage); err != nil {
		return nil, err
	}
	// Who has to do what depends on inboxes that the viewer may not see: only that
	// something happened there is taken from the log.
	following, cancel := context.WithCancel(viewer.NewContext(context.Background(), viewer.System("inboxPeople", v.AccountID)))
	events, err := r.Services.Feed.Watch(following, nil, event.Filter{})
	if err != nil {
		cancel()
		return nil, err
	}
	s := &peopleStream{
		Resolver: r, inboxID: inboxID, args: args, who: viewer.LiveFrom(ctx), moved: make(chan struct{}, 1), failed: make(chan error, 1),
	}
	var running sync.WaitGroup
	running.Go(func() { s.followEvents(following, events) })
	s.stop = func() { cancel(); events.Close(); running.Wait() }
	if _, err := s.readPage(ctx); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
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

func (s *peopleStream) followEvents(ctx context.Context, events *event.Stream) {
	for {
		e, err := events.Next(ctx)
		if err != nil {
			s.failed <- err
			return
		}
		if !movesPeople(e.Type) {
			continue
		}
		select {
		case s.moved <- struct{}{}:
		default:
		}
	}
}

// Next waits until what the stream shows is another than before, and returns it; the
// first at once. Who is slow gets the last one.
func (s *peopleStream) Next(ctx context.Context) (*paging.Connection[*model.InboxPerson], error) {
	for {
		changed := s.who.Changed()
		v, err := s.who.At(ctx, 0)
		if err != nil {
			return nil, err
		}
		connected := s.Services.Presence.ConnectedChanged(v.AccountID)
		now, err := s.readPage(viewer.NewContext(ctx, v))
		if err != nil {
			return nil, err
		}
		if !samePeople(s.reported, now) {
			s.reported = now
			return now, nil
		}
		select {
		case <-s.moved:
		case <-connected:
		case <-changed:
		case err := <-s.failed:
			return nil, err
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// readPage returns the page that the stream shows now.
func (s *peopleStream) readPage(ctx context.Context) (*paging.Connection[*model.InboxPerson], error) {
	inbox, err := s.Services.Inboxes.Find(ctx, s.inboxID)
	if err != nil {
		return nil, err
	}
	if inbox == nil {
		return nil, errs.New(errs.NotFound, "There is no inbox %q that you may see.", errs.Clip(s.inboxID)).On("inboxId")
	}
	pages, err := s.inboxPeople(ctx, []*ent.Inbox{inbox}, s.args)
	if err != nil {
		return nil, err
	}
	return pages[0], nil
}

// Close ends the stream.
func (s *peopleStream) Close() { s.stop() }

// samePeople reports whether two pages show the same; when someone was seen does not
// count.
func samePeople(a, b *paging.Connection[*model.InboxPerson]) bool {
	if a == nil {
		return false
	}
	shown := func(p *model.InboxPerson) any {
		u := *p.User
		return []any{p.ID, p.Availability, p.Connected, p.OpenChats, p.OpenConversations, p.Capacity, u.Name, u.Email, u.AvatarURL, u.Role, u.Seat}
	}
	return a.PageInfo.HasNextPage == b.PageInfo.HasNextPage && reflect.DeepEqual(pick(a.Nodes(), shown), pick(b.Nodes(), shown))
}
