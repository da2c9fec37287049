package account

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"parley/ent"
	"parley/ent/account"
	"parley/ent/apitoken"
	"parley/ent/user"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// NewAccount makes an account without people in it and returns its id. It needs
// no viewer. Its number is one more than the highest.
func (s *Service) NewAccount(ctx context.Context, name string) (string, error) {
	accountID := id.New(id.Account)
	ctx = viewer.NewContext(ctx, viewer.Everywhere("new account"))
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := lockAccounts(ctx, tx); err != nil {
			return err
		}
		return newAccount(ctx, tx, accountID, name)
	})
	return accountID, err
}

// accountsLock is the key of PostgreSQL's advisory lock on the list of accounts.
const accountsLock = 0x7061726c6579

// lockAccounts makes those who make accounts wait for one another.
func lockAccounts(ctx context.Context, tx *store.Tx) error {
	if !tx.Postgres() {
		return nil
	}
	_, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(accountsLock))
	return err
}

func newAccount(ctx context.Context, tx *store.Tx, accountID, name string) error {
	name, err := CleanName(name, "name")
	if err != nil {
		return err
	}
	highest, err := tx.Number(ctx, "SELECT COALESCE(MAX(number), 0) FROM accounts")
	if err != nil {
		return err
	}
	if err := tx.Client.Account.Create().SetID(accountID).SetNumber(highest + 1).SetName(name).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
		return err
	}
	if err := tx.Client.AccountSequence.Create().SetID(accountID).SetLogEpoch(rand.Text()[:8]).Exec(ctx); err != nil {
		return err
	}
	return MakeFirstPipelines(viewer.NewContext(ctx, viewer.System("new account", accountID)), tx)
}

// First is the installation's first account and its first active admin.
type First struct {
	AccountID, UserID string
	// Created: the account was made just now.
	Created bool
	// Token is the text of a token that was made or let in just now; "": none.
	Token string
}

// minToken is the least number of characters of a token that is not Parley's.
const minToken = 8

// checkToken refuses a given token that could not be sent, or easily be guessed.
func checkToken(token string) error {
	visible := !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
	if token == "" || visible && len(token) >= minToken {
		return nil
	}
	return errs.New(errs.Invalid, "An admin token must have at least %d characters, all of them ASCII letters, digits or punctuation, without spaces.", minToken)
}

// FirstAccount makes account 1 with an admin and an admin token if there is
// none yet. The token is the given one, or a random one. A given token that is
// not known yet later becomes one of the first admin's. It belongs into the
// context's transaction, if any, and may be called on several nodes at once.
// Errors: INVALID, for a given token that could not serve.
func (s *Service) FirstAccount(ctx context.Context, token string) (First, error) {
	if err := checkToken(token); err != nil {
		return First{}, err
	}
	var f First
	ctx = viewer.NewContext(ctx, viewer.Everywhere("bootstrap"))
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		f = First{}
		if err := lockAccounts(ctx, tx); err != nil {
			return err
		}
		u, err := firstAdmin(ctx, tx.Client)
		if ent.IsNotFound(err) {
			u, err = f.createAdmin(ctx, tx)
		}
		if err != nil {
			return err
		}
		f.AccountID, f.UserID = u.AccountID, u.ID
		return f.admitToken(ctx, tx, token)
	})
	return f, err
}

// FirstAdmin returns the first active admin of account 1. It needs no viewer.
func (s *Service) FirstAdmin(ctx context.Context) (*ent.User, error) {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("bootstrap"))
	return firstAdmin(ctx, s.store.Client(ctx))
}

func firstAdmin(ctx context.Context, client *ent.Client) (*ent.User, error) {
	a, err := client.Account.Query().Where(account.Number(1)).Only(ctx)
	if err != nil {
		return nil, err
	}
	u, err := client.User.Query().Where(user.AccountID(a.ID), user.RoleEQ(vocab.RoleAdmin), user.DeactivatedAt(clock.Micros(0))).
		Order(user.ByCreatedAt(), user.ByID()).First(ctx)
	if ent.IsNotFound(err) {
		return nil, fmt.Errorf("account %s has no admin", a.ID)
	}
	return u, err
}

func (f *First) createAdmin(ctx context.Context, tx *store.Tx) (*ent.User, error) {
	u := &ent.User{
		ID: id.New(id.User), AccountID: id.New(id.Account), Name: "Admin", Email: "admin@localhost",
		Role: vocab.RoleAdmin, Seat: vocab.SeatService,
	}
	f.Created = true
	if err := newAccount(ctx, tx, u.AccountID, "Parley"); err != nil {
		return nil, err
	}
	return u, makeUser(viewer.NewContext(ctx, viewer.System("bootstrap", u.AccountID)), tx, u)
}

// admitToken makes the admin's token, or lets the given one in.
func (f *First) admitToken(ctx context.Context, tx *store.Tx, token string) error {
	if token == "" && !f.Created {
		return nil
	}
	hash := secret.HashToken(token)
	if token == "" {
		token, hash = secret.NewToken(TokenPrefix)
	}
	known, err := tx.Client.ApiToken.Query().Where(apitoken.Hash(hash)).Exist(ctx)
	if err != nil || known {
		return err
	}
	f.Token = token
	ctx = viewer.NewContext(ctx, viewer.System("bootstrap", f.AccountID))
	return insertToken(ctx, tx, &ent.ApiToken{
		ID: id.New(id.APIToken), Name: "First admin token", UserID: f.UserID, Scopes: []string{"*"}, ExpiresAt: clock.Never,
	}, hash)
}
