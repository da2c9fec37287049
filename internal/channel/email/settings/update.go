package settings

import (
	"context"
	"reflect"
	"slices"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Limits of a channel's settings.
const (
	maxSignature   = 20_000
	maxUndoSeconds = 120
)

// Update changes a channel's settings (EM-3, EM-6). A DKIM selector makes a new
// key, whose DNS record DKIMRecord gives; an empty one ends signing.
func (s *Service) Update(ctx context.Context, in UpdateEmailChannelInput) (*ent.EmailChannel, error) {
	return s.administer(ctx, "updateEmailChannel", in.ChannelID, in.IdempotencyKey, in,
		func(ctx context.Context, tx *store.Tx, c *ent.EmailChannel) error {
			before := c.Routing
			if err := s.applyUpdate(ctx, tx, c, in); err != nil {
				return err
			}
			if err := s.checkPresets(ctx, tx.Client, before, c, in.TicketPreset.IsSet()); err != nil {
				return err
			}
			update := tx.Client.EmailChannel.UpdateOneID(c.ID).SetSenderName(c.SenderName).SetAddress(c.Address).SetAliases(c.Aliases).
				SetImap(c.Imap).SetSMTP(c.SMTP).SetSignature(c.Signature).
				SetUndoSeconds(c.UndoSeconds).SetRouting(c.Routing).SetDkimSelector(c.DkimSelector).SetDkimKey(c.DkimKey)
			if c.TicketPreset == nil {
				update.ClearTicketPreset()
			} else {
				update.SetTicketPreset(c.TicketPreset)
			}
			var changes store.Changes
			changes.Named("routing", !reflect.DeepEqual(before, c.Routing))
			tx.Append(ctx, store.Event{Type: vocab.ChannelUpdated, InboxID: c.InboxID, SubjectID: c.ID, Changes: changes})
			return update.Exec(ctx)
		})
}

func (s *Service) applyUpdate(ctx context.Context, tx *store.Tx, c *ent.EmailChannel, in UpdateEmailChannelInput) (err error) {
	if name := opt.OrZero(in.SenderName); name != nil {
		if c.SenderName, err = senderName(name); err != nil {
			return err
		}
	}
	if signature := opt.OrZero(in.Signature); signature != nil {
		if len(*signature) > maxSignature {
			return errs.Exceeds(maxSignature, "A signature may have at most %d bytes of HTML.", maxSignature).On("signature")
		}
		c.Signature = richtext.Sanitize(*signature)
	}
	if err := opt.Require(&c.UndoSeconds, in.UndoSeconds, "undoSeconds"); err != nil {
		return err
	}
	if c.UndoSeconds < 0 || c.UndoSeconds > maxUndoSeconds {
		return errs.New(errs.Invalid, "Sending can be undone for 0 to %d seconds.", maxUndoSeconds).On("undoSeconds")
	}
	opt.Set(&c.Routing, in.Routing)
	if preset, ok := in.TicketPreset.ValueOK(); ok {
		c.TicketPreset = preset.Preset()
	}
	if err := applyAddresses(ctx, tx, c, in); err != nil {
		return err
	}
	return s.makeDKIMKey(c, opt.OrZero(in.DKIMSelector))
}

// applyAddresses changes the channel's address and aliases. The address that it had goes
// on receiving as an alias (IB-6).
func applyAddresses(ctx context.Context, tx *store.Tx, c *ent.EmailChannel, in UpdateEmailChannelInput) error {
	wanted, err := opt.NotNull(in.Address, "address")
	aliases, ok := in.Aliases.ValueOK()
	if err != nil || wanted == nil && !ok {
		return err
	}
	if !ok {
		aliases = c.Aliases
	}
	if wanted != nil {
		address, err := account.CleanEmail(*wanted, "address")
		if err != nil {
			return err
		}
		if address != c.Address {
			aliases = append(slices.Clone(aliases), c.Address)
			// The mailbox is the same: it is signed in to as before.
			c.Imap.Username, c.SMTP.Username = usernameOr(c.Imap.Username, c.Address), usernameOr(c.SMTP.Username, c.Address)
			c.Address = address
		}
	}
	if c.Aliases, err = cleanAliases(c.Address, aliases); err != nil || c.State == vocab.EmailDisconnected {
		return err
	}
	return claimAddresses(ctx, tx, c)
}
