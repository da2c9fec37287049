package inbox

import (
	"context"
	"errors"

	"parley/ent"
	"parley/ent/inbox"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Create makes an inbox (IB-1). With no users and no teams only the caller is
// its member. Errors, joined: INBOX_LIMIT_REACHED (AC-6), and on the fields
// name (ALREADY_EXISTS too), userIds and teamIds.
func (s *Service) Create(ctx context.Context, in CreateInboxInput) (*ent.Inbox, error) {
	call := idempotency.Call{
		Mutation: "createInbox", Key: in.IdempotencyKey, Input: in, Result: id.OrNew(in.ID, id.Inbox),
		Own: []idempotency.Own{{Kind: id.Inbox, Field: "id", ID: in.ID}},
	}
	inboxID, err := account.AdministerNew(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		name, err := freeName(ctx, tx, in.Name, call.Result)
		users, err2 := account.ActiveUserIDs(ctx, tx, "userIds", in.UserIDs)
		teams, err3 := account.CurrentTeamIDs(ctx, tx, "teamIds", in.TeamIDs)
		if err := errors.Join(err, err2, err3, mayHaveOneMore(ctx, tx)); err != nil {
			return err
		}
		if v := viewer.FromContext(ctx); len(users)+len(teams) == 0 && v.IsUser() {
			users = []string{v.ActorID}
		}
		return Make(ctx, tx, call.Result, name, users, teams)
	})
	if err != nil {
		return nil, err
	}
	return Load(ctx, s.store.Client(ctx), inboxID)
}

// freeName cleans a name and refuses one that another inbox has, whatever its case.
func freeName(ctx context.Context, tx *store.Tx, name, inboxID string) (string, error) {
	name, err := account.CleanName(name, "name")
	if err != nil {
		return "", err
	}
	others, err := tx.Client.Inbox.Query().Where(inbox.DeletedAt(clock.Micros(0)), inbox.IDNEQ(inboxID)).Select(inbox.FieldName).Strings(ctx)
	if err != nil {
		return "", err
	}
	return name, account.FreeName(name, "An inbox", others)
}

// mayHaveOneMore refuses more inboxes than the account is entitled to (AC-6).
// The transaction holds the account's lock.
func mayHaveOneMore(ctx context.Context, tx *store.Tx) error {
	a, err := tx.Client.Account.Get(ctx, viewer.FromContext(ctx).AccountID)
	if err != nil || a.MaxInboxes == nil {
		return err
	}
	n, err := tx.Client.Inbox.Query().Where(inbox.DeletedAt(clock.Micros(0))).Count(ctx)
	if err != nil || n < *a.MaxInboxes {
		return err
	}
	return errs.New(errs.InboxLimitReached, "The account may have at most %d inboxes, and has %d.", *a.MaxInboxes, n).Having(errs.Data{Limit: *a.MaxInboxes})
}

// Make adds an inbox with its members, within the caller's transaction.
func Make(ctx context.Context, tx *store.Tx, inboxID, name string, users, teams []string) error {
	if err := tx.Client.Inbox.Create().SetID(inboxID).SetName(name).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
		return err
	}
	tx.Append(ctx, store.Event{Type: vocab.InboxCreated, InboxID: inboxID, SubjectID: inboxID})
	return addMembers(ctx, tx, inboxID, users, teams)
}

// Load returns an inbox by an id of the caller's: NOT_FOUND on inboxId, also
// when it is deleted.
func Load(ctx context.Context, client *ent.Client, inboxID string) (*ent.Inbox, error) {
	if id.Is(inboxID, id.Inbox) {
		i, err := client.Inbox.Query().Where(inbox.ID(inboxID), inbox.DeletedAt(clock.Micros(0))).Only(ctx)
		if !ent.IsNotFound(err) {
			return i, err
		}
	}
	return nil, errs.New(errs.NotFound, "There is no inbox %q that you may see.", errs.Clip(inboxID)).On("inboxId")
}
