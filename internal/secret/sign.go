package secret

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/internal/errs"
)

// Signer makes and checks signed tokens (JWT, HS256, with the key's id in the
// header) of one audience: a token made for one use is refused by any other.
type Signer struct {
	ring     *Keyring
	audience string
	now      func() time.Time
	parser   *jwt.Parser
}

// VisitorAudience is the audience of visitor session tokens.
const VisitorAudience = "parley-visitor"

// VisitorClaims say whose visitor session a token is (CH-5). All are TypeIDs.
type VisitorClaims struct {
	Account string `json:"acc"`
	Channel string `json:"chn"`
	Visitor string `json:"vis"`
	Session string `json:"sid"`
	jwt.RegisteredClaims
}

// Signer returns a signer for one audience; now is a Clock's Now.
func (r *Keyring) Signer(audience string, now func() time.Time) *Signer {
	return &Signer{ring: r, audience: audience, now: now, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithAudience(audience),
		jwt.WithExpirationRequired(),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(now),
	)}
}

// Registered returns the standard claims of a token that holds for ttl from
// now on. Tokens count in whole seconds.
func (s *Signer) Registered(ttl time.Duration) jwt.RegisteredClaims {
	now := s.now()
	return jwt.RegisteredClaims{
		Audience:  jwt.ClaimStrings{s.audience},
		IssuedAt:  jwt.NewNumericDate(now),
		ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
	}
}

// Sign returns a token with the claims, which must hold those of Registered.
func (s *Signer) Sign(claims jwt.Claims) (string, error) {
	if expires, err := claims.GetExpirationTime(); err != nil || expires == nil {
		return "", errors.New("secret: a signed token needs a time of expiry")
	}
	if audience, err := claims.GetAudience(); err != nil || !slices.Contains(audience, s.audience) {
		return "", fmt.Errorf("secret: a signed token needs the audience %q", s.audience)
	}
	k := s.ring.newestKey()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
	token.Header["kid"] = k.id
	return token.SignedString(k.sign)
}

// Verify checks the token and fills claims from it. Any token that does not
// hold is UNAUTHENTICATED; the message distinguishes an expired one from a false one.
// On error claims must not be used.
func (s *Signer) Verify(token string, claims jwt.Claims) error {
	_, err := s.parser.ParseWithClaims(token, claims, s.keyOf)
	if errors.Is(err, jwt.ErrTokenExpired) {
		return errs.New(errs.Unauthenticated, "The token has expired; start a new session.")
	}
	if err != nil {
		return errs.New(errs.Unauthenticated, "The token is not valid for this request.")
	}
	return nil
}

// keyOf finds the key that the token's header names.
func (s *Signer) keyOf(token *jwt.Token) (any, error) {
	id, _ := token.Header["kid"].(string)
	k := s.ring.findKey(id)
	if k == nil {
		return nil, ErrUnknownKey
	}
	return k.sign, nil
}
