package contact

import (
	"context"
	"time"

	"parley/ent"
	entcontact "parley/ent/contact"
	"parley/ent/contactlist"
	"parley/internal/contact/smartlist"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// fillSteps is how many steps a run of a filling has.
const fillSteps = 200

// FillArgs asks that a smart list be filled by its criteria.
type FillArgs struct {
	AccountID string `json:"accountId"`
	ListID    string `json:"listId"`
	// Revision is the criteria's: others make it pointless.
	Revision int `json:"revision"`
}

// Kind names the job.
func (FillArgs) Kind() string { return "fill-contact-list" }

// CheckArgs asks that a contact be compared with the smart lists: something of it changed
// that has no event.
type CheckArgs struct {
	AccountID string `json:"accountId"`
	ContactID string `json:"contactId"`
}

// Kind names the job.
func (CheckArgs) Kind() string { return "check-contact-lists" }

// Register has the queue do what lists leave to it.
func (s *Service) Register(q *job.Queue) {
	job.Register(q, s.Fill, job.Options{Timeout: 10 * time.Minute})
	job.Register(q, s.CheckLists, job.Options{})
	q.Periodic("move-list-members", 5*time.Second, s.MoveDue)
}

// refill has a job compare all contacts with a list's criteria.
func refill(ctx context.Context, tx *store.Tx, l *ent.ContactList) error {
	l.CriteriaRevision++
	l.Filling, l.FilledTo, l.Filled, l.FillTotal = true, "", 0, 0
	tx.Enqueue(store.Job{Args: FillArgs{l.AccountID, l.ID, l.CriteriaRevision}})
	return tx.Client.ContactList.UpdateOneID(l.ID).SetCriteriaRevision(l.CriteriaRevision).SetFilling(true).SetFilledTo("").SetFilled(0).SetFillTotal(0).Exec(ctx)
}

// Fill compares contacts with a list's criteria, in steps, and goes on where it stopped.
func (s *Service) Fill(ctx context.Context, args FillArgs) error {
	ctx = viewer.NewContext(ctx, viewer.System("smart-lists", args.AccountID))
	for range fillSteps {
		if more, err := s.fillStep(ctx, args); err != nil || !more {
			return err
		}
	}
	return job.Again(0)
}

// fillStep compares the next contacts, and reports whether there are more.
func (s *Service) fillStep(ctx context.Context, args FillArgs) (more bool, err error) {
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		l, err := tx.Client.ContactList.Get(ctx, args.ListID)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil || !l.Filling || l.CriteriaRevision != args.Revision {
			return err
		}
		ids, err := tx.Client.Contact.Query().Where(entcontact.IDGT(l.FilledTo)).Order(entcontact.ByID()).Limit(smartlist.MaxContacts).IDs(ctx)
		if err != nil {
			return err
		}
		more = len(ids) == smartlist.MaxContacts
		err = settle(ctx, tx, ids, func(ctx context.Context, tx *store.Tx) ([]*ent.ContactList, error) {
			return tx.Client.ContactList.Query().Where(contactlist.ID(l.ID), contactlist.CriteriaRevision(args.Revision)).All(ctx)
		})
		if err != nil {
			return err
		}
		return noteFilled(ctx, tx, l, ids, more)
	})
	return more && err == nil, err
}

// noteFilled keeps how far a filling has come, unless it began again.
func noteFilled(ctx context.Context, tx *store.Tx, l *ent.ContactList, ids []string, more bool) error {
	to, total := l.FilledTo, l.FillTotal
	if len(ids) > 0 {
		to = ids[len(ids)-1]
	}
	if l.Filled == 0 && more {
		n, err := tx.Client.Contact.Query().Count(ctx)
		if err != nil {
			return err
		}
		total = n
	}
	touched, err := tx.Exec(ctx, `UPDATE contact_lists SET filling = $1, filled_to = $2, filled = filled + $3, fill_total = $4
		WHERE id = $5 AND account_id = $6 AND criteria_revision = $7`, more, to, len(ids), total, l.ID, l.AccountID, l.CriteriaRevision)
	if err == nil && touched == 1 && !more {
		tx.Append(ctx, store.Event{Type: vocab.ContactListUpdated, SubjectID: l.ID, Changes: store.NamedChanges("state")})
	}
	return err
}

// CheckLists does what CheckArgs asks.
func (s *Service) CheckLists(ctx context.Context, args CheckArgs) error {
	ctx = viewer.NewContext(ctx, viewer.System("smart-lists", args.AccountID))
	return s.settleAll(ctx, args.ContactID)
}

// settleAll compares contacts with all smart lists.
func (s *Service) settleAll(ctx context.Context, contactIDs ...string) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error { return settle(ctx, tx, contactIDs, smartLists) })
}
