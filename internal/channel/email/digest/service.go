package digest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/account"
	"parley/internal/channel/email/settings"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/mail"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// every is how often an inbox's digest is mailed.
	every = 7 * 24 * time.Hour
	// linkTTL is how long a link is valid.
	linkTTL = 30 * 24 * time.Hour
	// maxSenders are listed at most, the latest ones.
	maxSenders = 50
	audience   = "parley-filtered-digest"
	// Path is where the server has the page of the links.
	Path = "/filtered"
)

// Service mails digests, and does what their links ask for. It is safe for concurrent use.
type Service struct {
	store         *store.Store
	signer        *secret.Signer
	accounts      *account.Service
	conversations *conversation.Service
	emails        *settings.Service
	publicURL     string
}

// New returns the service.
func New(s *store.Store, keys *secret.Keyring, a *account.Service, c *conversation.Service, e *settings.Service, publicURL string) *Service {
	return &Service{s, keys.Signer(audience, s.Clock().Now), a, c, e, publicURL}
}

// due is an inbox, and up to when its members know what was filtered.
type due struct {
	inboxID, accountID, name string
	since                    clock.Micros
}

// MailAll mails the digests that are due. A new inbox's first one comes after a week. The
// system runs it each hour.
func (s *Service) MailAll(ctx context.Context) error {
	inboxes, err := s.dueInboxes(ctx)
	if err != nil {
		return err
	}
	for _, d := range inboxes {
		if err := s.mailOne(viewer.NewContext(ctx, viewer.System("filtered-digest", d.accountID)), d); err != nil {
			return fmt.Errorf("the digest of inbox %s: %w", d.inboxID, err)
		}
	}
	return nil
}

func (s *Service) dueInboxes(ctx context.Context) (list []due, err error) {
	err = store.ForEachRow(ctx, s.store, `SELECT i.id, i.account_id, i.name, CAST(i.settings AS TEXT), COALESCE(d.sent_at, 0) FROM inboxes i
		LEFT JOIN filtered_digests d ON d.inbox_id = i.id WHERE i.deleted_at = 0 AND COALESCE(d.sent_at, 0) <= $1`,
		[]any{int64(s.store.Now().Add(-every))}, func(rows entsql.ColumnScanner) error {
			var d due
			var raw []byte
			var how vocab.InboxSettings
			if err := rows.Scan(&d.inboxID, &d.accountID, &d.name, &raw, &d.since); err != nil {
				return err
			}
			if err := json.Unmarshal(raw, &how); err != nil {
				return err
			}
			if how.FilteredDigest() {
				list = append(list, d)
			}
			return nil
		})
	return list, err
}

// mailOne mails an inbox's digest, unless another node did.
func (s *Service) mailOne(ctx context.Context, d due) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, `INSERT INTO filtered_digests (inbox_id, account_id, sent_at) VALUES ($1, $2, $3)
			ON CONFLICT (inbox_id) DO UPDATE SET sent_at = excluded.sent_at WHERE filtered_digests.sent_at = $4`,
			d.inboxID, d.accountID, int64(tx.Now()), int64(d.since))
		if err != nil || n == 0 || d.since == 0 {
			return err
		}
		senders, err := s.filteredSince(ctx, d)
		if err != nil || len(senders) == 0 {
			return err
		}
		recipients, err := s.recipientsOf(ctx, d)
		for _, a := range recipients {
			if err != nil {
				break
			}
			var notice mail.Notice
			if notice, err = s.compose(d, a, senders); err == nil {
				mail.Post(tx, notice)
			}
		}
		return err
	})
}

// sender is someone whose mail was filtered, with their latest conversation.
type sender struct {
	name, address, conversationID, subject string
	conversations                          int
}

// filteredSince are the senders of what came to Filtered, the latest first; not those who
// are blocked, nor what people marked as spam.
func (s *Service) filteredSince(ctx context.Context, d due) (list []sender, err error) {
	never := vocab.FilteredReasons(0).With(vocab.ReasonBlockedSender).With(vocab.ReasonSpam)
	err = store.ForEachRow(ctx, s.store, `SELECT k.name, k.email, c.id, c.subject FROM conversations c JOIN contacts k ON k.id = c.contact_id
		WHERE c.account_id = $1 AND c.inbox_id = $2 AND c.folder = 'FILTERED' AND c.kind = 'EMAIL' AND c.status IN ('OPEN', 'CLOSED')
		AND c.activity_at > $3 AND c.last_message_at > $4 AND c.filtered & $5 = 0 AND k.email <> '' ORDER BY c.activity_at DESC, c.id DESC LIMIT 1000`,
		[]any{d.accountID, d.inboxID, int64(d.since), int64(d.since), int64(never)}, func(rows entsql.ColumnScanner) error {
			one := sender{conversations: 1}
			if err := rows.Scan(&one.name, &one.address, &one.conversationID, &one.subject); err != nil {
				return err
			}
			for i := range list {
				if list[i].address == one.address {
					list[i].conversations++
					return nil
				}
			}
			if len(list) < maxSenders {
				list = append(list, one)
			}
			return nil
		})
	return list, err
}

// recipient is someone who gets a digest.
type recipient struct {
	id, name, email string
	admin           bool
}

// recipientsOf are the active members of an inbox who chose it, for the inbox or for all, and
// the admins among them who chose nothing (NT-7).
func (s *Service) recipientsOf(ctx context.Context, d due) (list []recipient, err error) {
	of := &store.Statement{}
	chosen := func(inboxID string) string {
		return "(SELECT p.wanted FROM notification_preferences p WHERE p.user_id = u.id AND p.kind = " + of.Arg(string(vocab.NotifyFilteredDigest)) +
			" AND p.medium = " + of.Arg(string(vocab.NotifyByEmail)) + " AND p.inbox_id = " + of.Arg(inboxID) + ")"
	}
	query := "SELECT u.id, u.name, u.email, u.role = 'ADMIN' FROM users u WHERE u.account_id = " + of.Arg(d.accountID) + " AND u.deactivated_at = 0 AND u.email <> ''" +
		" AND (EXISTS (SELECT 1 FROM inbox_users m WHERE m.user_id = u.id AND m.inbox_id = " + of.Arg(d.inboxID) + ")" +
		" OR EXISTS (SELECT 1 FROM team_members t JOIN inbox_teams m ON m.team_id = t.team_id WHERE t.user_id = u.id AND m.inbox_id = " + of.Arg(d.inboxID) + "))" +
		" AND COALESCE(" + chosen(d.inboxID) + ", " + chosen("") + ", u.role = 'ADMIN') ORDER BY u.id"
	err = store.ForEachRow(ctx, s.store, query, of.Args, func(rows entsql.ColumnScanner) error {
		var r recipient
		err := rows.Scan(&r.id, &r.name, &r.email, &r.admin)
		list = append(list, r)
		return err
	})
	return list, err
}
