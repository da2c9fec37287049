package account

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"parley/ent"
	"parley/ent/predicate"
	"parley/ent/team"
	"parley/ent/user"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Provisioned is what a directory says of a user (AC-19).
type Provisioned struct {
	Email string
	Name  vocab.DirectoryName
	// ExternalID is the directory's id of the user; "": none.
	ExternalID string
	Role       vocab.UserRole
	Seat       vocab.Seat
	// Active is what it says of that now; nil: nothing, and whoever is new is active.
	Active *bool
}

// provisionedOf is what a directory is taken to have said of a user, but for what it said of their being active.
func provisionedOf(u *ent.User) Provisioned {
	name := u.DirectoryName
	name.Inactive = false
	return Provisioned{u.Email, name, orEmpty(u.ExternalID), u.Role, u.Seat, nil}
}

// inactive reports whether a directory says that a user is inactive, where it said so before or not.
func (p *Provisioned) inactive(before bool) bool {
	if p.Active == nil {
		return before
	}
	return !*p.Active
}

// inDirectory leaves out those whom the directory deleted, and who are still deactivated.
func inDirectory() predicate.User {
	return user.Or(user.DeactivatedAt(clock.Micros(0)), user.RemovedFromDirectory(false))
}

// ProvisionNew makes a user as a directory has them. One whom it deleted before, with the same address,
// is the one who returns, with the role and the seat that are given now. Errors: those of CreateUser.
func (s *Service) ProvisionNew(ctx context.Context, p Provisioned) (*ent.User, error) {
	made := id.New(id.User)
	call := idempotency.Call{Mutation: "scim.createUser", Result: made}
	_, err := Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := cleanProvisioned(&p); err != nil {
			return err
		}
		before, err := tx.Client.User.Query().Where(user.Email(p.Email), user.DeactivatedAtGT(0), user.RemovedFromDirectory(true)).Only(ctx)
		if err == nil {
			made = before.ID
			return s.takeBack(ctx, tx, before, p)
		}
		if !ent.IsNotFound(err) {
			return err
		}
		if err := emailIsFree(ctx, tx, p.Email); err != nil {
			return err
		}
		if err := makeUser(ctx, tx, &ent.User{
			ID: made, Name: nameOr(p.Name, p.Email), Email: p.Email, Role: p.Role, Seat: p.Seat, ExternalID: orNil(p.ExternalID),
		}); err != nil {
			return err
		}
		p.Name.Inactive = p.inactive(false)
		if err := tx.Client.User.UpdateOneID(made).SetDirectoryName(p.Name).Exec(ctx); err != nil || !p.Name.Inactive {
			return err
		}
		u, err := loadUser(ctx, tx.Client, made, "userId")
		if err != nil {
			return err
		}
		return deactivate(ctx, tx, u)
	})
	if err != nil {
		return nil, ExternalIDTaken(err, "user")
	}
	return loadUser(ctx, s.store.Client(ctx), made, "userId")
}

// takeBack gives a user back to a directory that had deleted them. Who they are at providers is found
// out anew, and they are a member of nothing.
func (s *Service) takeBack(ctx context.Context, tx *store.Tx, before *ent.User, p Provisioned) error {
	if _, err := tx.Exec(ctx, "DELETE FROM user_identities WHERE user_id = $1", before.ID); err != nil {
		return err
	}
	after := *before
	after.Name, after.Role, after.Seat, after.ExternalID = nameOr(p.Name, p.Email), p.Role, p.Seat, orNil(p.ExternalID)
	if err := saveUser(ctx, tx, before, &after); err != nil {
		return err
	}
	p.Name.Inactive = p.inactive(false)
	if err := tx.Client.User.UpdateOneID(before.ID).SetDirectoryName(p.Name).SetRemovedFromDirectory(false).SetReturningTeamIds([]string{}).Exec(ctx); err != nil {
		return err
	}
	if p.Name.Inactive {
		return nil
	}
	return reactivate(ctx, tx, &after)
}

