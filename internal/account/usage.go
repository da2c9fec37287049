package account

import (
	"context"
	"fmt"

	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// MaxUsages is how many uses of what is to be deleted are listed.
const MaxUsages = 100

// usages finds what names an object, whose id is unlike any other text: in the JSON
// of what refers to it.
const usages = `SELECT 'TARGETED_MESSAGE' AS kind, m.id AS id, m.name AS name, m.inbox_id AS inbox_id, '' AS private_to
		FROM targeted_messages m JOIN inboxes i ON i.id = m.inbox_id AND i.deleted_at = 0
		WHERE m.account_id = $1 AND CAST(m.include_list_ids AS TEXT) || CAST(m.exclude_list_ids AS TEXT) || CAST(m.rules AS TEXT) ||
			CAST(m.heading AS TEXT) || CAST(m.consent AS TEXT) || CAST(m.routing AS TEXT) LIKE $2
	UNION ALL SELECT 'EMAIL_CHANNEL', e.id, e.address, e.inbox_id, '' FROM email_channels e
		JOIN inboxes i ON i.id = e.inbox_id AND i.deleted_at = 0
		WHERE e.account_id = $1 AND e.removed_at = 0 AND CAST(e.routing AS TEXT) LIKE $2
	UNION ALL SELECT 'CUSTOM_CHANNEL', c.id, c.name, c.inbox_id, '' FROM custom_channels c
		JOIN inboxes i ON i.id = c.inbox_id AND i.deleted_at = 0
		WHERE c.account_id = $1 AND c.removed_at = 0 AND CAST(c.routing AS TEXT) LIKE $2
	UNION ALL SELECT 'SAVED_VIEW', v.id, v.name, v.inbox_id, v.private_to FROM saved_views v WHERE v.account_id = $1 AND CAST(v.filter AS TEXT) LIKE $2
	UNION ALL SELECT 'CONTACT_LIST', l.id, l.name, '', '' FROM contact_lists l WHERE l.account_id = $1 AND l.id <> $3 AND l.criteria LIKE $2
	UNION ALL SELECT 'LIBRARY_ITEM', l.id, l.name, '', CASE l.usable_by WHEN 'OWNER' THEN l.owner_id ELSE '' END FROM library_items l
		WHERE l.account_id = $1 AND l.team_id LIKE $2
	UNION ALL SELECT 'BOT', b.id, b.name, '', '' FROM bots b WHERE b.account_id = $1 AND CAST(b.routing AS TEXT) LIKE $2
	UNION ALL SELECT 'INBOX', i.id, i.name, i.id, '' FROM inboxes i WHERE i.account_id = $1 AND i.deleted_at = 0 AND CAST(i.settings AS TEXT) LIKE $2
	ORDER BY 1, 2 LIMIT 100`

// UsedBy returns what names an object of the account that is to be deleted, at most
// MaxUsages (IB-7). Of what the viewer may not see, only the kind is said.
func UsedBy(ctx context.Context, tx *store.Tx, objectID string) ([]*vocab.Usage, error) {
	v := viewer.FromContext(ctx)
	rows, err := tx.Query(ctx, usages, v.AccountID, "%"+objectID+"%", objectID)
	if err != nil {
		return nil, fmt.Errorf("find what uses %s: %w", objectID, err)
	}
	defer func() { _ = rows.Close() }()
	var list []*vocab.Usage
	for rows.Next() {
		u := &vocab.Usage{ID: new(string)}
		var inboxID, privateTo string
		if err := rows.Scan(&u.Kind, u.ID, &u.Name, &inboxID, &privateTo); err != nil {
			return nil, err
		}
		if !maySeeUse(v, u.Kind, inboxID, privateTo) {
			u.ID, u.Name = nil, unseen[u.Kind]
		}
		list = append(list, u)
	}
	return list, rows.Err()
}

func maySeeUse(v *viewer.Viewer, kind vocab.UsageKind, inboxID, privateTo string) bool {
	if privateTo != "" && privateTo != v.ActorID {
		return false
	}
	return inboxID == "" || v.InInbox(inboxID) || v.AllInboxes() && kind != vocab.UsedBySavedView
}

// unseen is what a use is called that the viewer may not see.
var unseen = map[vocab.UsageKind]string{
	vocab.UsedByTargetedMessage: "A targeted message of an inbox that you do not see",
	vocab.UsedByEmailChannel:    "An e-mail channel of an inbox that you do not see",
	vocab.UsedByCustomChannel:   "A custom channel of an inbox that you do not see",
	vocab.UsedBySavedView:       "A saved view that you do not see",
	vocab.UsedByLibraryItem:     "An item of the library that you do not see",
	vocab.UsedByInbox:           "An inbox that you do not see",
}

// InUse is the refusal to delete what is used, with what uses it.
func InUse(what string, usedBy []*vocab.Usage, field string) error {
	return errs.New(errs.InUse, "%s is in use: take it out of what `usedBy` lists, and then delete it.", what).On(field).With(usedBy)
}
