package account

import (
	"context"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// AddUser adds a user who came by an identity provider (AC-9). The transaction holds the
// account's lock. Errors: ALREADY_EXISTS on email.
func AddUser(ctx context.Context, tx *store.Tx, name, email string, role vocab.UserRole) (*ent.User, error) {
	if cleaned, err := CleanName(name, "name"); err == nil {
		name = cleaned
	} else {
		name = email
	}
	if err := emailIsFree(ctx, tx, email); err != nil {
		return nil, err
	}
	u := &ent.User{ID: id.New(id.User), Name: name, Email: email, Role: role, Seat: vocab.SeatNone}
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
