package conversation

import (
	"context"

	"parley/ent"
	"parley/ent/teammember"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/routing"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Assign gives a conversation to a member of its inbox, or to a team alone
// (IN-6, RT-2). By hand anyone active may get it, with a seat or without (AC-4).
// Assigning a person takes the conversation over from its bot (BT-2).
func (s *Service) Assign(ctx context.Context, in AssignConversationInput) (*ent.Conversation, error) {
	in1 := call{"assignConversation", in.ConversationID, in.ExpectedRevision, in.IdempotencyKey, in}
	return s.change(ctx, in1, func(ctx context.Context, ch *change) error {
		return ch.assign(ctx, in.UserID, in.TeamID)
	})
}

func (ch *change) assign(ctx context.Context, userID, teamID *string) error {
	if err := ch.mayChange(); err != nil {
		return err
	}
	switch {
	case userID != nil && teamID != nil:
		return errs.New(errs.Invalid, "Give either userId or teamId, not both.").On("teamId")
	case userID != nil:
		return ch.assignUser(ctx, *userID)
	case teamID != nil:
		return ch.assignTeam(ctx, *teamID)
	}
	return errs.New(errs.Required, "Give a userId or a teamId.").On("userId")
}

func (ch *change) assignUser(ctx context.Context, userID string) error {
	members, err := routing.Members(ctx, ch.tx.Client, ch.c.InboxID)
	if err != nil {
		return err
	}
	if !members[userID] {
		return ch.whyNoMember(ctx, userID)
	}
	if ch.c.AssignedTeamID != "" {
		stays, err := ch.tx.Client.TeamMember.Query().
			Where(teammember.TeamID(ch.c.AssignedTeamID), teammember.UserID(userID)).Exist(ctx)
		if err != nil {
			return err
		}
		if !stays {
			ch.c.AssignedTeamID = ""
		}
	}
	ch.takeOver()
	ch.c.AssigneeID = userID
	if ch.c.AssigneeID != ch.before.AssigneeID || ch.c.AssignedTeamID != ch.before.AssignedTeamID {
		ch.emit(vocab.ConversationAssigned)
	}
	return nil
}

func (ch *change) whyNoMember(ctx context.Context, userID string) error {
	unknown := errs.New(errs.NotFound, "There is no user %q.", errs.Clip(userID)).On("userId")
	if !id.Is(userID, id.User) {
		return unknown
	}
	u, err := ch.tx.Client.User.Get(ctx, userID)
	switch {
	case ent.IsNotFound(err):
		return unknown
	case err != nil:
		return err
	case u.DeactivatedAt.IsSet():
		return errs.New(errs.NotEligible, "%s is deactivated.", u.Name).On("userId")
	}
	return errs.New(errs.NotAMember, "%s is no member of the conversation's inbox. Add them to it first.", u.Name).On("userId")
}

func (ch *change) assignTeam(ctx context.Context, teamID string) error {
	unknown := errs.New(errs.NotFound, "There is no team %q.", errs.Clip(teamID)).On("teamId")
	if !id.Is(teamID, id.Team) {
		return unknown
	}
	if _, err := ch.tx.Client.Team.Get(ctx, teamID); ent.IsNotFound(err) {
		return unknown
	} else if err != nil {
		return err
	}
	if ch.c.AssignedTeamID == teamID && ch.c.AssigneeID == "" {
		ch.c.AwaitsOffer = false
		return nil
	}
	ch.c.AssignedTeamID, ch.c.AssigneeID, ch.c.AwaitsOffer = teamID, "", false
	ch.emit(vocab.ConversationAssigned)
	return nil
}

// Claim assigns a conversation to the caller, unless someone else has it: then
// CONFLICT tells who, and shows the conversation (IN-6).
func (s *Service) Claim(ctx context.Context, in ClaimConversationInput) (*ent.Conversation, error) {
	in1 := call{"claimConversation", in.ConversationID, in.ExpectedRevision, in.IdempotencyKey, in}
	return s.change(ctx, in1, func(ctx context.Context, ch *change) error {
		if err := ch.mayChange(); err != nil {
			return err
		}
		me := viewer.FromContext(ctx).ActorID
		if ch.c.AssigneeID != "" && ch.c.AssigneeID != me {
			holder, err := ch.tx.Client.User.Get(ctx, ch.c.AssigneeID)
			if err != nil {
				return err
			}
			return conflict(ch.before, "%s has this conversation already.", holder.Name).On("conversationId")
		}
		return ch.assignUser(ctx, me)
	})
}

// Unassign takes a conversation from its user and team (IN-6).
func (s *Service) Unassign(ctx context.Context, in UnassignConversationInput) (*ent.Conversation, error) {
	in1 := call{"unassignConversation", in.ConversationID, in.ExpectedRevision, in.IdempotencyKey, in}
	return s.change(ctx, in1, func(_ context.Context, ch *change) error { return ch.unassign("") })
}

func (ch *change) unassign(why string) error {
	if err := ch.mayChange(); err != nil {
		return err
	}
	ch.c.AwaitsOffer = false // by hand it stays unassigned (RT-4)
	if ch.c.AssigneeID == "" && ch.c.AssignedTeamID == "" {
		return nil
	}
	ch.c.AssigneeID, ch.c.AssignedTeamID = "", ""
	e := ch.emit(vocab.ConversationUnassigned)
	if why != "" {
		reason(e, why)
	}
	return nil
}
