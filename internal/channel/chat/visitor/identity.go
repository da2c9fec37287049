package visitor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/errs"
)

// Limits of a signed identity.
const (
	maxIdentity = 8 << 10 // bytes of the whole JWT
	maxSubject  = 255     // characters
	maxIgnored  = 20      // unknown claims that are named
	// issuedAhead is how far the site's clock may be ahead of ours.
	issuedAhead = time.Minute
	// MaxIdentityLife is how far ahead an identity may expire, so that a copy
	// of one is of use only for a short time.
	MaxIdentityLife = 24 * time.Hour
)

// identity is who the site's own back end says a visitor is (CH-8). email and
// name are "" where it says nothing.
type identity struct {
	subject, email, name string
	phone, avatarURL     string
	// issuedAt is when the claims were true; zero: it does not say.
	issuedAt clock.Micros
	// ignored are the claims that mean nothing here.
	ignored []string
}

type identityClaims struct {
	Email     string `json:"email"`
	Name      string `json:"name"`
	Phone     string `json:"phone"`
	AvatarURL string `json:"avatar_url"`
	jwt.RegisteredClaims
	ignored []string
}

// knownClaims are those that mean something here. Of the registered ones, a site's
// library may set any.
var knownClaims = []string{"email", "name", "phone", "avatar_url", "sub", "exp", "iat", "nbf", "iss", "aud", "jti"}

// UnmarshalJSON refuses times that are texts, and notes what means nothing here.
func (claims *identityClaims) UnmarshalJSON(raw []byte) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return err
	}
	for name, value := range all {
		if slices.Contains([]string{"exp", "iat", "nbf"}, name) && bytes.HasPrefix(value, []byte{'"'}) {
			return fmt.Errorf("%s is a text", name)
		}
		if !slices.Contains(knownClaims, name) && len(claims.ignored) < maxIgnored {
			claims.ignored = append(claims.ignored, errs.Clip(name))
		}
	}
	slices.Sort(claims.ignored)
	type plain identityClaims // without this method
	into := (*plain)(claims)
	return json.Unmarshal(raw, into)
}

// verifyIdentity checks a JWT that the site's back end signed with the channel's
// identity secret. What is not valid is INVALID on identity.
func (s *Service) verifyIdentity(ctx context.Context, c *ent.Channel, token string) (*identity, error) {
	key, err := s.secrets.IdentitySecret(ctx, c)
	if err != nil {
		return nil, err
	}
	if len(key) == 0 {
		return nil, badIdentity("the channel does not accept one: create an identity secret first")
	}
	if len(token) > maxIdentity {
		return nil, badIdentity("it is too long")
	}
	var claims identityClaims
	now := s.store.Clock().Now
	_, err = jwt.ParseWithClaims(token, &claims, func(t *jwt.Token) (any, error) {
		if _, critical := t.Header["crit"]; critical { // it asks for what we do not do
			return nil, jwt.ErrTokenUnverifiable
		}
		return key, nil
	},
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithExpirationRequired(),
		jwt.WithStrictDecoding(), jwt.WithTimeFunc(now))
	if err != nil {
		return nil, badIdentity("it must be a JWT with exp, a number, signed with HS256 and the channel's identity secret, not expired, and without crit")
	}
	if claims.IssuedAt != nil && claims.IssuedAt.After(now().Add(issuedAhead)) {
		return nil, badIdentity("iat is in the future")
	}
	if claims.ExpiresAt.After(now().Add(MaxIdentityLife)) {
		return nil, badIdentity("exp must be at most 24 hours ahead")
	}
	return claims.identity()
}

func (claims identityClaims) identity() (*identity, error) {
	sub := claims.Subject
	if strings.TrimSpace(sub) == "" || utf8.RuneCountInString(sub) > maxSubject || strings.ContainsFunc(sub, unicode.IsControl) {
		return nil, badIdentity("sub must identify the person, in 1 to 255 characters")
	}
	who := &identity{subject: sub, phone: claims.Phone, avatarURL: claims.AvatarURL, ignored: claims.ignored}
	if who.ignored == nil {
		who.ignored = []string{}
	}
	if claims.IssuedAt != nil {
		who.issuedAt = clock.Of(claims.IssuedAt.Time)
	}
	var err error
	if claims.Email != "" {
		if who.email, err = account.CleanEmail(claims.Email, "identity"); err != nil {
			return nil, badIdentity("email is not an e-mail address")
		}
	}
	if who.name, err = contact.CleanName(claims.Name, "identity"); err != nil {
		return nil, badIdentity("name must be a text of at most 200 characters")
	}
	return who, nil
}

func badIdentity(why string) error {
	return errs.New(errs.Invalid, "The identity is not valid: %s.", why).On("identity")
}
