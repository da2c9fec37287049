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
	below, err := o.quotation(ctx)
	if err != nil {
		return nil, err
	}
	text, html := o.body(below)
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
		if f.Inline {
			out.Inline = append(out.Inline, o.part(ctx, f))
		} else {
			out.Attachments = append(out.Attachments, o.part(ctx, f))
		}
	}
	for _, f := range below.images {
		out.Inline = append(out.Inline, o.part(ctx, f))
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

func (o *sending) part(ctx context.Context, f *ent.Attachment) smtp.Part {
	return smtp.Part{
		FileName: f.FileName, ContentType: f.ContentType, ContentID: f.ContentID,
		Open: func() (io.ReadCloser, error) { return o.service.files.Open(ctx, f) },
	}
}

// body is what the mail says, with the channel's signature and the mail that it
// answers below, as text and as HTML.
func (o *sending) body(q quotation) (text, html string) {
	text, html = o.m.Text, o.m.HTML
	if html == "" {
		html = paragraphs(text)
	}
	if o.c.Signature != "" {
		html += `<div class="parley-signature"><br>-- <br>` + o.c.Signature + `</div>`
		text += "\n\n-- \n" + richtext.Text(o.c.Signature)
	}
	return text + q.text, html + q.html
}

// paragraphs is plain text as HTML.
func paragraphs(text string) string {
	var b strings.Builder
	for _, p := range strings.Split(text, "\n\n") {
		b.WriteString("<p>" + strings.ReplaceAll(escape(p), "\n", "<br>") + "</p>")
	}
	return b.String()
}
