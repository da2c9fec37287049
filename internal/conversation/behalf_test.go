package conversation_test

import (
	"context"
	"testing"

	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// API-14: with act_as a program writes in the name of a member: the message is the
// member's, the event names both, and a bot falls silent as for any person.
func TestOnBehalfOf(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		as := func(kind viewer.Kind, actorID string, scopes ...string) context.Context {
			return viewer.NewContext(t.Context(), &viewer.Viewer{Kind: kind, AccountID: d.AccountID, ActorID: actorID, InboxIDs: d.InboxIDs[:1], Scopes: scopes})
		}
		program := id.New(id.Integration)
		chat := d.StartChat(0, "hello", desk.WithBot)
		send := func(ctx context.Context, userID string) error {
			_, _, err := d.SendMessage(ctx, conversation.SendMessageInput{
				Target: conversation.Target{ConversationID: chat.ID}, Text: new("We do."), OnBehalfOfUserID: &userID,
			})
			return err
		}
		events := d.EventsOf(func() {
			if err := send(as(viewer.Integration, program, "conversations:write", "act_as"), d.AgentIDs[0]); err != nil {
				t.Fatal(err)
			}
		})
		if got := d.Row(chat.ID).BotState; got != vocab.BotTakenOver {
			t.Errorf("the bot is %s", got)
		}
		named := false
		for _, e := range events {
			if e.Type != vocab.MessageCreated {
				continue
			}
			m, err := d.Store.Client(d.System).Message.Get(d.System, e.MessageID)
			if err != nil || m.AuthorID != d.AgentIDs[0] || m.AuthorKind != viewer.Agent {
				t.Errorf("the author is %s %s, %v", m.AuthorKind, m.AuthorID, err)
			}
			for _, c := range e.Changes {
				named = named || c.Field == "onBehalfOf" && *c.To == d.AgentIDs[0]
			}
			if e.ActorID != program || !named {
				t.Errorf("the event is of %s, with %+v", e.ActorID, e.Changes)
			}
		}
		if !named {
			t.Error("no event of the message")
		}
		stranger := d.NewUser("Eve")
		for name, c := range map[string]struct {
			ctx    context.Context
			userID string
			want   errs.Code
		}{
			"no scope":     {as(viewer.Integration, program, "*"), d.AgentIDs[0], errs.Forbidden},
			"a person":     {as(viewer.Agent, d.AgentIDs[0], "act_as", "*"), d.AdminID, errs.Forbidden},
			"no member":    {as(viewer.Integration, program, "act_as"), stranger, errs.NotAMember},
			"no one":       {as(viewer.Integration, program, "act_as"), id.New(id.User), errs.NotAMember},
			"another type": {as(viewer.Integration, program, "act_as"), d.ContactID, errs.NotAMember},
		} {
			if err := send(c.ctx, c.userID); !errs.Is(err, c.want) {
				t.Errorf("%s: got %v, want %s", name, err, c.want)
			}
		}
	})
}
