package receive

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"parley/internal/channel/email/classify"
	"parley/internal/channel/email/parse"
	"parley/internal/channel/email/thread"
	"parley/internal/store"
	"parley/internal/vocab"
)

// confirming are the domains of providers that ask whoever gets forwarded mail whether
// they want it, each with the domains below it.
var confirming = []string{
	"google.com", "googlemail.com", "yahoo.com", "yahoo-inc.com", "zoho.com", "zoho.eu", "zohomail.com", "yandex.ru", "yandex.com", "mail.ru",
	"fastmail.com", "proton.me", "protonmail.com", "gmx.net", "gmx.com", "web.de", "icloud.com", "apple.com", "outlook.com", "microsoft.com", "naver.com", "daum.net", "qq.com", "163.com",
}

// forwardingWords stand in the subjects of such mail.
var forwardingWords = []string{
	"forward", "weiterleit", "transfert", "réexpéd", "redirection", "reenv", "reenvío", "encaminh", "inoltr", "doorstur", "vidarebefordr", "videresend",
	"przekaz", "пересыл", "переадрес", "yönlendir", "転送", "전달", "转发", "轉寄", "转寄",
}

var (
	confirmationCode = regexp.MustCompile(`(?:^|[^\d])#?(\d{6,12})(?:[^\d]|$)`)
	addressInText    = regexp.MustCompile(`[\p{L}\d._%+-]{1,64}@[\p{L}\d.-]{1,190}\.\p{L}{2,24}`)
	linkInText       = regexp.MustCompile(`https://[^\s<>"')\]]{4,1000}`)
)

// mostRead is how much of a mail's text is searched, in bytes.
const mostRead = 20_000

// confirmationOf reads what a provider asks who is to forward mail (EM-10): it is from an
// address of a provider that is known, says so in its subject, and has a code or a link to
// that provider. ok is false for any other mail, and for one that is refuted.
func confirmationOf(m *parse.Mail, text string, believed trust) (c vocab.ForwardingConfirmation, ok bool) {
	_, domain, _ := strings.Cut(thread.Address(m.From.Address), "@")
	c.Provider = providerOf(domain)
	subject := strings.ToLower(m.Subject)
	about := slices.ContainsFunc(forwardingWords, func(w string) bool { return strings.Contains(subject, w) })
	if c.Provider == "" || !about || believed == refuted || len(m.InReplyTo)+len(m.References) > 0 {
		return c, false
	}
	text = text[:min(len(text), mostRead)]
	for _, said := range []string{m.Subject, text} {
		if found := confirmationCode.FindStringSubmatch(linkInText.ReplaceAllString(said, " ")); found != nil && c.Code == "" {
			c.Code = found[1]
		}
	}
	c.URL = confirmationLink(m.HTML, text)
	for _, said := range []string{m.Subject, text} {
		for _, address := range addressInText.FindAllString(said, 20) {
			address = thread.Address(strings.Trim(address, "."))
			if c.Mailbox == "" && providerOf(address[strings.LastIndex(address, "@")+1:]) != c.Provider || c.Mailbox == "" && strings.HasSuffix(address, "@gmail.com") {
				c.Mailbox = address
			}
		}
	}
	return c, c.Code != "" || c.URL != ""
}

// providerOf is the provider that a domain belongs to; "": none that is known.
func providerOf(domain string) string {
	for _, p := range confirming {
		if domain == p || strings.HasSuffix(domain, "."+p) {
			return p
		}
	}
	return ""
}

// confirmationLink is the first link of a mail that leads to a page of a provider, with
// something that only this mail has.
func confirmationLink(markup, text string) string {
	links := linkInText.FindAllString(text, 50)
	z := html.NewTokenizer(strings.NewReader(markup[:min(len(markup), 10*mostRead)]))
	for kind := z.Next(); kind != html.ErrorToken && len(links) < 100; kind = z.Next() {
		for _, a := range z.Token().Attr {
			if a.Key == "href" {
				links = append(links, strings.TrimSpace(a.Val))
			}
		}
	}
	for _, link := range links {
		u, err := url.Parse(strings.TrimRight(link, "."))
		if err == nil && u.Scheme == "https" && u.User == nil && u.Port() == "" && providerOf(strings.ToLower(u.Hostname())) != "" && len(u.Path+u.RawQuery) >= 20 &&
			!strings.Contains(u.Hostname(), "support.") && len(link) <= 1000 {
			return u.String()
		}
	}
	return ""
}

// noteConfirmation shows on the channel what a provider asks.
func (p *placing) noteConfirmation(ctx context.Context) error {
	if p.confirmation == nil || p.verdict.Allowed != "" && p.verdict.Allowed != classify.ForwardingConfirmation {
		return nil
	}
	p.confirmation.ReceivedAt = p.row.ArrivedAt
	p.tx.Append(ctx, store.Event{Type: vocab.ChannelUpdated, InboxID: p.c.InboxID, SubjectID: p.c.ID, Changes: store.NamedChanges("confirmation")})
	return p.tx.Client.EmailChannel.UpdateOneID(p.c.ID).SetConfirmation(*p.confirmation).SetConfirmationIn(p.thread.ID).Exec(ctx)
}
