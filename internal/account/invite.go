package account

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"parley/ent"
	"parley/ent/apitoken"
	"parley/ent/session"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// InvitationPrefix begins the text of every invitation.
	InvitationPrefix = "invitation_"
	// InvitationTTL is how long an invitation holds.
	InvitationTTL = 7 * 24 * time.Hour
	// InvitationPath is where the server has the page of invitations.
	InvitationPath = "/invitation"
)

// Inviting says how invitations reach people.
type Inviting struct {
	// PublicURL is the server's address, with which links begin.
	PublicURL string
	// Post mails a text with the transaction; nil: no mail goes out.
	Post func(tx *store.Tx, to, subject, text string)
}

// UseInviting sets how invitations reach people. It is called before the service is used.
func (s *Service) UseInviting(i Inviting) { s.inviting = i }

// Invited is an invitation that was made. Link is shown once: it is empty when the
// mutation was repeated.
type Invited struct {
	User   *ent.User
	Link   string
	Mailed bool
}

// InviteUser makes a link with which an active user signs in, or gets a token of their own, once,
// within InvitationTTL (AC-13). It ends the invitation before it. Only a hash is kept.
// Errors: NOT_ELIGIBLE on userId.
func (s *Service) InviteUser(ctx context.Context, in InviteUserInput) (Invited, error) {
	if err := MayOpenSessions(ctx); err != nil {
		return Invited{}, err
	}
	made := Invited{Mailed: s.inviting.Post != nil}
	call := idempotency.Call{Mutation: "inviteUser", Key: in.IdempotencyKey, Input: in, Result: in.UserID}
	_, err := Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		u, err := loadUser(ctx, tx.Client, in.UserID, "userId")
		if err != nil {
			return err
		}
		if err := mustBeActive(u, "userId"); err != nil {
			return err
		}
		made.Link, err = s.invite(ctx, tx, u, in.EndTokens != nil && *in.EndTokens)
		return err
	})
	if err != nil {
		return Invited{}, err
	}
	made.User, err = loadUser(ctx, s.store.Client(ctx), in.UserID, "userId")
	return made, err
}

// invite keeps a new invitation and returns its link, which is mailed where mail goes out.
func (s *Service) invite(ctx context.Context, tx *store.Tx, u *ent.User, endTokens bool) (string, error) {
	if err := endInvitation(ctx, tx, u.ID); err != nil {
		return "", err
	}
	text, hash := secret.NewToken(InvitationPrefix)
	until := tx.Now().Add(InvitationTTL)
	if _, err := tx.Exec(ctx, "INSERT INTO invitations (user_id, account_id, hash, ends_tokens, expires_at) VALUES ($1, $2, $3, $4, $5)",
		u.ID, viewer.FromContext(ctx).AccountID, hash, endTokens, int64(until)); err != nil {
		return "", fmt.Errorf("keep the invitation: %w", err)
	}
	tx.Append(ctx, store.Event{Type: vocab.UserInvited, SubjectID: u.ID, UserID: u.ID})
	link := s.inviting.PublicURL + InvitationPath + "?invitation=" + url.QueryEscape(text)
	if s.inviting.Post != nil {
		a, err := tx.Client.Account.Get(ctx, viewer.FromContext(ctx).AccountID)
		if err != nil {
			return "", err
		}
		s.inviting.Post(tx, u.Email, "Your invitation to "+a.Name, fmt.Sprintf("Hello %s,\n\nyou are invited to the inbox of %s. Open this page to get your access:\n\n%s\n\n"+
			"The link is only for you. It works once, until %s.\n", u.Name, a.Name, link, until.Time().Format("2 January 2006, 15:04 UTC")))
	}
	return link, nil
}

// endInvitation ends the invitation that a user may have.
func endInvitation(ctx context.Context, tx *store.Tx, userID string) error {
	_, err := tx.Exec(ctx, "DELETE FROM invitations WHERE user_id = $1 AND account_id = $2", userID, viewer.FromContext(ctx).AccountID)
	return err
}

// refusedInvitation answers alike for what was never an invitation, and for one that was
// used, ended or has expired.
func refusedInvitation() error {
	return errs.New(errs.Invalid, "The invitation is wrong, was used already, or has expired. Ask an admin for another one.").On("invitation")
}

// AcceptInvitation uses an invitation up, and returns a new personal token of whom it
// was made for, with all scopes. It needs no viewer: whoever has the invitation may
// call it. Errors: INVALID on invitation; RATE_LIMITED for too many from one network
// address.
func (s *Service) AcceptInvitation(ctx context.Context, in AcceptInvitationInput) (Token, error) {
	if err := s.invitations.countTry(ctx, s.store.Clock()); err != nil {
		return Token{}, err
	}
	hash := secret.HashToken(in.Invitation)
	ctx = viewer.NewContext(ctx, viewer.Everywhere("invitation"))
	u, err := s.invitedBy(ctx, hash)
	if err != nil {
		return Token{}, err
	}
	self := &viewer.Viewer{Kind: kindOf(u.Role), AccountID: u.AccountID, ActorID: u.ID}
	ctx = viewer.NewContext(ctx, viewer.System("invitation", u.AccountID).InNameOf(self))
	t := Token{Token: &ent.ApiToken{ID: id.New(id.APIToken), Name: "Invitation", UserID: u.ID, Scopes: []string{viewer.ScopeAll}, ExpiresAt: clock.Never}}
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := useInvitation(ctx, tx, u.ID, hash); err != nil {
			return err
		}
		t.Text, err = mintToken(ctx, tx, t.Token)
		return err
	})
	if err != nil {
		return Token{}, err
	}
	t.Token, err = loadToken(ctx, s.store.Client(ctx), t.Token.ID)
	return t, err
}

// invitedBy returns the user whom an invitation was made for.
func (s *Service) invitedBy(ctx context.Context, hash []byte) (*ent.User, error) {
	found, err := s.store.Strings(ctx, "SELECT user_id FROM invitations WHERE hash = $1", hash)
	if err != nil {
		return nil, fmt.Errorf("look the invitation up: %w", err)
	}
	if len(found) == 0 {
		return nil, refusedInvitation()
	}
	return s.store.Client(ctx).User.Get(ctx, found[0])
}

// useInvitation removes an invitation that holds, with the user's tokens and sessions if it was made
// so. Of two who use it at once, one finds it.
func useInvitation(ctx context.Context, tx *store.Tx, userID string, hash []byte) error {
	if err := Lock(ctx, tx); err != nil {
		return err
	}
	u, err := loadUser(ctx, tx.Client, userID, "userId")
	if err != nil {
		return err
	}
	ending, err := tx.Number(ctx, "SELECT COUNT(*) FROM invitations WHERE hash = $1 AND ends_tokens", hash)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, "DELETE FROM invitations WHERE hash = $1 AND expires_at > $2", hash, int64(tx.Now()))
	if err != nil {
		return fmt.Errorf("use the invitation: %w", err)
	}
	if n == 0 || u.DeactivatedAt.IsSet() {
		return refusedInvitation()
	}
	if ending > 0 {
		if err := errors.Join(EndSessions(ctx, tx, session.UserID(userID)), endLinks(ctx, tx, userID)); err != nil {
			return err
		}
		return revokeTokens(ctx, tx, apitoken.UserID(userID))
	}
	return nil
}
