package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"parley/ent"
	"parley/ent/user"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/vocab"
)

// CreateUser adds a user, who is available and a member of no inbox yet (AC-2).
// Whoever has the address can sign in by a link, so a token must grant everything. Errors:
// FORBIDDEN; ALREADY_EXISTS on email and externalId.
func (s *Service) CreateUser(ctx context.Context, in CreateUserInput) (*ent.User, error) {
	if err := MayOpenSessions(ctx); err != nil {
		return nil, err
	}
	call := idempotency.Call{
		Mutation: "createUser", Key: in.IdempotencyKey, Input: in, Result: id.OrNew(in.ID, id.User),
		Own: []idempotency.Own{{Kind: id.User, Field: "id", ID: in.ID}},
	}
	userID, err := AdministerNew(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		name, err := CleanName(in.Name, "name")
		email, err2 := CleanEmail(in.Email, "email")
		externalID, err3 := NewExternalID(in.ExternalID)
		if err := errors.Join(err, err2, err3); err != nil {
			return err
		}
		if err := emailIsFree(ctx, tx, email); err != nil {
			return err
		}
		return makeUser(ctx, tx, &ent.User{
			ID: call.Result, Name: name, Email: email, Role: cmp.Or(in.Role, vocab.RoleAgent), Seat: cmp.Or(in.Seat, vocab.SeatNone), ExternalID: externalID,
		})
	})
	if err != nil {
		return nil, err
	}
	return loadUser(ctx, s.store.Client(ctx), userID, "userId")
}

// emailIsFree refuses an address that a user of the account has, deactivated or not.
func emailIsFree(ctx context.Context, tx *store.Tx, email string) error {
	taken, err := tx.Client.User.Query().Where(user.Email(email)).Exist(ctx)
	if err == nil && taken {
		err = errs.New(errs.AlreadyExists, "Another user of the account already has this e-mail address.").On("email")
	}
	return err
}

// freeEmail is emailIsFree, and takes an address from whoever a directory deleted: another may have it.
func freeEmail(ctx context.Context, tx *store.Tx, email string) error {
	holder, err := tx.Client.User.Query().Where(user.Email(email), user.DeactivatedAtGT(0), user.RemovedFromDirectory(true)).Only(ctx)
	if ent.IsNotFound(err) {
		return emailIsFree(ctx, tx, email)
	}
	if err != nil {
		return err
	}
	after := *holder
	after.Email = holder.ID + "@removed.invalid"
	return saveUser(ctx, tx, holder, &after)
}

func makeUser(ctx context.Context, tx *store.Tx, u *ent.User) error {
	var c store.Changes
	c.Optional("role", "", string(u.Role))
	c.Optional("seat", "", string(u.Seat))
	ExternalIDChange(&c, nil, u.ExternalID)
	tx.Append(ctx, store.Event{Type: vocab.UserCreated, SubjectID: u.ID, Changes: c})
	err := tx.Client.User.Create().SetID(u.ID).SetName(u.Name).SetEmail(u.Email).SetRole(u.Role).SetSeat(u.Seat).
		SetAvailability(vocab.Available).SetNillableExternalID(u.ExternalID).SetCreatedAt(tx.Now()).Exec(ctx)
	return ExternalIDTaken(err, "user")
}

// MaxCapacity is the highest capacity that a user may have (RT-2).
const MaxCapacity = 1000

// UpdateUser changes a user (AC-2, AC-8, RT-2). A new role holds from the user's next
// request on. A new address, which leads to sign-in links, or a new role needs a token that
// grants everything; the old address is notified by mail. Errors: FORBIDDEN, LAST_ADMIN on
// role, NOT_ELIGIBLE on userId, ALREADY_EXISTS on email and externalId.
func (s *Service) UpdateUser(ctx context.Context, in UpdateUserInput) (*ent.User, error) {
	call := idempotency.Call{Mutation: "updateUser", Key: in.IdempotencyKey, Input: in, Result: in.UserID}
	_, err := Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		before, err := loadUser(ctx, tx.Client, in.UserID, "userId")
		if err != nil {
			return err
		}
		after, err := in.applyTo(before)
		if err != nil {
			return err
		}
		if err := mayBecome(ctx, tx, before, after); err != nil {
			return err
		}
		if before.Email != after.Email {
			s.notifyOldAddress(tx, before)
		}
		return saveUser(ctx, tx, before, after)
	})
	if err != nil {
		return nil, ExternalIDTaken(err, "user")
	}
	return loadUser(ctx, s.store.Client(ctx), in.UserID, "userId")
}

// mayBecome refuses changes of who can sign in as a user, and of what they may do then.
func mayBecome(ctx context.Context, tx *store.Tx, before, after *ent.User) error {
	if before.Email != after.Email || before.Role != after.Role {
		if err := MayOpenSessions(ctx); err != nil {
			return err
		}
	}
	if before.Email != after.Email {
		if err := freeEmail(ctx, tx, after.Email); err != nil {
			return err
		}
	}
	if before.Role != after.Role {
		return mayLose(ctx, tx, before, "role")
	}
	return nil
}

