package remoteimage

import (
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/internal/errs"
)

const (
	audience = "parley-remote-image"
	// steady is how long an image keeps its address, so that browsers keep the
	// image; holds is how much longer the address works.
	steady = 12 * time.Hour
	holds  = 12 * time.Hour
	// Path is where this server shows images of other servers.
	Path = "/remote-image"
)

// claims bind an address of this server to an image that a message has: the
// server fetches nothing else.
type claims struct {
	Image string `json:"img"`
	jwt.RegisteredClaims
}

// address is where this server shows an image, for 12 to 24 hours.
func (s *Service) address(image string) (string, error) {
	from := s.store.Clock().Now().Truncate(steady)
	token, err := s.signer.Sign(&claims{Image: image, RegisteredClaims: jwt.RegisteredClaims{
		Audience: jwt.ClaimStrings{audience}, IssuedAt: jwt.NewNumericDate(from), ExpiresAt: jwt.NewNumericDate(from.Add(steady + holds)),
	}})
	if err != nil {
		return "", err
	}
	return s.publicURL + Path + "?token=" + token, nil
}

// imageOf returns the image that an address of this server is for.
func (s *Service) imageOf(token string) (string, error) {
	var c claims
	if s.signer.Verify(token, &c) != nil || c.Image == "" {
		return "", errs.New(errs.Forbidden, "The URL of an image is valid for a day. This one has expired or is incomplete: request the message's html again.")
	}
	return c.Image, nil
}
