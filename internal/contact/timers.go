package contact

import (
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"

	"parley/ent/contactlist"
	"parley/internal/store"
	"parley/internal/viewer"
)

// dueTogether is the most timers that are handled together.
const dueTogether = 200

// dueTimers finds the contacts whom time alone may move, the longest due first.
const dueTimers = "SELECT account_id, contact_id FROM contact_list_timers WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2"

// MoveDue has contacts enter and leave smart lists whose time has come (CR-4).
func (s *Service) MoveDue(ctx context.Context) error {
	for {
		due := map[string][]string{}
		n := 0
		err := store.ForEachRow(ctx, s.store, dueTimers, []any{int64(s.store.Now()), dueTogether}, func(rows sql.ColumnScanner) error {
			var account, contactID string
			err := rows.Scan(&account, &contactID)
			n++
			due[account] = append(due[account], contactID)
			return err
		})
		if err != nil {
			return err
		}
		for account, contacts := range due {
			slices.Sort(contacts)
			as := viewer.NewContext(ctx, viewer.System("smart-lists", account))
			if err := s.settleAll(as, slices.Compact(contacts)...); err != nil {
				return err
			}
		}
		if n < dueTogether {
			return nil
		}
	}
}

// Touch has a contact be compared with the smart lists after the transaction, when something
// of it changed that has no event: who they are linked to, what pages they looked at. "":
// it is not known who.
func Touch(ctx context.Context, tx *store.Tx, contactID string) error {
	if contactID == "" {
		return nil
	}
	ctx = viewer.AsSystem(ctx, "smart-lists")
	some, err := tx.Client.ContactList.Query().Where(contactlist.CriteriaNEQ("")).Exist(ctx)
	if err == nil && some {
		tx.Enqueue(store.Job{Args: CheckArgs{viewer.FromContext(ctx).AccountID, contactID}})
	}
	return err
}
