package digest

import (
	"fmt"
	"html/template"
	"net/url"
	"strings"

	"parley/internal/mail"
)

// line is what a digest says of a sender.
type line struct {
	Name, Address, Subject, Others, NotSpam, Allow string
}

// compose writes an inbox's digest to one of its members.
func (s *Service) compose(d due, a recipient, senders []sender) (mail.Notice, error) {
	lines := make([]line, len(senders))
	for i, one := range senders {
		l := line{Name: one.name, Address: one.address, Subject: one.subject, Others: others(one.conversations - 1)}
		var err error
		if l.NotSpam, err = s.link(d, a, one, actionNotSpam); err != nil {
			return mail.Notice{}, err
		}
		if a.admin { // who alone may change the list
			if l.Allow, err = s.link(d, a, one, actionAllow); err != nil {
				return mail.Notice{}, err
			}
		}
		lines[i] = l
	}
	letter := struct {
		Inbox string
		Lines []line
	}{d.name, lines}
	var html strings.Builder
	if err := page.Execute(&html, letter); err != nil {
		return mail.Notice{}, err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "In the last week, mail of these senders was filtered in the inbox %s:\n", d.name)
	for _, l := range lines {
		fmt.Fprintf(&text, "\n%s <%s>: %s%s\n  Not spam: %s\n", l.Name, l.Address, l.Subject, l.Others, l.NotSpam)
		if l.Allow != "" {
			fmt.Fprintf(&text, "  Always allow: %s\n", l.Allow)
		}
	}
	text.WriteString("\nThe links are valid for 30 days and only for you. Your notification preferences (FILTERED_DIGEST) end this mail for you; admins can switch it off in the settings of the inbox (filteredDigest).\n")
	return mail.Notice{To: a.email, Subject: "Filtered in " + d.name, Text: text.String(), HTML: html.String()}, nil
}

func others(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (and %d more)", n)
}

func (s *Service) link(d due, a recipient, one sender, action string) (string, error) {
	token, err := s.signer.Sign(&claims{
		Account: d.accountID, User: a.id, Inbox: d.inboxID, Conversation: one.conversationID, Sender: one.address, Action: action,
		RegisteredClaims: s.signer.Registered(linkTTL),
	})
	return s.publicURL + Path + "?link=" + url.QueryEscape(token), err
}

var page = template.Must(template.New("digest").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Filtered in {{.Inbox}}</title>
<p>In the last week, mail of these senders was filtered in the inbox {{.Inbox}}:</p>
<ul>{{range .Lines}}<li>{{.Name}} &lt;{{.Address}}&gt;: {{.Subject}}{{.Others}}<br><a href="{{.NotSpam}}">Not spam</a>{{with .Allow}} &middot; <a href="{{.}}">Always allow</a>{{end}}</li>
{{end}}</ul>
<p>The links are valid for 30 days and only for you. Your notification preferences end this mail for you; admins can switch it off in the settings of the inbox.</p>
</html>
`))
