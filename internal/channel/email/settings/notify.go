package settings

import (
	"context"
	"fmt"

	"parley/ent"
	"parley/ent/user"
	"parley/internal/clock"
	"parley/internal/mail"
	"parley/internal/store"
	"parley/internal/vocab"
)

// notifyAdmins mails the account's admins about a channel (EM-7).
func (s *Service) notifyAdmins(ctx context.Context, tx *store.Tx, c *ent.EmailChannel, what, more string) error {
	admins, err := tx.Client.User.Query().Where(user.RoleEQ(vocab.RoleAdmin), user.DeactivatedAt(clock.Micros(0))).All(ctx)
	if err != nil {
		return err
	}
	inbox, err := tx.Client.Inbox.Get(ctx, c.InboxID)
	if err != nil {
		return err
	}
	for _, admin := range admins {
		mail.Post(tx, mail.Notice{
			To: admin.Email, Subject: fmt.Sprintf("%s %s", c.Address, what),
			Text: fmt.Sprintf("The e-mail channel %s of the inbox %s %s.\n\n%s\n\n%s\n", c.Address, inbox.Name, what, more, s.o.PublicURL),
		})
	}
	return nil
}
