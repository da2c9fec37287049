package account

import (
	"context"
	"slices"

	"parley/ent"
	"parley/ent/team"
	"parley/ent/teammember"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// AddUser adds a user who came by an identity provider (AC-9). The transaction holds the
// account's lock. Errors: ALREADY_EXISTS on email.
func AddUser(ctx context.Context, tx *store.Tx, name, email string, role vocab.UserRole, seat vocab.Seat) (*ent.User, error) {
	if cleaned, err := CleanName(name, "name"); err == nil {
		name = cleaned
	} else {
		name = email
	}
	if err := emailIsFree(ctx, tx, email); err != nil {
		return nil, err
	}
	u := &ent.User{ID: id.New(id.User), Name: name, Email: email, Role: role, Seat: seat}
	if err := makeUser(ctx, tx, u); err != nil {
		return nil, err
	}
	return loadUser(ctx, tx.Client, u.ID, "userId")
}

// GiveRole gives a user the role that an identity provider says. The last admin stays one.
// The transaction holds the account's lock.
func GiveRole(ctx context.Context, tx *store.Tx, u *ent.User, role vocab.UserRole) (*ent.User, error) {
	if u.Role == role {
		return u, nil
	}
	if err := mayLose(ctx, tx, u, "role"); err != nil {
		if errs.Is(err, errs.LastAdmin) {
			return u, nil
		}
		return nil, err
	}
	after := *u
	after.Role = role
	return &after, saveUser(ctx, tx, u, &after)
}

// GiveTeams makes a user a member of those of some teams that are wanted, and of no other of them: an identity
// provider says so. Those that were deleted or archived are passed over. The transaction holds the account's lock.
func GiveTeams(ctx context.Context, tx *store.Tx, u *ent.User, managed, wanted []string) error {
	teams, err := tx.Client.Team.Query().Where(team.IDIn(managed...), team.ArchivedAt(0)).Order(team.ByID()).IDs(ctx)
	if err != nil || len(teams) == 0 {
		return err
	}
	in, err := tx.Client.TeamMember.Query().Where(teammember.UserID(u.ID), teammember.TeamIDIn(teams...)).Select(teammember.FieldTeamID).Strings(ctx)
	if err != nil {
		return err
	}
	for _, teamID := range teams {
		var c store.Changes
		switch is, should := slices.Contains(in, teamID), slices.Contains(wanted, teamID); {
		case should && !is:
			c.Optional("members", "", u.ID)
			err = addToTeam(ctx, tx, teamID, []string{u.ID})
		case is && !should:
			c.Optional("members", u.ID, "")
			_, err = tx.Client.TeamMember.Delete().Where(teammember.TeamID(teamID), teammember.UserID(u.ID)).Exec(ctx)
		default:
			continue
		}
		if err != nil {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.TeamUpdated, SubjectID: teamID, Changes: c})
	}
	return nil
}

// AcceptInSession uses an invitation up, and begins a session of whom it was made for
// (AC-13). Errors: INVALID on invitation; RATE_LIMITED for too many from one network address.
func (s *Service) AcceptInSession(ctx context.Context, invitation, userAgent string) (Opened, error) {
	if invitation == "" {
		return Opened{}, refusedInvitation()
	}
	if err := s.invitations.countTry(ctx, s.store.Clock()); err != nil {
		return Opened{}, err
	}
	hash := secret.HashToken(invitation)
	ctx = viewer.NewContext(ctx, viewer.Everywhere("invitation"))
	u, err := s.invitedBy(ctx, hash)
	if err != nil {
		return Opened{}, err
	}
	var made Opened
	err = s.store.WithTx(viewer.NewContext(ctx, AsUser(u)), func(ctx context.Context, tx *store.Tx) error {
		if err := useInvitation(ctx, tx, u.ID, hash); err != nil {
			return err
		}
		made, err = OpenSession(ctx, tx, NewSession{User: u, UserAgent: userAgent, Way: "INVITATION"})
		return err
	})
	return made, err
}
