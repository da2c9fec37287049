package idempotency

import (
	"context"
	"time"

	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
)

const (
	// OwnPast is how old the id may be that a caller chose for a new object: as long as
	// keys are kept.
	OwnPast = Kept
	// OwnAhead is how far its time may be ahead, since clocks differ.
	OwnAhead = 5 * time.Minute
)

// Own is an id that the caller chose for an object that a mutation makes (API-1); nil or
// "": Parley makes one.
type Own struct {
	// Kind is the prefix of the type's ids.
	Kind  string
	Field string
	ID    *string
}

func (o Own) given() bool { return o.ID != nil && *o.ID != "" }

// tables has, of each kind that callers choose ids of, the table.
var tables = map[string]string{
	id.Channel: "custom_channels", id.Company: "companies", id.Contact: "contacts", id.ContactList: "contact_lists", id.Conversation: "conversations", id.Deal: "deals", id.Engagement: "engagements", id.Inbox: "inboxes", id.LibraryItem: "library_items",
	id.Message: "messages", id.Pipeline: "pipelines", id.PipelineStage: "pipeline_stages",
	id.Property: "properties", id.Proposal: "proposals", id.Quote: "quotes", id.SavedView: "saved_views", id.Tag: "tags", id.Team: "teams", id.Ticket: "tickets", id.User: "users",
}

// Make is Run for a mutation that makes objects of which the caller may choose the ids.
// They are checked before apply, INVALID or ALREADY_EXISTS on their field, and the first
// is the key if there is no other.
func Make(ctx context.Context, s *store.Store, call Call, apply func(context.Context, *store.Tx) error,
	replay func(ctx context.Context, tx *store.Tx, first string) error) error {
	keyed := call
	keyed.Key, _ = call.key()
	return call.explain(Run(ctx, s, keyed, func(ctx context.Context, tx *store.Tx) error {
		if err := call.checkOwn(ctx, tx); err != nil {
			return err
		}
		return apply(ctx, tx)
	}, replay))
}

// firstOwn is the first id that the caller chose; nil: none.
func (c Call) firstOwn() *Own {
	for i := range c.Own {
		if c.Own[i].given() {
			return &c.Own[i]
		}
	}
	return nil
}

// key is the caller's key. Without one an id that they chose is the key.
func (c Call) key() (key *string, ownID bool) {
	if c.Key != nil && *c.Key != "" {
		return c.Key, false
	}
	if own := c.firstOwn(); own != nil && id.Is(*own.ID, own.Kind) { // any other is refused later
		return own.ID, true
	}
	return c.Key, false
}

// checkOwn refuses ids that the caller must not choose: of another type, not of these
// days, or taken, by whomever. One that was removed stays taken.
func (c Call) checkOwn(ctx context.Context, tx *store.Tx) error {
	for _, o := range c.Own {
		if !o.given() {
			continue
		}
		if err := o.check(tx.Now().Time()); err != nil {
			return err
		}
		taken, err := tx.Number(ctx, "SELECT (SELECT count(*) FROM "+tables[o.Kind]+" WHERE id = $1) + (SELECT count(*) FROM purged_ids WHERE id = $2)", *o.ID, *o.ID)
		if err != nil {
			return err
		}
		if taken > 0 {
			return o.taken()
		}
	}
	return nil
}

func (o Own) check(now time.Time) error {
	if !id.Is(*o.ID, o.Kind) {
		return errs.New(errs.Invalid, "%q is not the id of a %s: give a TypeID that begins with %s_.", errs.Clip(*o.ID), o.Kind, o.Kind).On(o.Field)
	}
	made, ok := id.Made(*o.ID)
	if !ok || made.Before(now.Add(-OwnPast)) || made.After(now.Add(OwnAhead)) {
		return errs.New(errs.Invalid, "The time of the id's UUIDv7 must be between 24 hours ago and 5 minutes ahead.").On(o.Field)
	}
	return nil
}

// taken is the same whatever the id belongs to, so that nothing is learned of others.
func (o Own) taken() error {
	return errs.New(errs.AlreadyExists, "This id is already in use: make a new one for a new object.").On(o.Field)
}

// explain turns what the database, or the key, says of an id that the caller chose into
// ALREADY_EXISTS. Other errors stay as they are.
func (c Call) explain(err error) error {
	own := c.firstOwn()
	if err == nil || own == nil {
		return err
	}
	_, ownID := c.key()
	if store.TakenID(err) || ownID && errs.Is(err, errs.Conflict) && errs.Of(err).Field[0] == "idempotencyKey" {
		return own.taken()
	}
	return err
}

// ForgetPurged forgets ids whose time is too old by now for a new object. The system
// runs it each hour.
func ForgetPurged(ctx context.Context, s *store.Store) error {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("idempotency"))
	return s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM purged_ids WHERE purged_at < $1", int64(tx.Now().Add(-OwnPast-2*OwnAhead)))
		return err
	})
}
