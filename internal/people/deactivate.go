package people

import (
	"context"

	"parley/ent"
	"parley/ent/apitoken"
	"parley/ent/inboxuser"
	"parley/ent/teammember"
	"parley/internal/conversation"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Deactivate ends a user's access: their tokens stop and their memberships go
// at once, their open conversations are released by a job; what they wrote
// keeps their name (AC-11). There is no way back. Errors: LAST_ADMIN on userId.
func (s *Service) Deactivate(ctx context.Context, in DeactivateUserInput) (*ent.User, error) {
	in1 := Call{"deactivateUser", in.IdempotencyKey, in, in.UserID}
	_, err := Administer(ctx, s.store, in1, func(ctx context.Context, tx *store.Tx) error {
		u, err := loadUser(ctx, tx.Client, in.UserID, "userId")
		if err != nil || u.DeactivatedAt.IsSet() {
			return err
		}
		if err := mayLose(ctx, tx, u, "userId"); err != nil {
			return err
		}
		return deactivate(ctx, tx, u)
	})
	if err != nil {
		return nil, err
	}
	return loadUser(ctx, s.store.Client(ctx), in.UserID, "userId")
}

func deactivate(ctx context.Context, tx *store.Tx, u *ent.User) error {
	tx.Append(ctx, store.Event{Type: vocab.UserDeactivated, SubjectID: u.ID})
	if err := tx.Client.User.UpdateOneID(u.ID).SetDeactivatedAt(tx.Now()).Exec(ctx); err != nil {
		return err
	}
	if err := revoke(ctx, tx, apitoken.UserID(u.ID)); err != nil {
		return err
	}
	if err := leaveInboxes(ctx, tx, u.ID); err != nil {
		return err
	}
	if err := leaveTeams(ctx, tx, u.ID); err != nil {
		return err
	}
	tx.Enqueue(store.Job{Args: conversation.ReleaseArgs{
		AccountID: u.AccountID, UserID: u.ID, Reason: conversation.ReasonDeactivated,
	}})
	return nil
}

func leaveInboxes(ctx context.Context, tx *store.Tx, userID string) error {
	left, err := tx.Client.InboxUser.Query().Where(inboxuser.UserID(userID)).Order(inboxuser.ByInboxID()).All(ctx)
	if err != nil {
		return err
	}
	for _, m := range left {
		tx.Append(ctx, store.Event{Type: vocab.MemberRemoved, InboxID: m.InboxID, SubjectID: userID})
	}
	_, err = tx.Client.InboxUser.Delete().Where(inboxuser.UserID(userID)).Exec(ctx)
	return err
}

func leaveTeams(ctx context.Context, tx *store.Tx, userID string) error {
	left, err := tx.Client.TeamMember.Query().Where(teammember.UserID(userID)).Order(teammember.ByTeamID()).All(ctx)
	if err != nil {
		return err
	}
	c := changes{}
	c.told("members", userID, "")
	for _, m := range left {
		tx.Append(ctx, store.Event{Type: vocab.TeamUpdated, SubjectID: m.TeamID, Changes: c})
	}
	_, err = tx.Client.TeamMember.Delete().Where(teammember.UserID(userID)).Exec(ctx)
	return err
}
