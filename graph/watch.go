package graph

import (
	"context"
	"slices"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// watchNewFiltered follows how much came to an inbox's Filtered since the viewer looked
// there.
func (r *Resolver) watchNewFiltered(ctx context.Context, inboxID string) (*following[int], error) {
	me := viewer.FromContext(ctx).ActorID
	s := &following[int]{same: func(a, b int) bool { return a == b }, read: func(ctx context.Context) (int, error) {
		if !id.Is(inboxID, id.Inbox) || !viewer.FromContext(ctx).InInbox(inboxID) {
			return 0, errs.New(errs.NotFound, "There is no inbox %q that you are a member of.", errs.Clip(inboxID)).On("inboxId")
		}
		counts, err := r.Services.Conversations.NewInFiltered(ctx, []string{inboxID})
		if err != nil {
			return 0, err
		}
		return counts[0], nil
	}}
	return s.startFollowing(ctx, r.Services.Feed, "newFilteredCount", func(e *ent.Event) bool {
		return e.InboxID == inboxID && (e.Type.MovesCounts() && e.Type != vocab.ConversationRead || e.Type == vocab.FilteredSeen && e.UserID == me)
	})
}

// watchListMembers follows the first contacts on a list.
func (r *Resolver) watchListMembers(ctx context.Context, listID string, first *int) (*following[*paging.Connection[*ent.Contact]], error) {
	args := paging.PageArgs{First: first}
	if _, err := args.Resolve(paging.MaxPage); err != nil {
		return nil, err
	}
	s := &following[*paging.Connection[*ent.Contact]]{same: sameContacts, read: func(ctx context.Context) (*paging.Connection[*ent.Contact], error) {
		found, err := r.Services.Contacts.ListsByID(ctx, []string{listID})
		if err != nil {
			return nil, err
		}
		if found[0] == nil {
			return nil, errs.New(errs.NotFound, "There is no list %q.", errs.Clip(listID)).On("contactListId")
		}
		pages, err := r.Services.Contacts.Members(ctx, found, args)
		if err != nil {
			return nil, err
		}
		return pages[0], nil
	}}
	return s.startFollowing(ctx, r.Services.Feed, "contactListMembers", func(e *ent.Event) bool { return movesList(e, listID) })
}

// movesList reports whether the contacts on a list, or what is shown of them, may be
// others after an event.
func movesList(e *ent.Event, listID string) bool {
	switch e.Type {
	case vocab.ListEntered, vocab.ListLeft:
		return slices.ContainsFunc(e.Changes, func(c vocab.FieldChange) bool {
			return c.From != nil && *c.From == listID || c.To != nil && *c.To == listID
		})
	case vocab.ContactListDeleted:
		return e.SubjectID == listID
	}
	return e.Type.ChangesContact()
}

func sameContacts(a, b *paging.Connection[*ent.Contact]) bool {
	shown := func(c *ent.Contact) [5]string { return [5]string{c.ID, c.Name, c.Email, c.Phone, c.AvatarURL} }
	return a.PageInfo.HasNextPage == b.PageInfo.HasNextPage && slices.Equal(pick(a.Nodes(), shown), pick(b.Nodes(), shown))
}