// ProvisionUser changes a user as a directory says: change gets what is known of them, under the
// account's lock. One who becomes inactive is deactivated. One of whom the directory said so, and who becomes active again, is
// put back into the teams that they were in; whom an admin deactivated stays so for as long as the directory says the same of them.
// Errors: NOT_FOUND on userId, also for one whom the directory deleted; those of UpdateUser, but a deactivated
// user is changed too; LAST_ADMIN on userId.
func (s *Service) ProvisionUser(ctx context.Context, userID string, change func(*Provisioned) error) (*ent.User, error) {
	call := idempotency.Call{Mutation: "scim.updateUser", Result: userID}
	_, err := Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		before, err := loadProvisioned(ctx, tx.Client, userID)
		if err != nil {
			return err
		}
		p := provisionedOf(before)
		known, wasInactive := p.Name, before.DirectoryName.Inactive
		if err := errors.Join(change(&p), cleanProvisioned(&p)); err != nil {
			return err
		}
		after := *before
		after.Email, after.Role, after.Seat, after.ExternalID = p.Email, p.Role, p.Seat, orNil(p.ExternalID)
		if p.Name != known { // whoever changed their name here keeps it until the directory changes it
			after.Name = nameOr(p.Name, p.Email)
		}
		if p.Name.Inactive = p.inactive(wasInactive); p.Name != before.DirectoryName {
			if err := tx.Client.User.UpdateOneID(userID).SetDirectoryName(p.Name).Exec(ctx); err != nil {
				return err
			}
		}
		if err := mayBecome(ctx, tx, before, &after); err != nil {
			return err
		}
		if before.Email != after.Email {
			s.notifyOldAddress(tx, before)
		}
		if err := saveUser(ctx, tx, before, &after); err != nil {
			return err
		}
		return provisionActive(ctx, tx, before, &after, p, wasInactive)
	})
	if err != nil {
		return nil, ExternalIDTaken(err, "user")
	}
	return loadUser(ctx, s.store.Client(ctx), userID, "userId")
}

// provisionActive deactivates and reactivates a user, who is before and after a change, as p says now and said before.
func provisionActive(ctx context.Context, tx *store.Tx, before, after *ent.User, p Provisioned, wasInactive bool) error {
	deactivated := before.DeactivatedAt.IsSet()
	switch {
	case p.Active == nil:
	case *p.Active && deactivated && wasInactive:
		if err := reactivate(ctx, tx, after); err != nil {
			return err
		}
		return rejoin(ctx, tx, before)
	case !*p.Active && !deactivated:
		if err := mayLose(ctx, tx, after, "userId"); err != nil {
			return err
		}
		return deactivate(ctx, tx, after)
	}
	return nil
}

// rejoin puts a user back into the teams that they were in, as far as those are in use.
func rejoin(ctx context.Context, tx *store.Tx, u *ent.User) error {
	teams, err := tx.Client.Team.Query().Where(team.IDIn(u.ReturningTeamIds...), team.ArchivedAt(0)).Order(team.ByID()).IDs(ctx)
	if err != nil {
		return err
	}
	for _, teamID := range teams {
		var c store.Changes
		c.Optional("members", "", u.ID)
		tx.Append(ctx, store.Event{Type: vocab.TeamUpdated, SubjectID: teamID, Changes: c})
		if err := addToTeam(ctx, tx, teamID, []string{u.ID}); err != nil {
			return err
		}
	}
	return nil
}

