package conversation

import (
	"context"
	"errors"
	"fmt"

	"parley/ent"
	"parley/ent/teammember"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/routing"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Assign gives a conversation to a member of its inbox, to a team, or to both, or
// takes it from either (IN-6, RT-2). By hand anyone active may get it, with a
// seat or without (AC-4). Assigning a person takes the conversation over from
// its bot (BT-2).
func (s *Service) Assign(ctx context.Context, in AssignConversationInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "assignConversation", in.Target, in, func(ctx context.Context, ch *change) error {
		return ch.assign(ctx, in.Assignment)
	})
}

func (ch *change) assign(ctx context.Context, a Assignment) error {
	if err := ch.mayChange(); err != nil {
		return err
	}
	if !a.IsGiven() {
		return errs.New(errs.Required, "Pass userId, teamId or both; null takes the conversation from them.").On("userId")
	}
	if err := ch.checkAssignment(ctx, a); err != nil {
		return err
	}
	opt.Set(&ch.c.AssigneeID, a.UserID)
	opt.Set(&ch.c.AssignedTeamID, a.TeamID)
	if err := ch.clearOther(ctx, a); err != nil {
		return err
	}
	if a.UserID.Value() != nil {
		ch.takeOver()
	}
	ch.c.AwaitsOffer = false // by hand it stays as it is (RT-4)
	ch.noticed()
	switch {
	case ch.c.AssigneeID == ch.before.AssigneeID && ch.c.AssignedTeamID == ch.before.AssignedTeamID:
	case ch.c.AssigneeID == "" && ch.c.AssignedTeamID == "":
		ch.emitEvent(vocab.ConversationUnassigned)
	default:
		ch.emitEvent(vocab.ConversationAssigned)
	}
	return nil
}

func (ch *change) checkAssignment(ctx context.Context, a Assignment) error {
	var faults []error
	if userID := a.UserID.Value(); userID != nil {
		faults = append(faults, ch.mustBeMember(ctx, *userID))
	}
	if teamID := a.TeamID.Value(); teamID != nil {
		faults = append(faults, ch.mustBeTeam(ctx, *teamID))
	}
	return errors.Join(faults...)
}

// clearOther takes a conversation from the team that its new assignee is not in, or
// from the assignee who is not in its new team, if only the other was given.
func (ch *change) clearOther(ctx context.Context, a Assignment) error {
	onlyUser, onlyTeam := a.UserID.Value() != nil && !a.TeamID.IsSet(), a.TeamID.Value() != nil && !a.UserID.IsSet()
	if !onlyUser && !onlyTeam || ch.c.AssigneeID == "" || ch.c.AssignedTeamID == "" || onlyTeam && a.KeepAssignee != nil && *a.KeepAssignee {
		return nil
	}
	together, err := ch.tx.Client.TeamMember.Query().
		Where(teammember.TeamID(ch.c.AssignedTeamID), teammember.UserID(ch.c.AssigneeID)).Exist(ctx)
	if err != nil || together {
		return err
	}
	if onlyUser {
		ch.c.AssignedTeamID = ""
	} else {
		ch.c.AssigneeID = ""
	}
	return nil
}

// assignUser gives the conversation to a user and nothing else.
func (ch *change) assignUser(ctx context.Context, userID string) error {
	return ch.assign(ctx, Assignment{UserID: opt.Of(userID)})
}

func (ch *change) mustBeMember(ctx context.Context, userID string) error {
	members, err := routing.Members(ctx, ch.tx.Client, ch.c.InboxID)
	if err != nil || members[userID] {
		return err
	}
	return ch.whyNoMember(ctx, userID)
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
		return errs.New(errs.NotEligible, "%s is deactivated.", nameOfUser(ctx, ch.tx.Client, userID)).On("userId")
	}
	return errs.New(errs.NotAMember, "%s is not a member of the conversation's inbox. Add them to it first.", nameOfUser(ctx, ch.tx.Client, userID)).On("userId")
}

// nameOfUser is what an error text calls a user: by name, or by the id that the caller
// gave where the token does not show names, or there is no such user.
func nameOfUser(ctx context.Context, client *ent.Client, userID string) string {
	v := viewer.FromContext(ctx)
	if id.Is(userID, id.User) && v.GrantsAny([]string{"people:read", "conversations:read"}) {
		if u, err := client.User.Get(ctx, userID); err == nil {
			return u.Name
		}
	}
	return fmt.Sprintf("The user %q", errs.Clip(userID))
}

func (ch *change) mustBeTeam(ctx context.Context, teamID string) error {
	unknown := errs.New(errs.NotFound, "There is no team %q.", errs.Clip(teamID)).On("teamId")
	if !id.Is(teamID, id.Team) {
		return unknown
	}
	t, err := ch.tx.Client.Team.Get(ctx, teamID)
	if ent.IsNotFound(err) {
		return unknown
	}
	if err == nil && t.ArchivedAt.IsSet() && teamID != ch.c.AssignedTeamID {
		return account.Archived("team", t.Name, "teamId")
	}
	return err
}

// Claim assigns a conversation to the caller, unless someone else has it: then
// CONFLICT says who, and shows the conversation (IN-6).
func (s *Service) Claim(ctx context.Context, in ClaimConversationInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "claimConversation", in.Target, in, func(ctx context.Context, ch *change) error {
		if err := ch.mayChange(); err != nil {
			return err
		}
		me := viewer.FromContext(ctx).ActorID
		if ch.c.AssigneeID != "" && ch.c.AssigneeID != me {
			holder, err := ch.tx.Client.User.Get(ctx, ch.c.AssigneeID)
			if err != nil {
				return err
			}
			return conflict(ch.before, "%s is already assigned to this conversation.", holder.Name).On("conversationId").Having(errs.Data{HolderID: holder.ID})
		}
		return ch.assignUser(ctx, me)
	})
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
	e := ch.emitEvent(vocab.ConversationUnassigned)
	if why != "" {
		setReason(e, why)
	}
	return nil
}
