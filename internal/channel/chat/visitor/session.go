package visitor

import (
	"context"
	"strings"
	"time"
	"unicode"

	"parley/ent"
	"parley/ent/channel"
	"parley/ent/inbox"
	entvisitor "parley/ent/visitor"
	"parley/internal/availability"
	"parley/internal/channel/chat/wording"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Session is a visitor with a token to go on with.
type Session struct {
	Token   string
	Visitor *ent.Visitor
	// Ignored are the claims of an identity that mean nothing here; nil without one.
	Ignored []string
}

// seenEvery is how exactly it is kept when a visitor was last seen.
const seenEvery = time.Minute

// StartSession begins a session on a channel, or goes on with one. A token that
// does not hold there begins a new one: it never fails, since that would break
// a page. An identity or a mailed link that is not valid is INVALID on its
// field, and then nothing is made; RATE_LIMITED for too many from one address; an unknown channel is NOT_FOUND on channelKey (CH-5, CH-8).
func (s *Service) StartSession(ctx context.Context, in StartVisitorSessionInput) (*Session, error) {
	c, err := s.findChannel(ctx, in.ChannelKey)
	if err != nil {
		return nil, err
	}
	var who *identity
	if in.Identity != nil {
		if who, err = s.verifyIdentity(ctx, c, *in.Identity); err != nil {
			return nil, err
		}
	}
	if in.Link != nil && who != nil {
		return nil, errs.New(errs.Invalid, "The signed identity already gives access to the conversations: omit the link.").On("link")
	}
	known, err := s.presentedClaims(ctx, c, in.Token)
	if err != nil {
		return nil, err
	}
	me, session, err := s.admitVisitor(ctx, c, known, who, in)
	if err != nil {
		return nil, err
	}
	token, err := s.signToken(me, session)
	if err != nil {
		return nil, err
	}
	begun := &Session{Token: token, Visitor: me}
	if who != nil {
		begun.Ignored = who.ignored
	}
	return begun, nil
}

// findChannel finds a chat channel by its public key, before any account is known.
func (s *Service) findChannel(ctx context.Context, key string) (*ent.Channel, error) {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("authenticate"))
	gone := errs.New(errs.NotFound, "There is no chat channel %q. Copy the key from the tracking code.", errs.Clip(key)).On("channelKey")
	if strings.ContainsFunc(key, unicode.IsControl) {
		return nil, gone
	}
	c, err := s.store.Client(ctx).Channel.Query().Where(channel.Key(key), channel.KindEQ(vocab.Chat), channel.RemovedAt(0)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, gone
	}
	if err != nil {
		return nil, err
	}
	lives, err := s.store.Client(ctx).Inbox.Query().Where(inbox.ID(c.InboxID), inbox.DeletedAt(clock.Micros(0))).Exist(ctx)
	if err == nil && !lives {
		err = gone
	}
	return c, err
}

// presentedClaims returns the visitor and session that the caller has on the channel,
// by the token or by the request's own credentials; else neither.
func (s *Service) presentedClaims(ctx context.Context, c *ent.Channel, token *string) (secret.VisitorClaims, error) {
	if token == nil {
		if v := viewer.FromContext(ctx); v != nil && v.Kind == viewer.Visitor && v.ChannelID == c.ID {
			return secret.VisitorClaims{Visitor: v.ActorID, Session: v.TokenID}, nil
		}
		return secret.VisitorClaims{}, nil
	}
	var claims secret.VisitorClaims
	if s.signer.Verify(*token, &claims) != nil || claims.Channel != c.ID || claims.Account != c.AccountID {
		return secret.VisitorClaims{}, nil
	}
	if holds, err := s.sessionHolds(ctx, claims); err != nil || !holds {
		return secret.VisitorClaims{}, err
	}
	return claims, nil
}

// admitVisitor returns the visitor of a session, and the session: the identified
// one, the known one, or a new one. Only the known visitor's own session goes on:
// who had the token before a proof does not get in by it (CH-8).
func (s *Service) admitVisitor(ctx context.Context, c *ent.Channel, had secret.VisitorClaims, who *identity, in StartVisitorSessionInput) (me *ent.Visitor, session string, err error) {
	ctx = viewer.NewContext(ctx, viewer.System("chat", c.AccountID))
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.admitSession(ctx, tx, c.AccountID); err != nil {
			return err
		}
		known, err := lockVisitor(ctx, tx, had.Visitor)
		if err != nil {
			return err
		}
		switch {
		case in.Link != nil:
			me, err = s.redeemLink(ctx, tx, c, *in.Link)
		case who != nil:
			me, err = s.identifyVisitor(ctx, tx, c, known, who)
		case known != nil:
			me = known
		default:
			if me, err = insertVisitor(ctx, tx, c, id.New(id.Visitor)); err == nil {
				err = s.conversations.BlockNewcomer(ctx, tx, me, s.network(ctx, c.AccountID))
			}
		}
		if err != nil {
			return err
		}
		session = id.New(id.Session)
		if known != nil && me.ID == known.ID && in.Link == nil {
			session = had.Session
		}
		if err := recordSession(ctx, tx, me, session); err != nil {
			return err
		}
		if err := s.recordNetwork(ctx, tx, me); err != nil {
			return err
		}
		if err := recordLanguage(ctx, tx, me, in.Locale); err != nil {
			return err
		}
		if err := recordTimeZone(ctx, tx, me, in.TimeZone); err != nil {
			return err
		}
		return recordSeen(ctx, tx, me)
	})
	return me, session, err
}

