package visitor

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/store"
)

const (
	// linkTTL is how long a mailed link holds.
	linkTTL      = 7 * 24 * time.Hour
	linkAudience = "parley-visitor-link"
	// linkFragment stands before the token in the page's address: what follows
	// a # reaches no server and no Referer.
	linkFragment = "parley-link="
	// linked is the prefix of sessions that a link began, for as long as they go on.
	linked = "linkedsession"
)

// linkClaims are a link's: the token is random by its id, and stored hashed.
type linkClaims struct {
	Channel string `json:"chn"`
	jwt.RegisteredClaims
}

// newLink keeps a notice's link and returns its token. number is that of the
// last message in the notice, as visitors count.
func (s *Service) newLink(ctx context.Context, tx *store.Tx, c *ent.Conversation, number int) (string, error) {
	claims := &linkClaims{Channel: c.ChannelID, RegisteredClaims: s.links.Registered(linkTTL)}
	claims.ID, _ = secret.NewToken("")
	token, err := s.links.Sign(claims)
	if err != nil {
		return "", err
	}
	now := tx.Now()
	_, err = tx.Exec(ctx, `INSERT INTO visitor_links
		(id, account_id, inbox_id, channel_id, visitor_id, conversation_id, token_hash, mailed_number, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		id.New("link"), c.AccountID, c.InboxID, c.ChannelID, c.VisitorID, c.ID, secret.HashToken(token), number, int64(now), int64(now.Add(linkTTL)))
	return token, err
}

// redeemLink returns the locked visitor of a mailed link, which holds no more then.
// Whoever has the link reads the address's mail, so that it opens the
// conversation that was mailed, with all of its visitor (CH-8). No one else's
// conversations come along, and none of the caller's own: the visitor may have
// typed an address that is not theirs, and has a token of their own. For the
// same reason the session never turns into that of a proved identity. A visitor
// who has an identity meanwhile is proved only by their site.
func (s *Service) redeemLink(ctx context.Context, tx *store.Tx, c *ent.Channel, token string) (*ent.Visitor, error) {
	dead := errs.New(errs.Invalid, "The link was already used or has expired (links work once, for seven days). Continue without it.").On("link")
	claims := &linkClaims{}
	if s.links.Verify(token, claims) != nil || claims.Channel != c.ID {
		return nil, dead
	}
	hash := secret.HashToken(token)
	used, err := tx.Exec(ctx, `UPDATE visitor_links SET used_at = $1
		WHERE token_hash = $2 AND account_id = $3 AND channel_id = $4 AND used_at = 0 AND expires_at > $1`,
		int64(tx.Now()), hash, c.AccountID, c.ID)
	if err != nil {
		return nil, err
	}
	if used == 0 {
		return nil, dead
	}
	found, err := s.store.Strings(ctx, "SELECT visitor_id FROM visitor_links WHERE token_hash = $1 AND account_id = $2", hash, c.AccountID)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	me, err := lockVisitor(ctx, tx, found[0])
	if err == nil && (me == nil || me.Identity != nil) {
		err = dead
	}
	return me, err
}

// linkTo returns the address of the page with the token behind it; "": the
// conversation began on no page, or on one of a site that is not ours.
func (s *Service) linkTo(page, fragment string) string {
	u, err := url.Parse(page)
	if err != nil || u.Host == "" || s.options.Sites != nil && !slices.Contains(s.options.Sites, strings.ToLower(u.Scheme+"://"+u.Host)) {
		return ""
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String() + "#" + fragment
}
