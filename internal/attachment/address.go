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
	jwt.RegisteredClaims
}

// URL returns an address at which the context's viewer, and nobody who may not
// see the file, gets it within ten minutes; "" for a file with a virus. The
// address is a secret of its viewer's for so long.
func (s *Service) URL(ctx context.Context, a *ent.Attachment) (string, error) {
	if a.Scan == vocab.ScanInfected {
		return "", nil
	}
	return s.address(ctx, a.AccountID, a.ID, a.FileName)
}

// address is one that opens a file, or a raw mail, to the context's viewer.
func (s *Service) address(ctx context.Context, accountID, fileID, name string) (string, error) {
	v := viewer.FromContext(ctx)
	if v == nil {
		return "", errs.New(errs.Forbidden, "Nobody asks.")
	}
	token, err := s.signer.Sign(&claims{
		Account: accountID, Attachment: fileID, Kind: v.Kind, Actor: v.ActorID, Channel: v.ChannelID,
		RegisteredClaims: s.signer.Registered(holds),
	})
	if err != nil {
		return "", err
	}
	return s.publicURL + "/files/" + fileID + "/" + url.PathEscape(name) + "?token=" + token, nil
}

// HTMLWithFiles returns a message's sanitised HTML with the addresses of the
// message's images in place of its references to them (cid:). What it refers to
// in vain stays, and shows nothing. The result must not be sanitised again, since
// that takes out addresses without https.
func (s *Service) HTMLWithFiles(ctx context.Context, text string, list []*ent.Attachment) string {
	if len(list) == 0 || !strings.Contains(strings.ToLower(text), "cid:") {
		return text
	}
	addresses := map[string]string{}
	for _, a := range list {
		if a.ContentID == "" || !isImage(a.ContentType) {
			continue
		}
		if address, err := s.URL(ctx, a); err == nil && address != "" {
			addresses[a.ContentID] = address + "&inline=1"
		}
	}
	return withSources(text, addresses)
}

// withSources replaces the sources of images that are among the addresses, and
// leaves every other byte as it is.
func withSources(text string, addresses map[string]string) string {
	var out strings.Builder
	for z := html.NewTokenizer(strings.NewReader(text)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			return out.String()
		}
		raw := string(z.Raw()) // reading the token spoils it
		if kind == html.StartTagToken || kind == html.SelfClosingTagToken {
			if t := z.Token(); t.Data == "img" && replaceSource(t.Attr, addresses) {
				raw = t.String()
			}
		}
		out.WriteString(raw)
	}
}

func replaceSource(attributes []html.Attribute, addresses map[string]string) (replaced bool) {
	for i, a := range attributes {
		source := strings.TrimSpace(a.Val)
		if a.Key != "src" || len(source) < 4 || !strings.EqualFold(source[:4], "cid:") {
			continue
		}
		address, ok := addresses[source[4:]]
		if name, err := url.PathUnescape(source[4:]); !ok && err == nil {
			address, ok = addresses[name]
		}
		if ok {
			attributes[i].Val, replaced = address, true
		}
	}
	return replaced
}
