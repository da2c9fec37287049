package privacy

import (
	"context"
	"maps"
	"time"

	"parley/ent"
	"parley/ent/channelsender"
	entcontact "parley/ent/contact"
	"parley/ent/contactemail"
	enterasure "parley/ent/erasure"
	"parley/internal/account"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// EraseContactInput is the input of eraseContact. Whom to erase.
type EraseContactInput struct {
	ContactID string
	// ConfirmName is what the contact is called, so that no other is erased; nil: it is
	// not compared.
	ConfirmName    *string
	IdempotencyKey *string
}

// EraseArgs asks to go on with an erasure.
type EraseArgs struct {
	AccountID string `json:"accountId"`
	ErasureID string `json:"erasureId"`
}

// Kind names the job.
func (EraseArgs) Kind() string { return "erase-contact" }

const (
	// patience is for how long a call erases by itself; then the queue goes on.
	patience = 10 * time.Second
	// handOver is how long after it the queue looks.
	handOver = time.Minute
)

// Erase erases a contact for good: what they wrote and what is known of them, in their
// conversations and in those of others (CR-5). It returns the certificate, which counts
// what is gone so far. For admins. Errors: NOT_FOUND on contactId, INVALID on
// confirmName.
func (s *Service) Erase(ctx context.Context, in EraseContactInput) (*ent.Erasure, error) {
	if err := account.MayAdminister(ctx); err != nil {
		return nil, err
	}
	var e *ent.Erasure
	call := idempotency.Call{Mutation: "eraseContact", Key: in.IdempotencyKey, Input: in, Result: id.New(id.Erasure)}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) (err error) {
		e, err = begin(ctx, tx, call.Result, in)
		return err
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		e, err = tx.Client.Erasure.Get(ctx, first)
		return err
	})
	if err != nil {
		return nil, err
	}
	system := s.system(ctx, e)
	if err := s.goOnErasing(system, e.ID, s.store.Clock().Now().Add(patience)); err != nil {
		return nil, err
	}
	return s.store.Client(ctx).Erasure.Get(ctx, e.ID)
}

// system is Parley's own work, in the name of whoever asked for the erasure.
func (s *Service) system(ctx context.Context, e *ent.Erasure) context.Context {
	by := &viewer.Viewer{Kind: e.ActorKind, AccountID: e.AccountID, ActorID: e.ActorID, TokenID: e.TokenID}
	return viewer.NewContext(ctx, viewer.System("erase-contact", e.AccountID).InNameOf(by))
}

func begin(ctx context.Context, tx *store.Tx, erasureID string, in EraseContactInput) (*ent.Erasure, error) {
	unknown := errs.New(errs.NotFound, "There is no contact %q that you may see.", errs.Clip(in.ContactID)).On("contactId")
	if !id.Is(in.ContactID, id.Contact) {
		return nil, unknown
	}
	c, err := tx.Client.Contact.Query().Where(entcontact.ID(in.ContactID)).Modify(store.ForUpdate).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, unknown
	}
	if err != nil {
		return nil, err
	}
	if in.ConfirmName != nil && *in.ConfirmName != vocab.DisplayName("Contact", c.ID, c.Name, c.Email, c.Phone) {
		return nil, errs.New(errs.Invalid, "This is not what the contact is called: write its displayName to erase it.").On("confirmName")
	}
	running, err := tx.Client.Erasure.Query().Where(enterasure.ContactID(c.ID), enterasure.RowsErasedAt(0)).First(ctx)
	if err == nil || !ent.IsNotFound(err) {
		return running, err
	}
	v := viewer.FromContext(ctx)
	if _, err := tx.Exec(ctx, "UPDATE visitors SET contact_id = $1 WHERE id IN (SELECT id FROM ("+strayVisitors+") AS stray)", c.ID); err != nil {
		return nil, err
	}
	tx.Enqueue(store.Job{Args: EraseArgs{AccountID: v.AccountID, ErasureID: erasureID}, At: tx.Now().Add(handOver).Time()})
	return tx.Client.Erasure.Create().SetID(erasureID).SetContactID(c.ID).SetCounts(conversation.Erased{}).SetActorKind(v.Kind).SetActorID(v.ActorID).SetTokenID(v.TokenID).
		SetCreatedAt(tx.Now()).Save(ctx)
}

