package visitor

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/pageurl"
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
	// openFragment opens the widget (CH-4).
	openFragment = "parley-open"
)

// linkClaims are a link's: the token is random by its id, and stored hashed.
type linkClaims struct {
	Channel string `json:"chn"`
	jwt.RegisteredClaims
}

// newLink keeps a notice's link and returns its token. number is that of the
// last message in the notice, as visitors count; the link proves the address.
func (s *Service) newLink(ctx context.Context, tx *store.Tx, c *ent.Conversation, address string, number int) (string, error) {
	claims := &linkClaims{Channel: c.ChannelID, RegisteredClaims: s.links.Registered(linkTTL)}
	claims.ID, _ = secret.NewToken("")
	token, err := s.links.Sign(claims)
	if err != nil {
		return "", err
	}
	now := tx.Now()
	_, err = tx.Exec(ctx, `INSERT INTO visitor_links
		(id, account_id, inbox_id, channel_id, visitor_id, conversation_id, token_hash, mailed_number, created_at, expires_at, email)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		id.New("link"), c.AccountID, c.InboxID, c.ChannelID, c.VisitorID, c.ID, secret.HashToken(token), number, int64(now), int64(now.Add(linkTTL)), address)
	return token, err
}

// redeemLink returns the locked visitor of a mailed link, which holds no more then:
// the one who proved to read the address's mail. The chat that was mailed goes on
// with them, and with it those that the same visitor began with that address.
// Nothing of the caller's own comes along, and whoever typed the address gains
// nothing by it: it may not be theirs (CH-8). A chat whose visitor proved an
// identity meanwhile is opened by their site alone.
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
	mailed, err := s.mailedChat(ctx, hash, c.AccountID)
	if err != nil {
		return nil, err
	}
	typer, err := lockVisitor(ctx, tx, mailed.visitorID)
	if err != nil {
		return nil, err
	}
	if typer == nil || typer.Identity != nil || mailed.email == "" || mailed.byIdentity {
		return nil, dead
	}
	me, err := s.provedByMail(ctx, tx, c, mailed.email)
	if err != nil || me.ID == typer.ID || typer.MailIdentity != nil {
		return me, err
	}
	return me, continueChats(system(ctx, viewerOf(me)), tx, typer, me, entconversation.Or(
		entconversation.ID(mailed.conversationID), entconversation.ContactID(me.ContactID),
	))
}

// mailedChat is what a link was made for.
type mailedChat struct {
	visitorID, conversationID, email string
	byIdentity                       bool // its visitor proved an identity meanwhile
}

func (s *Service) mailedChat(ctx context.Context, hash []byte, accountID string) (mailedChat, error) {
	var m mailedChat
	rows, err := s.store.Query(ctx, `SELECT l.visitor_id, l.conversation_id, l.email, COALESCE(v.identity, '') <> '' FROM visitor_links l
		LEFT JOIN conversations c ON c.id = l.conversation_id LEFT JOIN visitors v ON v.id = c.visitor_id
		WHERE l.token_hash = $1 AND l.account_id = $2`, hash, accountID)
	if err != nil {
		return m, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(&m.visitorID, &m.conversationID, &m.email, &m.byIdentity); err != nil {
			return m, err
		}
	}
	return m, rows.Err()
}

// linkTo returns the address of the page that a conversation began on, with the token
// behind it; if that is a site's that is not ours, that of the channel's hosted page (CH-6).
// "": there is neither.
func (s *Service) linkTo(c *ent.Conversation, channel *ent.Channel, fragment string) string {
	u, err := url.Parse(c.OriginURL)
	switch {
	case channel.RemovedAt.IsSet():
		return "" // its key is no one's
	case err == nil && u.Host != "" && s.isSite(u):
		u.Fragment, u.RawFragment = "", ""
		return u.String() + "#" + fragment
	case s.options.PublicURL == "":
		return ""
	}
	return strings.TrimRight(s.options.PublicURL, "/") + "/chat/" + url.PathEscape(channel.Key) + "#" + fragment
}

// isSite reports whether letters may lead to a page's origin.
func (s *Service) isSite(page *url.URL) bool {
	if page.Scheme != "http" && page.Scheme != "https" {
		return false
	}
	if s.options.Sites == nil || s.options.LocalSites && pageurl.IsLoopback(page.Hostname()) {
		return true
	}
	return slices.Contains(s.options.Sites, strings.ToLower(page.Scheme+"://"+page.Host))
}
