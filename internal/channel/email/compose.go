package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"parley/ent"
	"parley/ent/attachment"
	"parley/internal/channel/email/smtp"
	"parley/internal/richtext"
	"parley/internal/vocab"
)

var errVirus = errors.New("a file contains a virus")

// compose writes the mail as it goes out: the same bytes at each attempt.
func (o *sending) compose(ctx context.Context) ([]byte, error) {
	s := o.service
	files, err := s.store.Client(ctx).Attachment.Query().Where(attachment.MessageID(o.m.ID)).Order(attachment.ByPosition()).All(ctx)
	if err != nil {
		return nil, err
	}
	text, html, err := o.body(ctx)
	if err != nil {
		return nil, err
	}
	out := smtp.Outgoing{
		MessageID: o.e.InternetID, Date: o.m.CreatedAt.Time(), From: smtp.Address{Name: o.e.From.Name, Address: o.e.From.Address},
		Subject: o.e.Subject, Text: text, HTML: html, InReplyTo: o.e.InReplyTo,
		References: append([]string{s.tokens.Reference(o.e.ConversationID, domainOf(o.c.Address))}, o.e.References...),
		Headers:    map[string]string{ourID: o.e.InternetID},
	}
	for _, m := range o.e.To {
		out.To = append(out.To, smtp.Address{Name: m.Name, Address: m.Address})
	}
	for _, m := range o.e.Cc {
		out.Cc = append(out.Cc, smtp.Address{Name: m.Name, Address: m.Address})
	}
	for _, f := range files {
		if f.Scan == vocab.ScanInfected {
			return nil, fmt.Errorf("%w: %s", errVirus, f.FileName)
		}
		part := smtp.Part{FileName: f.FileName, ContentType: f.ContentType, ContentID: f.ContentID, Open: func() (io.ReadCloser, error) { return s.files.Open(ctx, f) }}
		if f.Inline {
			out.Inline = append(out.Inline, part)
		} else {
			out.Attachments = append(out.Attachments, part)
		}
	}
	raw, err := smtp.Compose(out)
	if err != nil || o.c.DkimKey == "" {
		return raw, err
	}
	key, err := s.keys.Open(o.c.DkimKey, []byte("email_channels.dkim_key/"+o.c.ID))
	if err != nil {
		return nil, err
	}
	return smtp.Sign(raw, smtp.DKIM{Domain: domainOf(o.c.Address), Selector: o.c.DkimSelector, Key: string(key)})
}

// body is what the mail says, with the channel's signature and the mail that it
// answers below, as text and as HTML.
func (o *sending) body(ctx context.Context) (text, html string, err error) {
	text, html = o.m.Text, o.m.HTML
	if html == "" {
		html = paragraphs(text)
	}
	if o.c.Signature != "" {
		html += `<div class="parley-signature"><br>-- <br>` + o.c.Signature + `</div>`
		text += "\n\n-- \n" + richtext.Text(o.c.Signature)
	}
	of, quotes := strings.CutPrefix(o.e.QuotedHTML, quoteOf)
	if !quotes {
		return text, html, nil
	}
	quoted, err := o.service.store.Client(ctx).Message.Get(ctx, of)
	if ent.IsNotFound(err) || err == nil && quoted.DeletedAt.IsSet() {
		return text, html, nil
	}
	if err != nil {
		return "", "", err
	}
	e, err := o.service.store.Client(ctx).Email.Get(ctx, of)
	if ent.IsNotFound(err) {
		return text, html, nil
	}
	if err != nil {
		return "", "", err
	}
	name := e.From.Name
	if name == "" {
		name = e.From.Address
	}
	line := fmt.Sprintf("On %s, %s wrote:", quoted.CreatedAt.Time().Format("Mon, 2 Jan 2006 at 15:04 MST"), name)
	text += "\n\n" + line + "\n> " + strings.ReplaceAll(quoted.Text, "\n", "\n> ")
	below := quoted.HTML
	if below == "" {
		below = paragraphs(quoted.Text)
	}
	html += `<div class="gmail_quote"><div dir="ltr" class="gmail_attr">` + escape(line) + `<br></div><blockquote type="cite">` + below + `</blockquote></div>`
	return text, html, nil
}

// paragraphs is plain text as HTML.
func paragraphs(text string) string {
	var b strings.Builder
	for _, p := range strings.Split(text, "\n\n") {
		b.WriteString("<p>" + strings.ReplaceAll(escape(p), "\n", "<br>") + "</p>")
	}
	return b.String()
}
