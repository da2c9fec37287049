package demo

import (
	"context"
	"fmt"

	"parley/ent"
	entaccount "parley/ent/account"
	"parley/ent/inbox"
	entteam "parley/ent/team"
	"parley/ent/user"
	accounts "parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
)

// loadAccount returns the account to fill.
func loadAccount(ctx context.Context, s *store.Store, accountID string) (*ent.Account, error) {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("demo"))
	query := s.Client(ctx).Account.Query().Order(entaccount.ByNumber())
	if accountID != "" {
		query.Where(entaccount.ID(accountID))
	}
	a, err := query.First(ctx)
	switch {
	case ent.IsNotFound(err) && accountID != "":
		return nil, errs.New(errs.NotFound, "There is no account %q.", errs.Clip(accountID)).On("accountId")
	case ent.IsNotFound(err):
		if accountID, err = accounts.New(s).NewAccount(ctx, "Northwind Demo"); err != nil {
			return nil, err
		}
		return s.Client(ctx).Account.Get(ctx, accountID)
	case err != nil:
		return nil, err
	}
	return a, isEmpty(ctx, s, a)
}

// isEmpty refuses an account that may not have the set's inboxes (AC-6).
func isEmpty(ctx context.Context, s *store.Store, a *ent.Account) error {
	if a.MaxInboxes == nil {
		return nil
	}
	n, err := s.Client(ctx).Inbox.Query().Where(inbox.AccountID(a.ID), inbox.DeletedAt(clock.Micros(0))).Count(ctx)
	if err != nil || n+len(places()) <= *a.MaxInboxes {
		return err
	}
	return errs.New(errs.InboxLimitReached, "A demo requires %d inboxes; the account has %d and may have %d.", len(places()), n, *a.MaxInboxes).
		Having(errs.Data{Limit: *a.MaxInboxes})
}

// nextRound returns the least number of a set whose users and teams the account
// does not have yet.
func nextRound(ctx context.Context, db *store.Store, accountID string) (int, error) {
	ctx = viewer.NewContext(ctx, viewer.System("demo", accountID))
	client := db.Client(ctx)
	for s := (&set{round: 1}); ; s.round++ {
		var emails, names []string
		for _, c := range colleagues() {
			emails = append(emails, c.address+"@"+s.domain("northwind"))
		}
		for _, t := range teamsOfSet() {
			names = append(names, s.label(t.name))
		}
		met, err := client.User.Query().Where(user.EmailIn(emails...)).Exist(ctx)
		if err == nil && !met {
			met, err = client.Team.Query().Where(entteam.NameIn(names...)).Exist(ctx)
		}
		if err != nil || !met {
			return s.round, err
		}
	}
}

// domain returns the domain of addresses at a host of the set's world. No real
// mail can go there.
func (s *set) domain(host string) string {
	if s.round > 1 {
		return fmt.Sprintf("%s-%d.example", host, s.round)
	}
	return host + ".example"
}

// label returns the name of an inbox or team of the set.
func (s *set) label(name string) string {
	if s.round > 1 {
		return fmt.Sprintf("%s %d", name, s.round)
	}
	return name
}