// Run goes on with an erasure; it is the queue's worker.
func (s *Service) Run(ctx context.Context, args EraseArgs) error {
	system := viewer.NewContext(ctx, viewer.System("erase-contact", args.AccountID))
	e, err := s.store.Client(system).Erasure.Get(system, args.ErasureID)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.goOnErasing(s.system(ctx, e), e.ID, s.store.Clock().Now().Add(patience)); err != nil {
		return err
	}
	if e, err = s.store.Client(system).Erasure.Get(system, e.ID); err == nil && !e.RowsErasedAt.IsSet() {
		return job.Again(0)
	}
	return err
}

// goOnErasing takes steps until the erasure is over, or the time is.
func (s *Service) goOnErasing(system context.Context, erasureID string, until time.Time) error {
	for more := true; more && s.store.Clock().Now().Before(until); {
		err := s.store.WithTx(system, func(ctx context.Context, tx *store.Tx) error {
			e, err := tx.Client.Erasure.Query().Where(enterasure.ID(erasureID)).Modify(store.ForUpdate).Only(ctx)
			if err != nil {
				return err
			}
			if more = !e.RowsErasedAt.IsSet(); !more {
				return nil
			}
			counts := maps.Clone(e.Counts)
			if counts == nil {
				counts = conversation.Erased{}
			}
			over, err := s.eraseNext(ctx, tx, e, counts)
			if err != nil {
				return err
			}
			update := tx.Client.Erasure.UpdateOneID(e.ID).SetCounts(counts)
			if over {
				more = false
				update.SetRowsErasedAt(tx.Now())
			}
			return update.Exec(ctx)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eraseNext erases the next part of what there is of a contact, and reports whether it was the
// last.
func (s *Service) eraseNext(ctx context.Context, tx *store.Tx, e *ent.Erasure, counts conversation.Erased) (over bool, err error) {
	p, visitors, err := s.personOf(ctx, tx, e.ContactID)
	if err != nil {
		return false, err
	}
	for _, part := range []func(context.Context, *store.Tx, conversation.Person, []string, conversation.Erased) (bool, error){
		s.eraseConversation, s.eraseFromOthers, s.eraseRecords, s.eraseQuotes, s.eraseEngagements, s.eraseLeavings, eraseExcerpts,
	} {
		if did, err := part(ctx, tx, p, visitors, counts); did || err != nil {
			return false, err
		}
	}
	return true, eraseSelf(ctx, tx, p, visitors, counts)
}

// excerptsAtOnce is how many answers of webhook endpoints one transaction erases.
const excerptsAtOnce = 2000

// eraseExcerpts erases what the account's webhook endpoints answered: they may have repeated
// what they read of the contact, which is looked up nowhere (NT-4). They are there for
// those who look for a fault.
func eraseExcerpts(ctx context.Context, tx *store.Tx, _ conversation.Person, _ []string, _ conversation.Erased) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE webhook_attempts SET excerpt = '' WHERE id IN (SELECT id FROM webhook_attempts WHERE account_id = $1 AND excerpt <> '' LIMIT $2)",
		viewer.FromContext(ctx).AccountID, excerptsAtOnce)
	return n == excerptsAtOnce, err
}

// strayVisitors finds visitors of whom no contact is known, and who had no conversation but
// those of a contact, to which someone of the team linked them: they are the same person.
const strayVisitors = `SELECT v.id FROM conversations c JOIN visitors v ON v.id = c.visitor_id AND v.contact_id = ''
	WHERE c.contact_id = $1 AND NOT EXISTS (SELECT 1 FROM conversations o WHERE o.visitor_id = v.id AND o.contact_id <> $1)`

// personOf is who is erased: the contact's addresses, as whom it writes in custom channels,
// and its visitors.
func (s *Service) personOf(ctx context.Context, tx *store.Tx, contactID string) (p conversation.Person, visitors []string, err error) {
	p.ContactID = contactID
	if p.Addresses, err = tx.Client.ContactEmail.Query().Where(contactemail.ContactID(contactID)).Select(contactemail.FieldAddress).Strings(ctx); err != nil {
		return p, nil, err
	}
	if p.Senders, err = tx.Client.ChannelSender.Query().Where(channelsender.ContactID(contactID)).Order(channelsender.ByID()).All(ctx); err != nil {
		return p, nil, err
	}
	visitors, err = s.store.Strings(ctx, "SELECT id FROM visitors WHERE contact_id = $1", contactID)
	return p, visitors, err
}
