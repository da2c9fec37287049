package store

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/intercept"
	"parley/internal/viewer"
)

var (
	errNoViewer = errors.New("no viewer in the context: nothing can be read or written")
	errNoEntry  = errors.New("the viewer may not touch this type")
	errOutside  = errors.New("only WithTx writes")
	errForeign  = errors.New("the row belongs to another account or to an inbox that the viewer does not see")
)

// fenced installs the fence on a client and returns it.
func fenced(client *ent.Client) *ent.Client {
	client.Intercept(intercept.TraverseFunc(func(ctx context.Context, q intercept.Query) error {
		where, err := fenceOf(ctx, q.Type())
		if err != nil {
			return err
		}
		q.WhereP(where)
		return nil
	}))
	client.Use(fenceMutation)
	return client
}

// predicate narrows a statement to the rows that the viewer may touch.
type predicate = func(*sql.Selector)

// Fence narrows a statement that is written by hand to the rows of a type that the
// context's viewer may see.
func Fence(ctx context.Context, typ string) (func(*sql.Selector), error) { return fenceOf(ctx, typ) }

// fenceOf returns what the context's viewer may touch of a type. A type that has
// no rule, or a viewer that the rule does not know, is refused.
func fenceOf(ctx context.Context, typ string) (predicate, error) {
	v := viewer.FromContext(ctx)
	if v == nil {
		return nil, errNoViewer
	}
	rule, ok := rules[typ]
	if !ok {
		return nil, fmt.Errorf("%w: %s has no rule in the fence", errNoEntry, typ)
	}
	if v.PassesAccounts() {
		return func(s *sql.Selector) { s.Where(sql.ExprP("1 = 1")) }, nil // ent cannot update one row by no predicate
	}
	if v.AccountID == "" {
		return nil, fmt.Errorf("%w: %s by %s", errNoEntry, typ, v.Kind)
	}
	where := rule.predicateFor(v.Kind)
	if where == nil {
		return nil, fmt.Errorf("%w: %s by %s", errNoEntry, typ, v.Kind)
	}
	return func(s *sql.Selector) { where(s, v) }, nil
}

// predicateFor returns what viewers of a kind may touch; nil: nothing.
func (r rule) predicateFor(kind viewer.Kind) func(*sql.Selector, *viewer.Viewer) {
	switch kind {
	case viewer.Admin, viewer.Agent, viewer.Integration, viewer.Bot, viewer.SystemKind:
		return r.staff
	case viewer.Visitor:
		return r.visitor
	}
	return nil
}

// readOnly refuses to write outside a transaction, where the log and the
// shared commit would be left out.
func readOnly(ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(_ context.Context, m ent.Mutation) (ent.Value, error) {
		return nil, fmt.Errorf("%w: %s", errOutside, m.Type())
	})
}

type mutation interface {
	ent.Mutation
	WhereP(...func(*sql.Selector))
}

// fenceMutation keeps writes within the fence: new rows get the viewer's
// account and lie in an inbox of the viewer's, changes and deletions meet
// visible rows alone.
func fenceMutation(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		where, err := fenceOf(ctx, m.Type())
		if err != nil {
			return nil, err
		}
		v := viewer.FromContext(ctx)
		if v.Kind == viewer.Visitor {
			return nil, fmt.Errorf("%w: visitors write only through use cases", errNoEntry)
		}
		if m.Op().Is(ent.OpCreate) {
			if err := fenceCreate(m, v); err != nil {
				return nil, err
			}
			return next.Mutate(ctx, m)
		}
		narrowed, ok := m.(mutation)
		if !ok {
			return nil, fmt.Errorf("%w: %s cannot be narrowed", errNoEntry, m.Type())
		}
		narrowed.WhereP(where)
		if err := fenceEmpty(ctx, m); err != nil {
			return nil, err
		}
		return next.Mutate(ctx, m)
	})
}

// fenceEmpty looks for the row of a change that sets nothing: ent would run no
// statement that could miss it, but read it back without the predicate.
func fenceEmpty(ctx context.Context, m ent.Mutation) error {
	if !m.Op().Is(ent.OpUpdateOne) || len(m.Fields())+len(m.AddedFields())+len(m.ClearedFields()) > 0 {
		return nil
	}
	field := "account_id"
	if f := rules[m.Type()].anyField; f != "" {
		field = f
	}
	_, err := m.OldField(ctx, field)
	return err
}

func fenceCreate(m ent.Mutation, v *viewer.Viewer) error {
	if v.PassesAccounts() {
		return nil
	}
	rule := rules[m.Type()]
	if !rule.accountOwned {
		return fmt.Errorf("%w: %s is not made by an account", errNoEntry, m.Type())
	}
	if account, set := m.Field("account_id"); set && account != v.AccountID {
		return errForeign
	}
	if err := m.SetField("account_id", v.AccountID); err != nil {
		return err
	}
	if !rule.inboxOwned {
		return nil
	}
	inbox, _ := m.Field("inbox_id")
	if name, ok := inbox.(string); !ok || !(v.InInbox(name) || rule.administered && v.AllInboxes()) {
		return errForeign
	}
	return nil
}
