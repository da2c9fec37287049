package inbox

import (
	"context"
	"errors"
	"slices"

	"parley/ent"
	"parley/ent/inboxteam"
	"parley/ent/inboxuser"
	"parley/internal/account"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/vocab"
)

// UpdateMembers adds and removes members; it acts with their next request
// (AC-3, IB-1). Who is there, or gone, already is passed over. Open
// conversations of those who are no members any longer are released by a job
// (AC-11). An admin may add themselves: the log has it.
func (s *Service) UpdateMembers(ctx context.Context, in UpdateInboxMembersInput) (*ent.Inbox, error) {
	call := idempotency.Call{Mutation: "updateInboxMembers", Key: in.IdempotencyKey, Input: in, Result: in.InboxID}
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if _, err := Load(ctx, tx.Client, in.InboxID); err != nil {
			return err
		}
		m, err := in.checked(ctx, tx)
		if err != nil {
			return err
		}
		if err := m.leaveOut(ctx, tx, in.InboxID); err != nil {
			return err
		}
		if err := addMembers(ctx, tx, in.InboxID, m.addUsers, m.addTeams); err != nil {
			return err
		}
		return m.removeMembers(ctx, tx, in.InboxID)
	})
	if err != nil {
		return nil, err
	}
	return Load(ctx, s.store.Client(ctx), in.InboxID)
}

// membership is a change of an inbox's members.
type membership struct{ addUsers, removeUsers, addTeams, removeTeams []string }

func (in UpdateInboxMembersInput) checked(ctx context.Context, tx *store.Tx) (membership, error) {
	m := membership{}
	var faults [4]error
	m.addUsers, faults[0] = account.ActiveUserIDs(ctx, tx, "addUserIds", in.AddUserIDs)
	m.removeUsers, faults[1] = account.UserIDs(ctx, tx, "removeUserIds", in.RemoveUserIDs)
	m.addTeams, faults[2] = account.CurrentTeamIDs(ctx, tx, "addTeamIds", in.AddTeamIDs)
	m.removeTeams, faults[3] = account.TeamIDs(ctx, tx, "removeTeamIds", in.RemoveTeamIDs)
	return m, errors.Join(errors.Join(faults[:]...),
		account.Apart(in.AddUserIDs, "removeUserIds", in.RemoveUserIDs),
		account.Apart(in.AddTeamIDs, "removeTeamIds", in.RemoveTeamIDs))
}

// leaveOut drops what is so already.
func (m *membership) leaveOut(ctx context.Context, tx *store.Tx, inboxID string) error {
	users, err := tx.Client.InboxUser.Query().Where(inboxuser.InboxID(inboxID)).Select(inboxuser.FieldUserID).Strings(ctx)
	if err != nil {
		return err
	}
	teams, err := tx.Client.InboxTeam.Query().Where(inboxteam.InboxID(inboxID)).Select(inboxteam.FieldTeamID).Strings(ctx)
	if err != nil {
		return err
	}
	m.addUsers, m.removeUsers = without(m.addUsers, users), within(m.removeUsers, users)
	m.addTeams, m.removeTeams = without(m.addTeams, teams), within(m.removeTeams, teams)
	return nil
}

func without(list, others []string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return slices.Contains(others, s) })
}

func within(list, others []string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return !slices.Contains(others, s) })
}

// addMembers makes users and teams members of an inbox.
func addMembers(ctx context.Context, tx *store.Tx, inboxID string, users, teams []string) error {
	direct := make([]*ent.InboxUserCreate, len(users))
	for i, u := range users {
		direct[i] = tx.Client.InboxUser.Create().SetID(id.New("member")).SetInboxID(inboxID).SetUserID(u)
		tx.Append(ctx, store.Event{Type: vocab.MemberAdded, InboxID: inboxID, SubjectID: u})
	}
	grants := make([]*ent.InboxTeamCreate, len(teams))
	for i, t := range teams {
		grants[i] = tx.Client.InboxTeam.Create().SetID(id.New("member")).SetInboxID(inboxID).SetTeamID(t)
		tx.Append(ctx, store.Event{Type: vocab.MemberAdded, InboxID: inboxID, SubjectID: t})
	}
	if err := tx.Client.InboxUser.CreateBulk(direct...).Exec(ctx); err != nil {
		return err
	}
	return tx.Client.InboxTeam.CreateBulk(grants...).Exec(ctx)
}

// removeMembers takes members away. What they lose by it is released by a reaction
// (AC-11).
func (m *membership) removeMembers(ctx context.Context, tx *store.Tx, inboxID string) error {
	for _, gone := range append(slices.Clone(m.removeUsers), m.removeTeams...) {
		tx.Append(ctx, store.Event{Type: vocab.MemberRemoved, InboxID: inboxID, SubjectID: gone})
	}
	_, err := tx.Client.InboxUser.Delete().Where(inboxuser.InboxID(inboxID), inboxuser.UserIDIn(m.removeUsers...)).Exec(ctx)
	if err != nil {
		return err
	}
	_, err = tx.Client.InboxTeam.Delete().Where(inboxteam.InboxID(inboxID), inboxteam.TeamIDIn(m.removeTeams...)).Exec(ctx)
	return err
}
