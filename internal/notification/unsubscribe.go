package notification

import (
	"context"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	unsubscribeAudience = "parley-notification-unsubscribe"
	// unsubscribeTTL is how long the link of a mail is valid: whoever finds it years later may
	// still use it.
	unsubscribeTTL = 10 * 365 * 24 * time.Hour
	// Path is where the server has the page of the links.
	Path = "/notifications/"
)

// unsubscribeClaims are those of the link by which a user wants no more mails of some kinds.
type unsubscribeClaims struct {
	Account string                   `json:"acc"`
	User    string                   `json:"usr"`
	Kinds   []vocab.NotificationKind `json:"knd"`
	jwt.RegisteredClaims
}

func (s *Service) unsubscribeLink(u *ent.User, kinds []vocab.NotificationKind) (string, error) {
	token, err := s.signer.Sign(&unsubscribeClaims{Account: u.AccountID, User: u.ID, Kinds: kinds, RegisteredClaims: s.signer.Registered(unsubscribeTTL)})
	return s.publicURL + Path + token, err
}

// Ask is what the page of a link asks. It changes nothing: scanners of mails follow links. An
// *errs.Error says that the link is not valid.
func (s *Service) Ask(_ context.Context, link string) (question string, err error) {
	c, err := s.readLink(link)
	if err != nil {
		return "", err
	}
	names := make([]string, len(c.Kinds))
	for i, k := range c.Kinds {
		names[i] = string(k)
	}
	return "Send no more e-mails about " + strings.Join(names, ", ") + "?", nil
}

// Do turns off the mails of the link's kinds, in all inboxes, and returns what to say. A link
// may be used again.
func (s *Service) Do(ctx context.Context, link string) (done string, err error) {
	c, err := s.readLink(link)
	if err != nil {
		return "", err
	}
	ctx = viewer.NewContext(ctx, viewer.System("notify", c.Account))
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, kind := range c.Kinds {
			if kindNamed(kind).Fixed {
				continue
			}
			if _, err := tx.Exec(ctx, "DELETE FROM notification_preferences WHERE user_id = $1 AND kind = $2 AND medium = $3 AND account_id = $4",
				c.User, string(kind), string(vocab.NotifyByEmail), c.Account); err != nil {
				return err
			}
			// Another click may have come in between.
			if _, err := tx.Exec(ctx, `INSERT INTO notification_preferences (user_id, inbox_id, kind, medium, account_id, wanted)
				SELECT id, '', $1, $2, account_id, FALSE FROM users WHERE id = $3 AND account_id = $4
				ON CONFLICT (user_id, kind, medium, inbox_id) DO UPDATE SET wanted = excluded.wanted`,
				string(kind), string(vocab.NotifyByEmail), c.User, c.Account); err != nil {
				return err
			}
		}
		return nil
	})
	return "You get no more of these e-mails.", err
}

func (s *Service) readLink(link string) (*unsubscribeClaims, error) {
	c := &unsubscribeClaims{}
	if s.signer.Verify(link, c) != nil {
		return nil, errs.New(errs.Invalid, "The link is incomplete or has expired. Open it from the e-mail again.")
	}
	return c, nil
}
