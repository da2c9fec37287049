package email

import (
	"context"

	"parley/ent"
	"parley/ent/personalmailbox"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/once"
	"parley/internal/people"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// ConnectPersonal notes a user's own mailbox, which no inbox may connect then
// (AC-10, EM-2). Errors: ALREADY_EXISTS on address, with the name of who has it.
func (s *Service) ConnectPersonal(ctx context.Context, in ConnectPersonalMailboxInput) (*ent.PersonalMailbox, error) {
	v := viewer.FromContext(ctx)
	if v == nil || !v.IsUser() {
		return nil, errs.New(errs.Forbidden, "Only people have personal mailboxes.")
	}
	address, err := people.CleanEmail(in.Address, "address")
	if err != nil {
		return nil, err
	}
	if in.Provider == vocab.EmailForwarding {
		return nil, errs.New(errs.Invalid, "A forwarding address is no mailbox.").On("provider")
	}
	var m *ent.PersonalMailbox
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		made := id.New(id.PersonalMailbox)
		replayed, err := once.Claim(ctx, tx, "connectPersonalMailbox", in.IdempotencyKey, in, made)
		if err != nil {
			return err
		}
		if replayed != "" {
			m, err = tx.Client.PersonalMailbox.Get(ctx, replayed)
			return err
		}
		if err := people.Lock(ctx, tx); err != nil {
			return err
		}
		if err := free(ctx, tx.Client, "", address, "address"); err != nil {
			return err
		}
		m, err = tx.Client.PersonalMailbox.Create().SetID(made).SetUserID(v.ActorID).SetAddress(address).SetProvider(in.Provider).
			SetCreatedAt(tx.Now()).Save(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// RemovePersonal removes one of the caller's own mailboxes and returns its id.
func (s *Service) RemovePersonal(ctx context.Context, in RemovePersonalMailboxInput) (string, error) {
	v := viewer.FromContext(ctx)
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		replayed, err := once.Claim(ctx, tx, "removePersonalMailbox", in.IdempotencyKey, in, in.PersonalMailboxID)
		if err != nil || replayed != "" {
			return err
		}
		n, err := tx.Client.PersonalMailbox.Delete().
			Where(personalmailbox.ID(in.PersonalMailboxID), personalmailbox.UserID(v.ActorID)).Exec(ctx)
		if err == nil && n == 0 {
			err = errs.New(errs.NotFound, "You have no personal mailbox %q.", errs.Clip(in.PersonalMailboxID)).On("personalMailboxId")
		}
		return err
	})
	return in.PersonalMailboxID, err
}

// PersonalOf returns the personal mailboxes of each user.
func (s *Service) PersonalOf(ctx context.Context, users []*ent.User) ([][]*ent.PersonalMailbox, error) {
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	all, err := s.store.Client(ctx).PersonalMailbox.Query().Where(personalmailbox.UserIDIn(ids...)).Order(personalmailbox.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	lists := make([][]*ent.PersonalMailbox, len(users))
	for i, u := range users {
		lists[i] = []*ent.PersonalMailbox{}
		for _, m := range all {
			if m.UserID == u.ID {
				lists[i] = append(lists[i], m)
			}
		}
	}
	return lists, nil
}
