package people

import (
	"context"
	"errors"
	"strconv"

	"parley/ent"
	"parley/ent/user"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

// CreateUser adds a user, who is available and a member of no inbox yet (AC-2).
// Errors: ALREADY_EXISTS on email.
func (s *Service) CreateUser(ctx context.Context, in CreateUserInput) (*ent.User, error) {
	in1 := Call{"createUser", in.IdempotencyKey, in, id.New(id.User)}
	userID, err := Administer(ctx, s.store, in1, func(ctx context.Context, tx *store.Tx) error {
		name, err := CleanName(in.Name, "name")
		email, err2 := CleanEmail(in.Email, "email")
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		taken, err := tx.Client.User.Query().Where(user.Email(email)).Exist(ctx)
		if err != nil {
			return err
		}
		if taken {
			return errs.New(errs.AlreadyExists, "A user of the account has this e-mail address already.").On("email")
		}
		return makeUser(ctx, tx, &ent.User{ID: in1.Result, Name: name, Email: email, Role: in.Role, Seat: in.Seat})
	})
	if err != nil {
		return nil, err
	}
	return loadUser(ctx, s.store.Client(ctx), userID, "userId")
}

func makeUser(ctx context.Context, tx *store.Tx, u *ent.User) error {
	c := changes{}
	c.told("role", "", string(u.Role))
	c.told("seat", "", string(u.Seat))
	tx.Append(ctx, store.Event{Type: vocab.UserCreated, SubjectID: u.ID, Changes: c})
	return tx.Client.User.Create().SetID(u.ID).SetName(u.Name).SetEmail(u.Email).SetRole(u.Role).SetSeat(u.Seat).
		SetAvailability(vocab.Available).SetCreatedAt(tx.Now()).Exec(ctx)
}

// MaxCapacity is the highest capacity that a user may have (RT-2).
const MaxCapacity = 1000

// UpdateUser changes a user (AC-2, AC-8, RT-2). A new role holds from the user's next
// request on. Errors: LAST_ADMIN on role, NOT_ELIGIBLE on userId.
func (s *Service) UpdateUser(ctx context.Context, in UpdateUserInput) (*ent.User, error) {
	in1 := Call{"updateUser", in.IdempotencyKey, in, in.UserID}
	_, err := Administer(ctx, s.store, in1, func(ctx context.Context, tx *store.Tx) error {
		before, err := loadUser(ctx, tx.Client, in.UserID, "userId")
		if err != nil {
			return err
		}
		after, err := in.applied(before)
		if err != nil {
			return err
		}
		if before.Role != after.Role {
			if err := mayLose(ctx, tx, before, "role"); err != nil {
				return err
			}
		}
		return saveUser(ctx, tx, before, after)
	})
	if err != nil {
		return nil, err
	}
	return loadUser(ctx, s.store.Client(ctx), in.UserID, "userId")
}

// applied returns the user as the input wants it.
func (in UpdateUserInput) applied(before *ent.User) (*ent.User, error) {
	if err := mustBeActive(before, "userId"); err != nil {
		return nil, err
	}
	u := *before
	if in.Name != nil {
		name, err := CleanName(*in.Name, "name")
		if err != nil {
			return nil, err
		}
		u.Name = name
	}
	set(&u.AvatarURL, in.AvatarURL)
	set(&u.Role, in.Role)
	set(&u.Seat, in.Seat)
	set(&u.ReassignRepliesWhenAway, in.ReassignRepliesWhenAway)
	if in.ChatCapacity != nil {
		if *in.ChatCapacity < 0 || *in.ChatCapacity > MaxCapacity {
			return nil, errs.New(errs.Invalid, "The capacity must be from 0, for no limit, to %d.", MaxCapacity).On("chatCapacity")
		}
		u.ChatCapacity = *in.ChatCapacity
	}
	return &u, nil
}

// set puts an optional input's value into a field.
func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

func saveUser(ctx context.Context, tx *store.Tx, before, after *ent.User) error {
	c := changes{}
	c.named("name", before.Name, after.Name)
	c.named("avatarUrl", before.AvatarURL, after.AvatarURL)
	c.told("role", string(before.Role), string(after.Role))
	c.told("seat", string(before.Seat), string(after.Seat))
	c.flag("reassignRepliesWhenAway", before.ReassignRepliesWhenAway, after.ReassignRepliesWhenAway)
	c.told("chatCapacity", strconv.Itoa(before.ChatCapacity), strconv.Itoa(after.ChatCapacity))
	if len(c) == 0 {
		return nil
	}
	tx.Append(ctx, store.Event{Type: vocab.UserUpdated, SubjectID: after.ID, Changes: c})
	err := tx.Client.User.UpdateOneID(after.ID).SetName(after.Name).SetAvatarURL(after.AvatarURL).SetRole(after.Role).
		SetSeat(after.Seat).SetReassignRepliesWhenAway(after.ReassignRepliesWhenAway).SetChatCapacity(after.ChatCapacity).Exec(ctx)
	if err != nil || before.Seat == after.Seat && before.ChatCapacity == after.ChatCapacity {
		return err
	}
	return conversation.RequestOffers(ctx, tx)
}
