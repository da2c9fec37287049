package inbox

import (
	"context"
	"encoding/json"
	"slices"

	"parley/ent"
	"parley/ent/channeladdress"
	"parley/ent/conversation"
	"parley/ent/emailchannel"
	"parley/ent/emailconnection"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Delete deletes an inbox for good (IB-3): it is gone at once, for everyone; the
// task returned reports how far the removal of what was in it is. Errors:
// CONFIRMATION_MISMATCH on confirmName.
func (s *Service) Delete(ctx context.Context, in DeleteInboxInput) (*ent.Task, error) {
	call := idempotency.Call{Mutation: "deleteInbox", Key: in.IdempotencyKey, Input: in, Result: id.New(id.Task)}
	taskID, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		i, err := Load(ctx, tx.Client, in.InboxID)
		if err != nil {
			return err
		}
		if in.ConfirmName != i.Name {
			return errs.New(errs.ConfirmationMismatch, "To delete the inbox, repeat its exact name.").On("confirmName")
		}
		if err := withdrawGrants(ctx, tx, i.ID); err != nil {
			return err
		}
		if err := s.mailboxes.Release(ctx, tx, i.ID); err != nil {
			return err
		}
		if err := disconnectChannels(ctx, tx, i.ID); err != nil {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.InboxDeleted, InboxID: i.ID, SubjectID: i.ID})
		if err := tx.Client.Inbox.UpdateOneID(i.ID).SetDeletedAt(tx.Now()).Exec(ctx); err != nil {
			return err
		}
		return s.orderClearing(ctx, tx, call.Result, i.ID)
	})
	if err != nil {
		return nil, err
	}
	return s.store.Client(ctx).Task.Get(ctx, taskID)
}

// withdrawGrants takes the inbox from the integrations that may see it.
func withdrawGrants(ctx context.Context, tx *store.Tx, inboxID string) error {
	all, err := tx.Client.Integration.Query().All(ctx)
	if err != nil {
		return err
	}
	for _, i := range all {
		if !slices.Contains(i.InboxIds, inboxID) {
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(i.InboxIds), func(s string) bool { return s == inboxID })
		if len(rest) == 0 {
			continue // it keeps the name of its last one, which shows it nothing: without any it would see all contacts (AC-14)
		}
		if err := tx.Client.Integration.UpdateOneID(i.ID).SetInboxIds(rest).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// disconnectChannels ends the inbox's e-mail channels: their addresses are free, and
// nothing of theirs opens a mailbox any longer (IB-3).
func disconnectChannels(ctx context.Context, tx *store.Tx, inboxID string) error {
	if _, err := tx.Client.ChannelAddress.Delete().Where(channeladdress.InboxID(inboxID)).Exec(ctx); err != nil {
		return err
	}
	if _, err := tx.Client.EmailConnection.Delete().Where(emailconnection.InboxID(inboxID)).Exec(ctx); err != nil {
		return err
	}
	return tx.Client.EmailChannel.Update().Where(emailchannel.InboxID(inboxID)).
		SetState(vocab.EmailDisconnected).SetStateReason("").SetStateDetail("").SetStateSince(tx.Now()).
		SetCredentials("").SetDkimKey("").Exec(ctx)
}

// orderClearing makes the task, and the job that does it.
func (s *Service) orderClearing(ctx context.Context, tx *store.Tx, taskID, inboxID string) error {
	v := viewer.FromContext(ctx)
	// The admin need not be a member, and then would not see what is to go.
	everything := viewer.NewContext(ctx, viewer.System("delete-inbox", v.AccountID))
	total, err := tx.Client.Conversation.Query().Where(conversation.InboxID(inboxID)).Count(everything)
	if err != nil {
		return err
	}
	params, err := json.Marshal(map[string]string{"inboxId": inboxID})
	if err != nil {
		return err
	}
	tx.Append(ctx, store.Event{Type: vocab.TaskStarted, InboxID: inboxID, SubjectID: taskID})
	tx.Enqueue(store.Job{Args: ClearArgs{AccountID: v.AccountID, InboxID: inboxID, TaskID: taskID}})
	return tx.Client.Task.Create().SetID(taskID).SetKind(vocab.TaskDeleteInbox).SetState(vocab.TaskQueued).
		SetParams(params).SetTotal(total).SetProblems([]vocab.TaskProblem{}).SetActorKind(v.Kind).SetActorID(v.ActorID).
		SetTokenID(v.TokenID).SetCreatedAt(tx.Now()).Exec(ctx)
}
