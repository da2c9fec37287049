package visitor

import (
	"context"
	"html/template"
	"strings"
	ttemplate "text/template"

	"parley/ent"
	"parley/internal/id"
	"parley/internal/mail"
)

// missedNotice is what a visitor gets of replies that they missed (CH-6).
type missedNotice struct {
	Team     string
	Messages []reply
	// Link leads back to the conversation; empty: there is no page.
	Link string
	// Answerable: an answer by mail joins the conversation.
	Answerable bool
}

type reply struct{ Author, Time, Text string }

const plain = `{{.Team}} has replied to you:
{{range .Messages}}
{{with .Author}}{{.}}, {{end}}{{.Time}}:
{{.Text}}
{{end}}{{with .Link}}
Reply here:
{{.}}
The link is only for you. It works once, within seven days.
{{end}}{{if .Answerable}}
{{if .Link}}Or answer this mail.{{else}}Answer this mail to reply.{{end}}
{{else if not .Link}}
To reply, open the chat on our website again.
{{end}}`

const markup = `<!doctype html>
<html><body style="font-family:sans-serif;line-height:1.5">
<p>{{.Team}} has replied to you:</p>
{{range .Messages}}<p style="color:#555">{{with .Author}}{{.}}, {{end}}{{.Time}}</p>
<blockquote style="white-space:pre-wrap">{{.Text}}</blockquote>
{{end}}{{with .Link}}<p><a href="{{.}}">Reply here</a></p>
<p style="color:#555">The link is only for you. It works once, within seven days.</p>
{{end}}{{if .Answerable}}<p>{{if .Link}}Or answer this mail.{{else}}Answer this mail to reply.{{end}}</p>
{{else if not .Link}}<p>To reply, open the chat on our website again.</p>
{{end}}</body></html>
`

var (
	plainNotice  = ttemplate.Must(ttemplate.New("plain").Parse(plain))
	markupNotice = template.Must(template.New("markup").Parse(markup))
)

// compose returns the notice as mail takes it: as plain text and, escaped, as HTML.
func (l missedNotice) compose(to string) (mail.Notice, error) {
	var text, html strings.Builder
	if err := plainNotice.Execute(&text, l); err != nil {
		return mail.Notice{}, err
	}
	if err := markupNotice.Execute(&html, l); err != nil {
		return mail.Notice{}, err
	}
	subject := "New reply from " + strings.Join(strings.Fields(l.Team), " ")
	return mail.Notice{To: to, Subject: subject, Text: text.String(), HTML: html.String()}, nil
}

// codeNotice has the code by which a visitor proves an address (CH-6).
type codeNotice struct{ Team, Code string }

const plainCode = `Your code for the chat with {{.Team}}: {{.Code}}

Enter it in the chat within ten minutes. If you did not ask for it, ignore this mail, and give the code to no one.
`

const markupCode = `<!doctype html>
<html><body style="font-family:sans-serif;line-height:1.5">
<p>Your code for the chat with {{.Team}}:</p>
<p style="font-size:1.6em;letter-spacing:.1em"><b>{{.Code}}</b></p>
<p style="color:#555">Enter it in the chat within ten minutes. If you did not ask for it, ignore this mail, and give the code to no one.</p>
</body></html>
`

var (
	plainCodeNotice  = ttemplate.Must(ttemplate.New("plain code").Parse(plainCode))
	markupCodeNotice = template.Must(template.New("markup code").Parse(markupCode))
)

func (n codeNotice) compose(to string) (mail.Notice, error) {
	var text, html strings.Builder
	if err := plainCodeNotice.Execute(&text, n); err != nil {
		return mail.Notice{}, err
	}
	if err := markupCodeNotice.Execute(&html, n); err != nil {
		return mail.Notice{}, err
	}
	return mail.Notice{To: to, Subject: "Your code: " + n.Code, Text: text.String(), HTML: html.String()}, nil
}

// loadReplies returns messages as a notice shows them, by the names that visitors
// see.
func (s *Service) loadReplies(ctx context.Context, messages []*ent.Message) ([]reply, error) {
	users, err := s.nodes.Users(ctx, authorsOf(messages, id.User))
	if err != nil {
		return nil, err
	}
	list := make([]reply, len(messages))
	for i, m := range messages {
		list[i] = reply{Time: m.CreatedAt.Time().Format("2 January 2006, 15:04 UTC"), Text: m.Text}
		if users[i] != nil {
			list[i].Author = users[i].Name
		}
	}
	return list, nil
}
