package visitor

import (
	"context"
	"html/template"
	"strings"
	ttemplate "text/template"

	"parley/ent"
	"parley/internal/availability"
	"parley/internal/channel/chat/wording"
	"parley/internal/id"
	"parley/internal/library/card"
	"parley/internal/mail"
)

// missedNotice is what a visitor gets of replies that they missed (CH-6).
type missedNotice struct {
	head

	Messages []reply
	// Link leads back to the conversation; empty: there is no page.
	Link string
	// Once: the link proves who reads it, and works once.
	Once bool
	// Answerable: an answer by mail joins the conversation.
	Answerable bool
}

// aboutVisitor has a letter be withdrawn when its visitor is erased.
func aboutVisitor(me *ent.Visitor) *mail.About {
	return &mail.About{AccountID: me.AccountID, ContactID: me.ContactID, VisitorID: me.ID}
}

type reply struct{ Author, Time, Text string }

const plain = `{{.Intro}}
{{range .Messages}}
{{with .Author}}{{.}}, {{end}}{{.Time}}:
{{.Text}}
{{end}}
{{.TimesIn}}
{{with .Link}}
{{$.Words.Reply}}:
{{.}}
{{if $.Once}}{{$.Words.Only}}
{{end}}{{end}}{{if .Answerable}}
{{if .Link}}{{.Words.OrAnswer}}{{else}}{{.Words.Answer}}{{end}}
{{else if not .Link}}
{{.Words.Reopen}}
{{end}}`

const markup = `<!doctype html>
<html lang="{{.Words.Tag}}" dir="{{.Words.Direction}}"><head><meta charset="utf-8"></head>
<body style="font-family:sans-serif;line-height:1.5">
<p>{{.Intro}}</p>
{{range .Messages}}<p style="color:#555">{{with .Author}}{{.}}, {{end}}{{.Time}}</p>
<blockquote dir="auto" style="white-space:pre-wrap">{{.Text}}</blockquote>
{{end}}<p style="color:#555">{{.TimesIn}}</p>
{{with .Link}}<p><a href="{{.}}">{{$.Words.Reply}}</a></p>
{{if $.Once}}<p style="color:#555">{{$.Words.Only}}</p>
{{end}}{{end}}{{if .Answerable}}<p>{{if .Link}}{{.Words.OrAnswer}}{{else}}{{.Words.Answer}}{{end}}</p>
{{else if not .Link}}<p>{{.Words.Reopen}}</p>
{{end}}</body></html>
`

var (
	plainNotice  = ttemplate.Must(ttemplate.New("plain").Parse(plain))
	markupNotice = template.Must(template.New("markup").Parse(markup))
)

// compose returns the notice as mail takes it: as plain text and, escaped, as HTML.
func (l missedNotice) compose(to string) (mail.Notice, error) {
	return written(to, wording.Fill(l.Words.Subject, "team", strings.Join(strings.Fields(l.Team), " ")), plainNotice, markupNotice, l)
}

// codeNotice has the code by which a visitor proves an address (CH-6).
type codeNotice struct {
	head

	// For says for which chat it is.
	For  string
	Code string
}

const plainCode = `{{.For}} {{.Code}}

{{.Words.CodeUse}}
`

const markupCode = `<!doctype html>
<html lang="{{.Words.Tag}}" dir="{{.Words.Direction}}"><head><meta charset="utf-8"></head>
<body style="font-family:sans-serif;line-height:1.5">
<p>{{.For}}</p>
<p style="font-size:1.6em;letter-spacing:.1em"><b dir="ltr">{{.Code}}</b></p>
<p style="color:#555">{{.Words.CodeUse}}</p>
</body></html>
`

var (
	plainCodeNotice  = ttemplate.Must(ttemplate.New("plain code").Parse(plainCode))
	markupCodeNotice = template.Must(template.New("markup code").Parse(markupCode))
)

func (n codeNotice) compose(to string) (mail.Notice, error) {
	return written(to, wording.Fill(n.Words.CodeSubject, "code", n.Code), plainCodeNotice, markupCodeNotice, n)
}

// written is a letter as plain text and, escaped, as HTML.
func written(to, subject string, plain *ttemplate.Template, markup *template.Template, content any) (mail.Notice, error) {
	var text, html strings.Builder
	if err := plain.Execute(&text, content); err != nil {
		return mail.Notice{}, err
	}
	if err := markup.Execute(&html, content); err != nil {
		return mail.Notice{}, err
	}
	return mail.Notice{To: to, Subject: subject, Text: text.String(), HTML: html.String()}, nil
}

// loadReplies returns messages as a notice shows them, by the names that visitors
// see.
func (s *Service) loadReplies(ctx context.Context, h head, messages []*ent.Message) ([]reply, error) {
	users, err := s.nodes.Users(ctx, authorsOf(messages, id.User))
	if err != nil {
		return nil, err
	}
	zone, err := availability.LoadZone(h.zone)
	if err != nil {
		return nil, err
	}
	list := make([]reply, len(messages))
	for i, m := range messages {
		list[i] = reply{Time: m.CreatedAt.Time().In(zone).Format(h.Words.Layout), Text: card.With(m.Text, m.Cards)}
		if users[i] != nil {
			list[i].Author = users[i].Name
		}
	}
	return list, nil
}
