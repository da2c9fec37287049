package settings

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"parley/ent"
	entinbox "parley/ent/inbox"
	"parley/internal/account"
	"parley/internal/channel/email/classify"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/vocab"
)

// maxRoleNames are the role names of an inbox.
const maxRoleNames = 2000

// RoleNames are the role names that hold for an inbox, in alphabetical order (IN-11).
func RoleNames(i *ent.Inbox) []string {
	if i.RoleNames == nil {
		return classify.DefaultRoleNames()
	}
	return i.RoleNames
}

// UpdateRoleNames changes which addresses an inbox takes for role addresses, and whether
// it filters their mail (IN-11). It holds for mail to come; Reclassify applies it to mail
// that is there.
func (s *Service) UpdateRoleNames(ctx context.Context, in UpdateEmailRoleNamesInput) (*ent.Inbox, error) {
	call := account.Call{Mutation: "updateEmailRoleNames", Key: in.IdempotencyKey, Input: in, Result: in.InboxID}
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := checkInbox(ctx, tx.Client, in.InboxID); err != nil {
			return err
		}
		inbox, err := tx.Client.Inbox.Get(ctx, in.InboxID)
		if err != nil {
			return err
		}
		names, changed := inbox.RoleNames, []string{}
		if given, ok := in.RoleNames.ValueOK(); ok {
			if names, err = cleanRoleNames(given); err != nil {
				return err
			}
		}
		update := tx.Client.Inbox.UpdateOneID(inbox.ID)
		if !slices.Equal(names, inbox.RoleNames) || (names == nil) != (inbox.RoleNames == nil) {
			changed = append(changed, "roleNames")
			if names == nil {
				update.ClearRoleNames()
			} else {
				update.SetRoleNames(names)
			}
		}
		if on, ok := in.FilterRoleAddresses.ValueOK(); ok && on != nil && *on != inbox.RoleFilter {
			changed = append(changed, "filterRoleAddresses")
			update.SetRoleFilter(*on)
		}
		if len(changed) == 0 {
			return nil
		}
		tx.Append(ctx, store.Event{Type: vocab.InboxUpdated, InboxID: inbox.ID, SubjectID: inbox.ID, Changes: store.NamedChanges(changed...)})
		return update.Exec(ctx)
	})
	if err != nil {
		return nil, err
	}
	return s.store.Client(ctx).Inbox.Query().Where(entinbox.ID(in.InboxID)).Only(ctx)
}

var (
	roleName  = regexp.MustCompile(`^[~*]?[\p{L}\p{M}\p{N}]{1,64}$`)
	unmarking = strings.NewReplacer("-", "", ".", "", "_", "", "=", "", "/", "", " ", "")
)

// cleanRoleNames are names as they are kept: in lower case, without what does not count,
// each once. nil stays nil.
func cleanRoleNames(names []string) ([]string, error) {
	if names == nil {
		return nil, nil
	}
	if len(names) > maxRoleNames {
		return nil, errs.Exceeds(maxRoleNames, "There are %d role names; at most %d are allowed.", len(names), maxRoleNames).On("roleNames")
	}
	clean := []string{}
	for i, name := range names {
		name = strings.TrimRight(unmarking.Replace(strings.ToLower(strings.TrimSpace(name))), "0123456789")
		if !roleName.MatchString(name) {
			return nil, errs.New(errs.Invalid, "%q is not the local part of an address, of at most 64 characters; write sales, ~newsletter (also as a word of it) or *noreply (anywhere in it).",
				errs.Clip(names[i])).On("roleNames", strconv.Itoa(i))
		}
		clean = append(clean, name)
	}
	slices.Sort(clean)
	return slices.Compact(clean), nil
}
