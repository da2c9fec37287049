package settings

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"parley/ent"
	entinbox "parley/ent/inbox"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/vocab"
)

// maxAllowed are the entries of an inbox's allow list.
const maxAllowed = 5000

// UpdateAllowList changes whose mail an inbox does not filter (IN-11): addresses,
// domains, and "*." with a domain for all below it. It holds for mail to come;
// Reclassify applies it to mail that is there.
func (s *Service) UpdateAllowList(ctx context.Context, in UpdateEmailAllowListInput) (*ent.Inbox, error) {
	call := account.Call{Mutation: "updateEmailAllowList", Key: in.IdempotencyKey, Input: in, Result: in.InboxID}
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := checkInbox(ctx, tx.Client, in.InboxID); err != nil {
			return err
		}
		inbox, err := tx.Client.Inbox.Get(ctx, in.InboxID)
		if err != nil {
			return err
		}
		list, err := changedList(inbox.EmailAllowList, in)
		if err != nil || slices.Equal(list, inbox.EmailAllowList) {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.InboxUpdated, InboxID: inbox.ID, SubjectID: inbox.ID, Changes: store.NamedChanges("emailAllowList")})
		return tx.Client.Inbox.UpdateOneID(inbox.ID).SetEmailAllowList(list).Exec(ctx)
	})
	if err != nil {
		return nil, err
	}
	return s.store.Client(ctx).Inbox.Query().Where(entinbox.ID(in.InboxID)).Only(ctx)
}

func changedList(list []string, in UpdateEmailAllowListInput) ([]string, error) {
	list = slices.Clone(list)
	for i, entry := range in.Add {
		clean, ok := allowEntry(entry)
		if !ok {
			return nil, errs.New(errs.Invalid, "%q is neither an address nor a domain; write ada@example.com, example.com or *.example.com.", errs.Clip(entry)).
				On("add", strconv.Itoa(i))
		}
		if !slices.Contains(list, clean) {
			list = append(list, clean)
		}
	}
	for _, entry := range in.Remove {
		clean, _ := allowEntry(entry)
		list = slices.DeleteFunc(list, func(s string) bool { return s == clean })
	}
	if len(list) > maxAllowed {
		return nil, errs.Exceeds(maxAllowed, "The list would have %d entries; at most %d are allowed.", len(list), maxAllowed).On("add")
	}
	slices.Sort(list)
	return list, nil
}

// allowEntry is an entry as it is kept.
func allowEntry(entry string) (string, bool) {
	entry = strings.ToLower(strings.TrimSpace(entry))
	if strings.Contains(entry, "@") {
		clean, err := account.CleanEmail(strings.TrimPrefix(entry, "@"), "add")
		if strings.HasPrefix(entry, "@") {
			return allowEntry(entry[1:])
		}
		return clean, err == nil
	}
	domain, below := strings.CutPrefix(entry, "*.")
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || !strings.Contains(ascii, ".") {
		return "", false
	}
	if below {
		ascii = "*." + ascii
	}
	return ascii, true
}