// ProvisionGone deactivates a user whom the directory deletes, for good as far as it is concerned: what
// they wrote stays. Errors: NOT_FOUND, LAST_ADMIN on userId.
func (s *Service) ProvisionGone(ctx context.Context, userID string) error {
	call := idempotency.Call{Mutation: "scim.deleteUser", Result: userID}
	_, err := Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		u, err := loadProvisioned(ctx, tx.Client, userID)
		if err != nil {
			return err
		}
		after := *u
		after.ExternalID = nil
		if err := saveUser(ctx, tx, u, &after); err != nil {
			return err
		}
		if !u.DeactivatedAt.IsSet() {
			if err := mayLose(ctx, tx, u, "userId"); err != nil {
				return err
			}
			if err := deactivate(ctx, tx, u); err != nil {
				return err
			}
		}
		return tx.Client.User.UpdateOneID(userID).SetRemovedFromDirectory(true).SetReturningTeamIds([]string{}).Exec(ctx)
	})
	return err
}

// loadProvisioned returns a user whom the directory knows.
func loadProvisioned(ctx context.Context, client *ent.Client, userID string) (*ent.User, error) {
	u, err := loadUser(ctx, client, userID, "userId")
	if err == nil && u.DeactivatedAt.IsSet() && u.RemovedFromDirectory {
		err = errs.New(errs.NotFound, "There is no user %q.", errs.Clip(userID)).On("userId")
	}
	return u, err
}

// cleanProvisioned checks what a directory says, and brings it into the form in which it is kept.
func cleanProvisioned(p *Provisioned) error {
	var faults []error
	email, err := CleanEmail(p.Email, "userName")
	faults = append(faults, err)
	p.Email = email
	if p.Name != (vocab.DirectoryName{}) {
		_, err := CleanName(p.Name.String(), "displayName")
		faults = append(faults, err)
	}
	if p.ExternalID != "" {
		_, err := CleanExternalID(p.ExternalID, "externalId")
		faults = append(faults, err)
	}
	p.Role, p.Seat = cmp.Or(p.Role, vocab.RoleAgent), cmp.Or(p.Seat, vocab.SeatNone)
	return errors.Join(faults...)
}

// nameOr is a name as it is kept; the address of whoever has none.
func nameOr(n vocab.DirectoryName, email string) string {
	if name, err := CleanName(n.String(), "displayName"); err == nil {
		return name
	}
	return email
}

// ProvisionedUsersNamed returns the ids of the account's users of a name, whatever its case. A database would not fold all of Unicode.
func (s *Service) ProvisionedUsersNamed(ctx context.Context, name string) ([]string, error) {
	if err := MayAdminister(ctx); err != nil {
		return nil, err
	}
	var all []named
	err := s.store.Client(ctx).User.Query().Select(user.FieldID, user.FieldName).Scan(ctx, &all)
	return ofName(all, name), err
}

// named is an object with its name.
type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// ofName are the ids of those that have a name, whatever its case.
func ofName(all []named, name string) []string {
	if clean, err := CleanName(name, "name"); err == nil {
		name = clean
	}
	found := []string{}
	for _, one := range all {
		if strings.EqualFold(one.Name, name) {
			found = append(found, one.ID)
		}
	}
	return found
}

func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// ProvisionedUser returns a user whom the directory knows. Errors: NOT_FOUND on userId.
func (s *Service) ProvisionedUser(ctx context.Context, userID string) (*ent.User, error) {
	if err := MayAdminister(ctx); err != nil {
		return nil, err
	}
	return loadProvisioned(ctx, s.store.Client(ctx), userID)
}

// ProvisionedUsers returns those of the account's users whom the directory knows and the conditions match, in
// the order in which they were made, from offset on; and how many there are in all.
func (s *Service) ProvisionedUsers(ctx context.Context, where []predicate.User, offset, limit int) ([]*ent.User, int, error) {
	if err := MayAdminister(ctx); err != nil {
		return nil, 0, err
	}
	where = append(slices.Clone(where), inDirectory())
	client := s.store.Client(ctx)
	total, err := client.User.Query().Where(where...).Count(ctx)
	if err != nil || limit == 0 || offset >= total {
		return nil, total, err
	}
	found, err := client.User.Query().Where(where...).Order(user.ByID()).Offset(offset).Limit(limit).All(ctx)
	return found, total, err
}
