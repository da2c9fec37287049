package targeting

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"parley/ent"
	"parley/ent/contactlist"
	"parley/ent/team"
	"parley/ent/user"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/vocab"
)

// knowsLists refuses lists that the account does not have, or that were archived (IB-7), an
// error each; not those that were named before.
func knowsLists(ctx context.Context, client *ent.Client, before, ids []string, field string) error {
	if len(ids) == 0 {
		return nil
	}
	if len(ids) > MaxLists {
		return errs.Exceeds(MaxLists, "There are %d lists; at most %d are allowed.", len(ids), MaxLists).On(field)
	}
	found, err := client.ContactList.Query().Where(contactlist.IDIn(ids...)).All(ctx)
	if err != nil {
		return err
	}
	known := slices.Clone(before)
	var faults []error
	for _, l := range found {
		if l.ArchivedAt.IsSet() && !slices.Contains(before, l.ID) {
			faults = append(faults, account.Archived("list", l.Name, field, strconv.Itoa(slices.Index(ids, l.ID))))
		}
		known = append(known, l.ID)
	}
	return errors.Join(append(faults, checkFound(ids, known, "list", field))...)
}

// knowsPeople refuses people and teams of a heading that the account does not
// have, or that were deactivated; not those that were named before.
func knowsPeople(ctx context.Context, client *ent.Client, before, h vocab.Heading) error {
	users := h.UserIDs
	if h.FallbackID != "" {
		users = append(users[:len(users):len(users)], h.FallbackID)
	}
	var faults []error
	if len(users) > 0 && len(h.UserIDs) <= MaxPeople {
		active, err := client.User.Query().Where(user.IDIn(users...), user.DeactivatedAt(clock.Micros(0))).IDs(ctx)
		if err != nil {
			return err
		}
		active = slices.Concat(active, before.UserIDs, []string{before.FallbackID})
		faults = append(faults, checkFound(h.UserIDs, active, "active user", "heading", "userIds"))
		if h.FallbackID != "" && checkFound([]string{h.FallbackID}, active, "", "") != nil {
			faults = append(faults, errs.New(errs.NotFound, "There is no active user %q.", errs.Clip(h.FallbackID)).On("heading", "fallbackId"))
		}
	}
	if h.TeamID != "" && h.TeamID != before.TeamID {
		t, err := client.Team.Query().Where(team.ID(h.TeamID)).Only(ctx)
		switch {
		case ent.IsNotFound(err):
			faults = append(faults, errs.New(errs.NotFound, "There is no team %q.", errs.Clip(h.TeamID)).On("heading", "teamId"))
		case err != nil:
			return err
		case t.ArchivedAt.IsSet():
			faults = append(faults, account.Archived("team", t.Name, "heading", "teamId"))
		}
	}
	return errors.Join(faults...)
}

// checkFound names each id that was not found, at its place.
func checkFound(ids, found []string, what string, path ...string) error {
	known := map[string]bool{}
	for _, f := range found {
		known[f] = true
	}
	var faults []error
	for i, wanted := range ids {
		if !known[wanted] {
			at := slices.Concat(path, []string{strconv.Itoa(i)})
			faults = append(faults, errs.New(errs.NotFound, "There is no %s %q.", what, errs.Clip(wanted)).On(at...))
		}
	}
	return errors.Join(faults...)
}
