package attachment

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/net/html"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	audience = "parley-file"
	// holds is how long an address can be used.
	holds = 10 * time.Minute
)

// claims bind an address to one file and to one who may see it.
type claims struct {
	Account    string      `json:"acc"`
	Attachment string      `json:"att"` // or an inbound mail
	Kind       viewer.Kind `json:"knd"`
	Actor      string      `json:"act"`
	Channel    string      `json:"chn,omitempty"` // a visitor's
	Token      string      `json:"tok,omitempty"` // the API token or visitor session that asked; the address ends with it
	Mailed     bool        `json:"mld,omitempty"` // it went out by mail: whoever has it gets the file
	jwt.RegisteredClaims
}

// URL returns an address at which the context's viewer, and no one who may not
// see the file, gets it within ten minutes; "" for a file with a virus. The
// address is a secret of its viewer's for so long.
func (s *Service) URL(ctx context.Context, a *ent.Attachment) (string, error) {
	if a.Scan == vocab.ScanInfected {
		return "", nil
	}
	return s.fileURL(ctx, a.AccountID, a.ID, a.FileName)
}

// mailedHolds is how long an address in a mail can be used.
const mailedHolds = 30 * 24 * time.Hour

// MailedURL returns an address for a mail to someone outside: whoever has it gets the file
// within 30 days, while its message is there; "" for a file with a virus.
func (s *Service) MailedURL(a *ent.Attachment) (string, error) {
	if a.Scan == vocab.ScanInfected {
		return "", nil
	}
	token, err := s.signer.Sign(&claims{Account: a.AccountID, Attachment: a.ID, Mailed: true, RegisteredClaims: s.signer.Registered(mailedHolds)})
	if err != nil {
		return "", err
	}
	return s.addressOf(a.ID, a.FileName, token), nil
}

func (s *Service) addressOf(fileID, name, token string) string {
	return s.publicURL + "/files/" + fileID + "/" + url.PathEscape(name) + "?token=" + token
}

// fileURL is one that opens a file, or a raw mail, to the context's viewer.
func (s *Service) fileURL(ctx context.Context, accountID, fileID, name string) (string, error) {
	v := viewer.FromContext(ctx)
	if v == nil {
		return "", errs.New(errs.Forbidden, "The request has no caller.")
	}
	token, err := s.signer.Sign(&claims{
		Account: accountID, Attachment: fileID, Kind: v.Kind, Actor: v.ActorID, Channel: v.ChannelID, Token: v.TokenID,
		RegisteredClaims: s.signer.Registered(holds),
	})
	if err != nil {
		return "", err
	}
	return s.addressOf(fileID, name, token), nil
}

// HTMLWithFiles returns a message's sanitised HTML with the addresses of the
// message's images in place of its references to them (cid:). What it refers to
// without success stays, and shows nothing. The result must not be sanitised
// again, since that takes out addresses without https.
func (s *Service) HTMLWithFiles(ctx context.Context, text string, list []*ent.Attachment) string {
	if len(list) == 0 || !strings.Contains(strings.ToLower(text), "cid:") {
		return text
	}
	addresses, shown := map[string]string{}, ReferencesIn(text)
	for _, a := range list {
		if !shown.Take(a.ContentID, a.ContentType) {
			continue
		}
		if address, err := s.URL(ctx, a); err == nil && address != "" {
			addresses[a.ContentID] = address + "&inline=1"
		}
	}
	return WithSources(text, addresses)
}

// WithSources replaces the references of images to files (cid:) by the addresses, which
// are by Content-ID, and leaves every other byte as it is.
func WithSources(text string, addresses map[string]string) string {
	if len(addresses) == 0 {
		return text
	}
	byKey := make(map[string]string, len(addresses))
	for contentID, address := range addresses {
		byKey[contentKey(contentID)] = address
	}
	var out strings.Builder
	for z := html.NewTokenizer(strings.NewReader(text)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			return out.String()
		}
		raw := string(z.Raw()) // reading the token spoils it
		if kind == html.StartTagToken || kind == html.SelfClosingTagToken {
			if t := z.Token(); t.Data == "img" && replaceSource(t.Attr, byKey) {
				raw = t.String()
			}
		}
		out.WriteString(raw)
	}
}

func replaceSource(attributes []html.Attribute, addresses map[string]string) (replaced bool) {
	for i, a := range attributes {
		if address, ok := addresses[sourceKey(a)]; ok {
			attributes[i].Val, replaced = address, true
		}
	}
	return replaced
}
