package account

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"parley/ent"
	"parley/ent/team"
	"parley/ent/user"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
)

// MaxIDs is the most ids that a list in an input may have.
const MaxIDs = 1000

// Listed checks the ids that the input's field lists and returns each once.
// known has those that exist. Errors, joined: NOT_FOUND on [field, index].
func Listed(field string, ids []string, known func(id string) bool) ([]string, error) {
	var faults []error
	unique := make([]string, 0, len(ids))
	seen := make(map[string]bool, len(ids))
	for i, one := range ids {
		if !known(one) {
			faults = append(faults, errs.New(errs.NotFound, "There is no %q.", errs.Clip(one)).On(field, strconv.Itoa(i)))
		}
		if !seen[one] {
			seen[one] = true
			unique = append(unique, one)
		}
	}
	return unique, errors.Join(faults...)
}

// Candidates returns the ids in a list that are of the given type; the others
// cannot be in the database. TOO_LONG past MaxIDs.
func Candidates(field string, ids []string, prefix string) ([]string, error) {
	if len(ids) > MaxIDs {
		return nil, errs.Exceeds(MaxIDs, "The list has %d ids; at most %d are allowed.", len(ids), MaxIDs).On(field)
	}
	return slices.DeleteFunc(slices.Clone(ids), func(s string) bool { return !id.Is(s, prefix) }), nil
}

// UserIDs returns the users that the field lists, each once. Errors, joined:
// TOO_LONG, NOT_FOUND.
func UserIDs(ctx context.Context, tx *store.Tx, field string, ids []string) ([]string, error) {
	users, err := usersAt(ctx, tx, field, ids)
	if err != nil {
		return nil, err
	}
	return Listed(field, ids, func(one string) bool { return users[one] != nil })
}

// ActiveUserIDs is UserIDs, and refuses deactivated users: NOT_ELIGIBLE.
func ActiveUserIDs(ctx context.Context, tx *store.Tx, field string, ids []string) ([]string, error) {
	users, err := usersAt(ctx, tx, field, ids)
	if err != nil {
		return nil, err
	}
	unique, err := Listed(field, ids, func(one string) bool { return users[one] != nil })
	faults := []error{err}
	for i, one := range ids {
		if u := users[one]; u != nil {
			faults = append(faults, mustBeActive(u, field, strconv.Itoa(i)))
		}
	}
	return unique, errors.Join(faults...)
}

// CurrentTeamIDs is TeamIDs, and refuses archived teams: INVALID (IB-7).
func CurrentTeamIDs(ctx context.Context, tx *store.Tx, field string, ids []string) ([]string, error) {
	unique, err := TeamIDs(ctx, tx, field, ids)
	if err != nil || len(ids) == 0 {
		return unique, err
	}
	archived, err := tx.Client.Team.Query().Where(team.IDIn(unique...), team.ArchivedAtGT(0)).All(ctx)
	faults := []error{err}
	for _, t := range archived {
		faults = append(faults, Archived("team", t.Name, field, strconv.Itoa(slices.Index(ids, t.ID))))
	}
	return unique, errors.Join(faults...)
}

// TeamIDs returns the teams that the field lists, each once. Errors, joined:
// TOO_LONG, NOT_FOUND.
func TeamIDs(ctx context.Context, tx *store.Tx, field string, ids []string) ([]string, error) {
	wanted, err := Candidates(field, ids, id.Team)
	if err != nil {
		return nil, err
	}
	found, err := tx.Client.Team.Query().Where(team.IDIn(wanted...)).IDs(ctx)
	if err != nil {
		return nil, err
	}
	return Listed(field, ids, contains(found))
}

func contains(list []string) func(string) bool {
	return func(one string) bool { return slices.Contains(list, one) }
}

func usersAt(ctx context.Context, tx *store.Tx, field string, ids []string) (map[string]*ent.User, error) {
	wanted, err := Candidates(field, ids, id.User)
	if err != nil {
		return nil, err
	}
	list, err := tx.Client.User.Query().Where(user.IDIn(wanted...)).All(ctx)
	if err != nil {
		return nil, err
	}
	users := make(map[string]*ent.User, len(list))
	for _, u := range list {
		users[u.ID] = u
	}
	return users, nil
}

// Apart refuses ids that an input wants both added and removed: INVALID on the
// index in the field that removes.
func Apart(add []string, removeField string, remove []string) error {
	var faults []error
	for i, one := range remove {
		if slices.Contains(add, one) {
			faults = append(faults, errs.New(errs.Invalid, "%q cannot be added and removed in the same call.", errs.Clip(one)).On(removeField, strconv.Itoa(i)))
		}
	}
	return errors.Join(faults...)
}

// UserByEmail returns the user of the account who has an address, whatever its case.
// Errors: INVALID and NOT_FOUND on email.
func (s *Service) UserByEmail(ctx context.Context, address string) (*ent.User, error) {
	email, err := CleanEmail(address, "email")
	if err != nil {
		return nil, err
	}
	u, err := s.store.Client(ctx).User.Query().Where(user.Email(email)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "No user of the account has the address %q.", errs.Clip(email)).On("email")
	}
	return u, err
}

// LoadUser returns a user by an id of the caller's: NOT_FOUND on the field.
func LoadUser(ctx context.Context, client *ent.Client, userID, field string) (*ent.User, error) {
	return loadUser(ctx, client, userID, field)
}

func loadUser(ctx context.Context, client *ent.Client, userID, field string) (*ent.User, error) {
	if id.Is(userID, id.User) {
		u, err := client.User.Get(ctx, userID)
		if !ent.IsNotFound(err) {
			return u, err
		}
	}
	return nil, errs.New(errs.NotFound, "There is no user %q.", errs.Clip(userID)).On(field)
}
