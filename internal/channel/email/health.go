package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"parley/ent"
	"parley/ent/schema"
	"parley/ent/user"
	"parley/internal/channel/email/guard"
	"parley/internal/channel/email/imap"
	"parley/internal/channel/email/oauth"
	"parley/internal/channel/email/smtp"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/mail"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// patience is how many attempts in a row may fail before a channel is in error:
// one time-out disables nothing (pitfall 7).
const patience = 3

// Pauses between attempts to reach a mailbox.
const (
	firstPause   = 5 * time.Second
	longestPause = 5 * time.Minute
	// deadPause follows a refusal that time alone does not mend: asking often
	// would lock accounts.
	deadPause = 15 * time.Minute
)

// pause is how long to wait after so many failures in a row.
func pause(failures int, reason vocab.EmailStateReason) time.Duration {
	if reason == vocab.EmailGrantRevoked || lasting(reason) && failures >= patience {
		return deadPause
	}
	p := firstPause
	for range failures - 1 {
		if p *= 3; p >= longestPause {
			return longestPause
		}
	}
	return p
}

// lasting reports whether only a person can mend it.
func lasting(r vocab.EmailStateReason) bool {
	return r == vocab.EmailGrantRevoked || r == vocab.EmailAuthenticationFailed || r == vocab.EmailTLSFailed || r == vocab.EmailHostRefused
}

// diagnose tells why a mailbox or server could not be used, in words for admins.
func diagnose(err error) (vocab.EmailStateReason, string) {
	var refused *guard.Error
	var sent *smtp.Error
	var untrusted *tls.CertificateVerificationError
	detail := strings.Join(strings.Fields(err.Error()), " ")
	switch {
	case errors.As(err, &refused):
		return vocab.EmailHostRefused, refused.Error()
	case errors.Is(err, oauth.ErrRevoked):
		return vocab.EmailGrantRevoked, "The provider took the authorization back. Connect the channel again."
	case errors.Is(err, oauth.ErrTemporary):
		return vocab.EmailConnectionFailed, "The provider that gives access to the mailbox cannot be reached."
	case errors.Is(err, smtp.ErrUnencrypted), errors.As(err, &untrusted):
		return vocab.EmailTLSFailed, detail
	case errors.Is(err, imap.ErrAuthentication), errors.As(err, &sent) && sent.Kind == smtp.Authentication:
		return vocab.EmailAuthenticationFailed, detail
	case errors.Is(err, imap.ErrTLS):
		return vocab.EmailTLSFailed, detail
	case errors.Is(err, imap.ErrRefused):
		return vocab.EmailMailboxUnreadable, detail
	}
	return vocab.EmailConnectionFailed, detail
}

// try refuses servers and credentials that do not work.
func (s *Service) try(ctx context.Context, c *ent.EmailChannel) error {
	ctx, cancel := context.WithTimeout(ctx, 25*time.Second)
	defer cancel()
	config, _, err := s.mailbox(c)
	if err != nil {
		return err
	}
	if err := mark(ctx, c, config); err != nil {
		return unusable("imap", err)
	}
	server, _, err := s.submission(c)
	if err == nil && server != nil {
		err = smtp.Check(ctx, *server)
	}
	if err != nil {
		return unusable("smtp", err)
	}
	return nil
}

func unusable(field string, err error) error {
	reason, detail := diagnose(err)
	path := []string{field}
	switch reason {
	case vocab.EmailAuthenticationFailed:
		path = []string{"password"}
	case vocab.EmailHostRefused:
		path = append(path, "host")
	case vocab.EmailTLSFailed:
		path = append(path, "security")
	}
	return errs.New(errs.Invalid, "The server cannot be used: %s", detail).On(path...)
}

