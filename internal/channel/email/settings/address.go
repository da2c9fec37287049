package settings

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"parley/ent"
	"parley/ent/channeladdress"
	"parley/ent/personalmailbox"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
)

// maxAliases of one channel.
const maxAliases = 50

// cleanAliases cleans a channel's other addresses. Repeats, and the address
// itself, are left out.
func cleanAliases(address string, aliases []string) ([]string, error) {
	if len(aliases) > maxAliases {
		return nil, errs.Exceeds(maxAliases, "There are %d aliases; at most %d are allowed.", len(aliases), maxAliases).On("aliases")
	}
	clean := []string{}
	for i, alias := range aliases {
		a, err := account.CleanEmail(alias, "aliases")
		if e := errs.Of(err); e != nil {
			return nil, e.On("aliases", strconv.Itoa(i))
		}
		if a != address && !slices.Contains(clean, a) {
			clean = append(clean, a)
		}
	}
	return clean, nil
}

// checkAddressesFree is free for all addresses of a channel.
func checkAddressesFree(ctx context.Context, client *ent.Client, c *ent.EmailChannel) error {
	err := checkAddressFree(ctx, client, c.ID, c.Address, "address")
	for i, alias := range c.Aliases {
		err = errors.Join(err, checkAddressFree(ctx, client, c.ID, alias, "aliases", strconv.Itoa(i)))
	}
	return err
}

// checkAddressFree refuses an address that another channel, or a user's own
// mailbox, has, with the name of who has it (EM-2, EM-8), if the viewer may see
// that (AC-3).
func checkAddressFree(ctx context.Context, client *ent.Client, channelID, address string, field ...string) error {
	everything := InAccount(ctx, viewer.FromContext(ctx).AccountID)
	taken, err := client.ChannelAddress.Query().Where(channeladdress.Address(address), channeladdress.ChannelIDNEQ(channelID)).First(everything)
	if err == nil {
		inbox, err := client.Inbox.Get(ctx, taken.InboxID)
		if err != nil && !ent.IsNotFound(err) {
			return err
		}
		name := "an inbox"
		if inbox != nil {
			name = "the inbox " + strconv.Quote(inbox.Name)
		}
		return errs.New(errs.AlreadyExists, "%s is already connected to %s. Disconnect it there first.", address, name).On(field...)
	}
	if !ent.IsNotFound(err) {
		return err
	}
	personal, err := client.PersonalMailbox.Query().Where(personalmailbox.Address(address)).First(everything)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	owner, err := client.User.Get(ctx, personal.UserID)
	if err != nil {
		return err
	}
	return errs.New(errs.AlreadyExists, "%s is the personal mailbox of %s, who must remove it first.", address, owner.Name).On(field...)
}

// claimAddresses gives a channel its addresses in place of those that it has.
func claimAddresses(ctx context.Context, tx *store.Tx, c *ent.EmailChannel) error {
	if err := checkAddressesFree(ctx, tx.Client, c); err != nil {
		return err
	}
	if _, err := tx.Client.ChannelAddress.Delete().Where(channeladdress.ChannelID(c.ID)).Exec(ctx); err != nil {
		return err
	}
	for _, address := range append([]string{c.Address}, c.Aliases...) {
		if err := tx.Client.ChannelAddress.Create().SetID(id.New("address")).SetInboxID(c.InboxID).SetChannelID(c.ID).
			SetAddress(address).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}