// notifyOldAddress mails the address that a user had that it is not theirs any more: whoever
// has the new one can sign in as them.
func (s *Service) notifyOldAddress(tx *store.Tx, before *ent.User) {
	if s.inviting.Post == nil {
		return
	}
	s.inviting.Post(tx, before.Email, "Your address was changed", fmt.Sprintf("Hello %s,\n\nan admin changed the address with which you sign in at %s. "+
		"Sign-in links go to the new one from now on. If you did not expect it, ask an admin why.\n", before.Name, s.inviting.PublicURL))
}

// applyTo returns the user as the input wants it.
func (in UpdateUserInput) applyTo(before *ent.User) (*ent.User, error) {
	if err := mustBeActive(before, "userId"); err != nil {
		return nil, err
	}
	u := *before
	faults := []error{
		rename(&u.Name, in.Name), readdress(&u.Email, in.Email), opt.Require(&u.Role, in.Role, "role"), opt.Require(&u.Seat, in.Seat, "seat"),
		opt.Require(&u.ReassignRepliesWhenAway, in.ReassignRepliesWhenAway, "reassignRepliesWhenAway"),
		opt.Require(&u.AutoAssign, in.AutoAssign, "autoAssign"), opt.Require(&u.FollowsPresence, in.FollowsPresence, "followsPresence"),
	}
	if in.WorkingHours.IsSet() {
		u.WorkingHours = vocab.WorkingHours{}
		if given := in.WorkingHours.Value(); given != nil {
			u.WorkingHours = *given
			faults = append(faults, checkWorkingHours(*given)...)
		}
	}
	faults = append(faults, SetExternalID(&u.ExternalID, in.ExternalID))
	opt.Set(&u.AvatarURL, in.AvatarURL)
	opt.Set(&u.ChatCapacity, in.ChatCapacity)
	if given := in.ChatCapacity.Value(); given != nil && (*given < 1 || *given > MaxCapacity) {
		faults = append(faults, errs.New(errs.Invalid, "The capacity must be from 1 to %d; null means unlimited.", MaxCapacity).On("chatCapacity"))
	}
	return &u, errors.Join(faults...)
}

// rename puts a name that was given, cleaned, into field.
func rename(field *string, v opt.Value[*string]) error {
	wanted, err := opt.NotNull(v, "name")
	if wanted == nil {
		return err
	}
	name, err := CleanName(*wanted, "name")
	if err == nil {
		*field = name
	}
	return err
}

// readdress puts an address that was given, as it is kept, into field.
func readdress(field *string, v opt.Value[*string]) error {
	wanted, err := opt.NotNull(v, "email")
	if wanted == nil {
		return err
	}
	email, err := CleanEmail(*wanted, "email")
	if err == nil {
		*field = email
	}
	return err
}

func saveUser(ctx context.Context, tx *store.Tx, before, after *ent.User) error {
	var c store.Changes
	c.Named("name", before.Name != after.Name)
	c.Named("email", before.Email != after.Email)
	c.Named("avatarUrl", before.AvatarURL != after.AvatarURL)
	c.Optional("role", string(before.Role), string(after.Role))
	c.Optional("seat", string(before.Seat), string(after.Seat))
	c.Flag("reassignRepliesWhenAway", before.ReassignRepliesWhenAway, after.ReassignRepliesWhenAway)
	c.Optional("chatCapacity", strconv.Itoa(before.ChatCapacity), strconv.Itoa(after.ChatCapacity))
	c.Flag("autoAssign", before.AutoAssign, after.AutoAssign)
	c.Flag("followsPresence", before.FollowsPresence, after.FollowsPresence)
	scheduled := !reflect.DeepEqual(before.WorkingHours, after.WorkingHours)
	c.Named("workingHours", scheduled)
	ExternalIDChange(&c, before.ExternalID, after.ExternalID)
	if len(c) == 0 {
		return nil
	}
	if before.Email != after.Email { // what was mailed to the old address is void
		if err := errors.Join(endLinks(ctx, tx, after.ID), endInvitation(ctx, tx, after.ID)); err != nil {
			return err
		}
	}
	tx.Append(ctx, store.Event{Type: vocab.UserUpdated, SubjectID: after.ID, Changes: c})
	update := tx.Client.User.UpdateOneID(after.ID).SetName(after.Name).SetEmail(after.Email).SetAvatarURL(after.AvatarURL).SetRole(after.Role).
		SetSeat(after.Seat).SetReassignRepliesWhenAway(after.ReassignRepliesWhenAway).SetChatCapacity(after.ChatCapacity).
		SetAutoAssign(after.AutoAssign).SetFollowsPresence(after.FollowsPresence).SetWorkingHours(after.WorkingHours)
	if after.ExternalID == nil {
		update.ClearExternalID()
	} else {
		update.SetExternalID(*after.ExternalID)
	}
	if err := update.Exec(ctx); err != nil || !scheduled && before.FollowsPresence == after.FollowsPresence {
		return err
	}
	settled := *after
	settle(&settled, tx.Now())
	return savePresence(ctx, tx, before, &settled)
}