// recordSession lists a session that begins, or goes on for as long again.
func recordSession(ctx context.Context, tx *store.Tx, me *ent.Visitor, session string) error {
	now := tx.Now()
	_, err := tx.Exec(ctx, `INSERT INTO visitor_sessions (id, account_id, inbox_id, visitor_id, proof, last_seen_at, expires_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO UPDATE SET last_seen_at = excluded.last_seen_at, expires_at = excluded.expires_at`,
		session, me.AccountID, me.InboxID, me.ID, string(proofOf(me)), int64(now), int64(now.Add(TTL)), int64(now))
	return err
}

// proofOf is how a visitor proved who they are. Their sessions began by it.
func proofOf(me *ent.Visitor) vocab.VisitorProof {
	switch {
	case me.Identity != nil:
		return vocab.ProofIdentity
	case me.MailIdentity != nil:
		return vocab.ProofEmail
	}
	return vocab.ProofNone
}

// IsIdentified reports whether a visitor proved who they are (CH-5).
func IsIdentified(v *ent.Visitor) bool { return proofOf(v) != vocab.ProofNone }

// recordLanguage notes the visitor's language. What is no language tag is passed
// over, since it would break a page.
func recordLanguage(ctx context.Context, tx *store.Tx, me *ent.Visitor, locale *string) error {
	if locale == nil {
		return nil
	}
	tag, err := wording.CleanLocale(*locale)
	if err != nil || tag == me.Language {
		return nil //nolint:nilerr // see above
	}
	me.Language = tag
	return tx.Client.Visitor.UpdateOneID(me.ID).SetLanguage(tag).Exec(ctx)
}

// recordTimeZone notes where the visitor's clock is. What is no zone is passed over, too.
func recordTimeZone(ctx context.Context, tx *store.Tx, me *ent.Visitor, name *string) error {
	if name == nil || *name == me.TimeZone {
		return nil
	}
	if _, err := availability.LoadZone(*name); err != nil {
		return nil //nolint:nilerr // see above
	}
	me.TimeZone = *name
	return tx.Client.Visitor.UpdateOneID(me.ID).SetTimeZone(*name).Exec(ctx)
}

// lockVisitor loads a visitor, and keeps others from changing it until the
// transaction ends; nil: there is none.
func lockVisitor(ctx context.Context, tx *store.Tx, visitorID string) (*ent.Visitor, error) {
	if visitorID == "" {
		return nil, nil
	}
	v, err := tx.Client.Visitor.Query().Where(entvisitor.ID(visitorID)).Modify(store.ForUpdate).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return v, err
}

// lockSelf is lock for the calling visitor.
func lockSelf(ctx context.Context, tx *store.Tx, v *viewer.Viewer) (*ent.Visitor, error) {
	me, err := lockVisitor(ctx, tx, v.ActorID)
	if err == nil && me == nil {
		err = errs.New(errs.Unauthenticated, "The visitor of this token no longer exists; start a new session.")
	}
	return me, err
}

func insertVisitor(ctx context.Context, tx *store.Tx, c *ent.Channel, visitorID string) (*ent.Visitor, error) {
	return tx.Client.Visitor.Create().SetID(visitorID).SetInboxID(c.InboxID).SetChannelID(c.ID).
		SetLastSeenAt(tx.Now()).SetCreatedAt(tx.Now()).Save(ctx)
}

// recordSeen notes that the visitor, and with them their contact, is on the site.
func recordSeen(ctx context.Context, tx *store.Tx, me *ent.Visitor) error {
	now := tx.Now()
	if now < me.LastSeenAt.Add(seenEvery) {
		return nil
	}
	me.LastSeenAt = now
	if err := tx.Client.Visitor.UpdateOneID(me.ID).SetLastSeenAt(now).Exec(ctx); err != nil {
		return err
	}
	if err := contact.RecordSeen(ctx, tx, me.ContactID); err != nil {
		return err
	}
	return contact.Touch(ctx, tx, me.ContactID)
}
