package settings

import (
	"strings"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/mail/smtp"
)

// makeDKIMKey makes a key for a selector that is new.
func (s *Service) makeDKIMKey(c *ent.EmailChannel, selector *string) error {
	switch {
	case selector == nil || *selector == c.DkimSelector:
		return nil
	case *selector == "":
		c.DkimSelector, c.DkimKey = "", ""
		return nil
	case len(*selector) > 63 || strings.Trim(strings.ToLower(*selector), "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return errs.New(errs.Invalid, "A selector must be a DNS label: letters, digits and hyphens, at most 63 characters.").On("dkimSelector")
	}
	private, _, err := smtp.GenerateDKIMKey(smtp.RSA)
	if err != nil {
		return err
	}
	sealed, err := s.keys.Seal([]byte(private), dkimKeyPlace(c.ID))
	c.DkimSelector, c.DkimKey = strings.ToLower(*selector), sealed
	return err
}

// signingKey is the private key that a channel's mail is signed with.
func (s *Service) signingKey(c *ent.EmailChannel) (string, error) {
	key, err := s.keys.Open(c.DkimKey, dkimKeyPlace(c.ID))
	return string(key), err
}

// dkimKeyPlace binds a sealed key to its row.
func dkimKeyPlace(channelID string) []byte { return []byte("email_channels.dkim_key/" + channelID) }

// DKIMRecord is the DNS record under which others find the key that the
// channel's mail is signed with; nil: it is not signed.
type DKIMRecord struct{ Name, Value string }

// DKIM returns the record to publish.
func (s *Service) DKIM(c *ent.EmailChannel) (*DKIMRecord, error) {
	if c.DkimKey == "" {
		return nil, nil
	}
	private, err := s.signingKey(c)
	if err != nil {
		return nil, err
	}
	value, err := smtp.DKIMRecord(private)
	if err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(c.Address, "@")
	return &DKIMRecord{Name: c.DkimSelector + "._domainkey." + domain, Value: value}, nil
}