// enter gives a channel another state and tells of it. also writes what goes
// with it.
func (s *Service) enter(ctx context.Context, tx *store.Tx, c *ent.EmailChannel, state vocab.EmailChannelState, reason vocab.EmailStateReason, detail string,
	also func(*ent.EmailChannelUpdateOne)) error {
	update := tx.Client.EmailChannel.UpdateOneID(c.ID)
	if c.State != state || c.StateReason != reason {
		from, to := string(c.State), string(state)
		changes := []schema.FieldChange{{Field: "state", From: &from, To: &to}}
		if reason != "" {
			why := string(reason)
			changes = append(changes, schema.FieldChange{Field: "stateReason", To: &why})
		}
		tx.Append(ctx, store.Event{Type: vocab.ChannelStateChanged, InboxID: c.InboxID, SubjectID: c.ID, Changes: changes})
		update.SetState(state).SetStateReason(reason).SetStateSince(tx.Now())
	}
	update.SetStateDetail(detail)
	if also != nil {
		also(update)
	}
	if err := update.Exec(ctx); err != nil || state != vocab.EmailConnected || !cannotSend(c) {
		return err
	}
	return s.hurry(ctx, tx, c)
}

// works notes that a mailbox was read to its end. That mail cannot be sent is
// not over by that.
func (s *Service) works(ctx context.Context, channelID string) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.EmailChannel.Get(ctx, channelID)
		if err != nil || c.State == vocab.EmailDisconnected {
			return err
		}
		was, state, reason, detail := c.State, vocab.EmailConnected, vocab.EmailStateReason(""), ""
		if cannotSend(c) {
			state, reason, detail = c.State, c.StateReason, c.StateDetail
		}
		err = s.enter(ctx, tx, c, state, reason, detail, func(u *ent.EmailChannelUpdateOne) {
			u.SetLastSyncAt(tx.Now()).SetFailures(0).SetFailingSince(0).SetNextAttemptAt(0)
		})
		if err != nil || state == was || was != vocab.EmailError {
			return err
		}
		return s.tellAdmins(ctx, tx, c, "works again", "Mail that came meanwhile is being fetched.")
	})
}

// fails notes that a mailbox could not be read, and from when it is tried again.
// After a few times, or at once where only a person can mend it, the channel is
// in error, and admins hear of it (EM-7).
func (s *Service) fails(ctx context.Context, channelID string, cause error) error {
	reason, detail := diagnose(cause)
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.EmailChannel.Get(ctx, channelID)
		if err != nil || c.State == vocab.EmailDisconnected {
			return err
		}
		n, since := c.Failures+1, c.FailingSince
		if !since.IsSet() {
			since = tx.Now()
		}
		was, state, shown, text := c.State, c.State, c.StateReason, c.StateDetail
		if n >= patience || reason == vocab.EmailGrantRevoked {
			state, shown, text = vocab.EmailError, reason, s.scrub(c, detail)
		}
		wait := pause(n, reason)
		err = s.enter(ctx, tx, c, state, shown, text, func(u *ent.EmailChannelUpdateOne) {
			u.SetFailures(n).SetFailingSince(since).SetNextAttemptAt(tx.Now().Add(wait))
		})
		if err != nil || state != vocab.EmailError || was == vocab.EmailError {
			return err
		}
		return s.tellAdmins(ctx, tx, c, "does not work", text+"\n\nMail waits in the mailbox until then; none is lost.")
	})
}

// tellAdmins mails the account's admins about a channel (EM-7).
func (s *Service) tellAdmins(ctx context.Context, tx *store.Tx, c *ent.EmailChannel, what, more string) error {
	admins, err := tx.Client.User.Query().Where(user.RoleEQ(vocab.RoleAdmin), user.DeactivatedAt(clock.Micros(0))).All(ctx)
	if err != nil {
		return err
	}
	inbox, err := tx.Client.Inbox.Get(ctx, c.InboxID)
	if err != nil {
		return err
	}
	for _, admin := range admins {
		mail.Post(tx, mail.Letter{
			To: admin.Email, Subject: fmt.Sprintf("%s %s", c.Address, what),
			Text: fmt.Sprintf("The e-mail channel %s of the inbox %s %s.\n\n%s\n\n%s\n", c.Address, inbox.Name, what, more, s.o.PublicURL),
		})
	}
	return nil
}

// inAccount is the context of the channel's own work.
func inAccount(ctx context.Context, accountID string) context.Context {
	return viewer.NewContext(ctx, viewer.System("email", accountID))
}

// named tells fields by their names alone.
func named(fields ...string) []schema.FieldChange {
	changes := make([]schema.FieldChange, len(fields))
	for i, f := range fields {
		changes[i].Field = f
	}
	return changes
}
