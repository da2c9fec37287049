package settings

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/personalmailbox"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// ConnectPersonal notes a user's own mailbox, which no inbox may connect then
// (AC-10, EM-2). Errors: ALREADY_EXISTS on address, with the name of who has it.
func (s *Service) ConnectPersonal(ctx context.Context, in ConnectPersonalMailboxInput) (*ent.PersonalMailbox, error) {
	v := viewer.FromContext(ctx)
	if v == nil || !v.IsUser() {
		return nil, errs.New(errs.Forbidden, "Only users can have personal mailboxes.")
	}
	address, err := account.CleanEmail(in.Address, "address")
	if err != nil {
		return nil, err
	}
	if in.Provider == vocab.EmailForwarding {
		return nil, errs.New(errs.Invalid, "A forwarding address is not a mailbox: choose another provider.").On("provider")
	}
	var m *ent.PersonalMailbox
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		made := id.New(id.PersonalMailbox)
		replayed, err := idempotency.Claim(ctx, tx, "connectPersonalMailbox", in.IdempotencyKey, in, made)
		if err != nil {
			return err
		}
		if replayed != "" {
			m, err = tx.Client.PersonalMailbox.Get(ctx, replayed)
			return err
		}
		if err := account.Lock(ctx, tx); err != nil {
			return err
		}
		if err := checkAddressFree(ctx, tx.Client, "", address, "address"); err != nil {
			return err
		}
		m, err = tx.Client.PersonalMailbox.Create().SetID(made).SetUserID(v.ActorID).SetAddress(address).SetProvider(in.Provider).
			SetCreatedAt(tx.Now()).Save(ctx)
		if err == nil {
			recordPersonal(ctx, tx, vocab.PersonalMailboxConnected, m)
		}
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
		replayed, err := idempotency.Claim(ctx, tx, "removePersonalMailbox", in.IdempotencyKey, in, in.PersonalMailboxID)
		if err != nil || replayed != "" {
			return err
		}
		m, err := tx.Client.PersonalMailbox.Query().
			Where(personalmailbox.ID(in.PersonalMailboxID), personalmailbox.UserID(v.ActorID)).Modify(store.ForUpdate).Only(ctx)
		if ent.IsNotFound(err) {
			return errs.New(errs.NotFound, "You have no personal mailbox %q.", errs.Clip(in.PersonalMailboxID)).On("personalMailboxId")
		}
		if err != nil {
			return err
		}
		recordPersonal(ctx, tx, vocab.PersonalMailboxRemoved, m)
		return tx.Client.PersonalMailbox.DeleteOneID(m.ID).Exec(ctx)
	})
	return in.PersonalMailboxID, err
}

// recordPersonal records what became of a user's own mailbox; the event reaches
// its owner and admins (AC-10).
func recordPersonal(ctx context.Context, tx *store.Tx, t vocab.EventType, m *ent.PersonalMailbox) {
	var changes store.Changes
	from, to := "", string(m.Provider)
	if t == vocab.PersonalMailboxRemoved {
		from, to = to, from
	}
	changes.Optional("provider", from, to)
	tx.Append(ctx, store.Event{Type: t, SubjectID: m.ID, UserID: m.UserID, Changes: changes})
}

// PersonalOf returns a page of each user's personal mailboxes, oldest first.
func (s *Service) PersonalOf(ctx context.Context, users []*ent.User, args paging.PageArgs) ([]*paging.Connection[*ent.PersonalMailbox], error) {
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	return mailboxes.Pages(args, account.PageOfRow, ids, store.Of(personalmailbox.FieldUserID), func(narrow func(*sql.Selector)) ([]*ent.PersonalMailbox, error) {
		q := s.store.Client(ctx).PersonalMailbox.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
}

// mailboxes are listed oldest first.
var mailboxes = store.Listing[ent.PersonalMailbox]{
	Name: "personalMailboxes", Kind: id.PersonalMailbox, ID: func(m *ent.PersonalMailbox) string { return m.ID },
}
