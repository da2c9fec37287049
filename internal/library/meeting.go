package library

import (
	"context"
	"slices"

	"parley/ent"
	entuser "parley/ent/user"
	"parley/internal/library/placeholder"
	"parley/internal/vocab"
)

// meetingAddress is the page on which whoever gets a meeting link on an occasion is asked
// to book, and who is booked; nil: no user in particular. Of a team's links it is that of
// whoever writes, else of whoever has the conversation, else the first (CO-8).
func (s *Service) meetingAddress(ctx context.Context, item *ent.LibraryItem, of Occasion) (string, *ent.User, error) {
	pattern, userID := item.Content.URL, item.OwnerID
	if links := item.Content.UserLinks; len(links) > 0 {
		chosen := 0
		for _, preferred := range []string{of.AuthorID, assignee(of)} {
			if at := slices.IndexFunc(links, func(l vocab.LibraryUserLink) bool { return l.UserID == preferred }); at >= 0 {
				chosen = at
				break
			}
		}
		pattern, userID = links[chosen].URL, links[chosen].UserID
	}
	names := slices.DeleteFunc(placeholder.Plain(pattern).Names(), func(name string) bool { return name == meetingLink })
	values, err := s.values(ctx, of, names)
	if err != nil {
		return "", nil, err
	}
	booked, err := s.store.Client(ctx).User.Query().Where(entuser.ID(userID)).Only(ctx)
	if ent.IsNotFound(err) {
		booked, err = nil, nil
	}
	return fillURL(pattern, values), booked, err
}

func assignee(of Occasion) string {
	if of.Conversation == nil {
		return ""
	}
	return of.Conversation.AssigneeID
}
