package conversation

import (
	"context"

	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/routing"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// onBehalfOf returns who writes a message: the caller, or a member of the inbox
// in whose name a program writes (API-14). A person writes only in their own.
func (ch *change) onBehalfOf(ctx context.Context, userID *string) (author, error) {
	v := viewer.FromContext(ctx)
	if userID == nil || *userID == "" { // "" is what typed clients send for a field that they leave out
		return authorOf(v), nil
	}
	if v.Kind != viewer.Integration && v.Kind != viewer.Bot {
		return author{}, errs.New(errs.Forbidden, "Only integrations and bots write in a user's name; the token is of kind %s.", v.Kind)
	}
	if !v.Grants(viewer.ScopeActAs) {
		return author{}, errs.New(errs.Forbidden, "The token lacks the scope %q, which onBehalfOfUserId requires.", viewer.ScopeActAs)
	}
	members, err := routing.Members(ctx, ch.tx.Client, ch.c.InboxID)
	if err != nil {
		return author{}, err
	}
	if !id.Is(*userID, id.User) || !members[*userID] {
		return author{}, errs.New(errs.NotAMember, "%s is not a member of the conversation's inbox.", nameOfUser(ctx, ch.tx.Client, *userID)).On("onBehalfOfUserId")
	}
	return staffAuthor(ctx, ch.tx, *userID)
}

// nameAuthor has the event of a new message name the user in whose name a
// program wrote it: its actor is the program.
func (ch *change) nameAuthor(ctx context.Context, by author) {
	if by == authorOf(viewer.FromContext(ctx)) {
		return
	}
	for i := range ch.events {
		if ch.events[i].Type == vocab.MessageCreated {
			ch.events[i].Changes = append(ch.events[i].Changes, vocab.FieldChange{Field: "onBehalfOf", To: &by.id})
		}
	}
}
