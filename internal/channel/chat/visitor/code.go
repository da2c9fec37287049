package visitor

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
	"time"

	"parley/ent"
	"parley/internal/channel/chat/wording"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/mail"
	"parley/internal/store"
	"parley/internal/viewer"
)

const (
	codeTTL   = 10 * time.Minute
	codeTries = 5
)

// Codes that are mailed: to one visitor, and to one address by whichever visitors,
// so that no one's mailbox is flooded and no code is guessed.
var (
	codesOfVisitor = rate{"codes", 3, codeTTL}
	codesToAddress = rate{"codes to this address", 6, time.Hour}
)

// RequestEmailCode mails a code to the visitor's address, by which they prove that
// they read its mail (CH-6). EMAIL_REQUIRED if none is known; RATE_LIMITED.
func (s *Service) RequestEmailCode(ctx context.Context, in RequestVisitorEmailCodeInput) (*ent.Visitor, error) {
	return s.actAsVisitor(ctx, "requestVisitorEmailCode", in.IdempotencyKey, in, func(ctx context.Context, tx *store.Tx, v *viewer.Viewer, me *ent.Visitor) error {
		if me.Email == "" {
			return errs.New(errs.EmailRequired, "The visitor must first give an e-mail address: call captureVisitorEmail.")
		}
		if err := s.countAct(ctx, tx, v, codesOfVisitor); err != nil {
			return err
		}
		if err := s.countInWindow(ctx, tx, me.AccountID, "codes>"+me.Email, codesToAddress); err != nil {
			return err
		}
		return s.mailCode(ctx, tx, me)
	})
}

func (s *Service) mailCode(ctx context.Context, tx *store.Tx, me *ent.Visitor) error {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return err
	}
	code := fmt.Sprintf("%06d", n)
	_, err = tx.Exec(ctx, `INSERT INTO visitor_codes (visitor_id, account_id, inbox_id, email, digest, tries, expires_at)
		VALUES ($1, $2, $3, $4, $5, 0, $6) ON CONFLICT (visitor_id) DO UPDATE SET
		email = excluded.email, digest = excluded.digest, tries = 0, expires_at = excluded.expires_at`,
		me.ID, me.AccountID, me.InboxID, me.Email, s.codeDigest(me.ID, me.Email, code), int64(tx.Now().Add(codeTTL)))
	if err != nil {
		return err
	}
	h, err := headFor(ctx, tx, me)
	if err != nil {
		return err
	}
	written, err := codeNotice{head: h, For: wording.Fill(h.Words.Code, "team", h.Team), Code: code[:3] + " " + code[3:]}.compose(me.Email)
	if err == nil {
		written.About = aboutVisitor(me)
		mail.Post(tx, written)
	}
	return err
}

// codeDigest binds a code to its visitor and address; the code itself is not kept.
func (s *Service) codeDigest(visitorID, address, code string) []byte {
	return s.keys.HMAC("visitor-code", []byte(strings.Join([]string{visitorID, address, code}, "\x00")))
}

// ProveEmail gives the visitor who has a mailed code a session of the one whom the
// address proves; their chats go on there (CH-6, CH-8). Who proved an identity
// stays that visitor, with a proved address. INVALID on code.
func (s *Service) ProveEmail(ctx context.Context, in ProveVisitorEmailInput) (*Session, error) {
	v, err := callingVisitor(ctx)
	if err != nil {
		return nil, err
	}
	var me *ent.Visitor
	session := ""
	err = s.store.WithTx(system(ctx, v), func(ctx context.Context, tx *store.Tx) error {
		me = nil
		known, err := lockSelf(ctx, tx, v)
		if err != nil {
			return err
		}
		address, err := s.useCode(ctx, tx, known, digitsOf(in.Code))
		if err != nil || address == "" {
			return err // a wrong one is committed: it counts
		}
		if me, err = s.proveAddress(ctx, tx, known, address); err != nil {
			return err
		}
		session = v.TokenID
		if me.ID != known.ID {
			session = id.New(id.Session)
		}
		return recordSession(ctx, tx, me, session)
	})
	if err != nil {
		return nil, err
	}
	if me == nil {
		return nil, errs.New(errs.Invalid, "The code is wrong, has expired or was tried too often (codes hold for ten minutes and five tries). Request another one.").On("code")
	}
	token, err := s.signToken(me, session)
	if err != nil {
		return nil, err
	}
	return &Session{Token: token, Visitor: me}, nil
}

func (s *Service) proveAddress(ctx context.Context, tx *store.Tx, known *ent.Visitor, address string) (*ent.Visitor, error) {
	if known.Identity != nil {
		return known, s.recordProof(ctx, tx, known, address)
	}
	channel, err := tx.Client.Channel.Get(ctx, known.ChannelID)
	if err != nil {
		return nil, err
	}
	me, err := s.provedByMail(ctx, tx, channel, address)
	if err != nil || me.ID == known.ID || known.MailIdentity != nil {
		return me, err
	}
	return me, s.turnInto(system(ctx, viewerOf(me)), tx, known, me)
}

// useCode counts a try, and returns the address that the code proves; "": none.
func (s *Service) useCode(ctx context.Context, tx *store.Tx, me *ent.Visitor, code string) (string, error) {
	counted, err := tx.Exec(ctx, "UPDATE visitor_codes SET tries = tries + 1 WHERE visitor_id = $1 AND account_id = $2 AND expires_at > $3 AND tries < $4",
		me.ID, me.AccountID, int64(tx.Now()), codeTries)
	if err != nil || counted == 0 {
		return "", err
	}
	found, err := s.store.Strings(ctx, "SELECT email FROM visitor_codes WHERE visitor_id = $1", me.ID)
	if err != nil || len(found) == 0 {
		return "", err
	}
	kept, err := s.keptDigest(ctx, me.ID)
	if err != nil || !hmac.Equal(kept, s.codeDigest(me.ID, found[0], code)) {
		return "", err
	}
	_, err = tx.Exec(ctx, "DELETE FROM visitor_codes WHERE visitor_id = $1 AND account_id = $2", me.ID, me.AccountID)
	return found[0], err
}

func (s *Service) keptDigest(ctx context.Context, visitorID string) (digest []byte, err error) {
	rows, err := s.store.Query(ctx, "SELECT digest FROM visitor_codes WHERE visitor_id = $1", visitorID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(&digest); err != nil {
			return nil, err
		}
	}
	return digest, rows.Err()
}

// digitsOf takes out what people write between digits.
func digitsOf(code string) string {
	return strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(code)
}
