package deliver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"parley/ent"
	"parley/ent/attachment"
	files "parley/internal/attachment"
	"parley/internal/channel/email/thread"
	"parley/internal/library/card"
	"parley/internal/mail/smtp"
	"parley/internal/richtext"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

var errVirus = errors.New("a file contains a virus")

// composeMail writes the mail as it goes out: the same bytes at each attempt.
func (o *sending) composeMail(ctx context.Context) ([]byte, error) {
	s := o.service
	attached, err := s.store.Client(ctx).Attachment.Query().Where(attachment.MessageID(o.m.ID)).Order(attachment.ByPosition()).All(ctx)
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
		References: o.references(), Automatic: o.m.AuthorKind == viewer.SystemKind,
		Headers: map[string]string{thread.OwnIDHeader: o.e.InternetID},
	}
	for _, m := range o.e.To {
		out.To = append(out.To, smtp.Address{Name: m.Name, Address: m.Address})
	}
	for _, m := range o.e.Cc {
		out.Cc = append(out.Cc, smtp.Address{Name: m.Name, Address: m.Address})
	}
	for _, f := range attached {
		if f.Scan == vocab.ScanInfected {
			return nil, fmt.Errorf("%w: %s", errVirus, f.FileName)
		}
		if f.Inline {
			out.Inline = append(out.Inline, o.filePart(ctx, f))
		} else {
			out.Attachments = append(out.Attachments, o.filePart(ctx, f))
		}
	}
	for _, f := range below.images {
		out.Inline = append(out.Inline, o.filePart(ctx, f))
	}
	out.HTML = o.globalIDs(out.HTML, out.Inline)
	o.globalIDs("", out.Attachments)
	raw, err := smtp.Compose(out)
	if err != nil {
		return nil, err
	}
	signer, err := s.channels.Signer(o.c)
	if err != nil || signer == nil {
		return raw, err
	}
	return smtp.Sign(raw, *signer)
}

// references are the ids of the thread: our own, by which every answer finds it, once, and
// those of the mail that this one answers.
func (o *sending) references() []string {
	ours := o.service.tokens.Reference(o.e.ConversationID, domainOf(o.c.Address))
	return append([]string{ours}, slices.DeleteFunc(slices.Clone(o.e.References), func(id string) bool { return id == ours })...)
}

// globalIDs gives each file an id that is one all over the world, with an @ and a domain
// (RFC 2392), and returns the HTML that refers to them.
func (o *sending) globalIDs(html string, parts []smtp.Part) string {
	renamed := map[string]string{}
	for i, p := range parts {
		if p.ContentID != "" && !strings.Contains(p.ContentID, "@") {
			parts[i].ContentID = p.ContentID + "@" + domainOf(o.c.Address)
			renamed[p.ContentID] = "cid:" + parts[i].ContentID
		}
	}
	return files.WithSources(html, renamed)
}

func (o *sending) filePart(ctx context.Context, f *ent.Attachment) smtp.Part {
	return smtp.Part{
		FileName: f.FileName, ContentType: f.ContentType, ContentID: f.ContentID,
		Open: func() (io.ReadCloser, error) { return o.service.files.Open(ctx, f) },
	}
}

// body is what the mail says, with the channel's signature and the mail that it
// answers below, as text and as HTML.
func (o *sending) body(q quotation) (text, html string) {
	text, html = o.m.Text, o.m.HTML
	if html == "" && text != "" {
		html = richtext.Paragraphs(text)
	}
	html, text = html+card.HTML(o.m.Cards), card.With(text, o.m.Cards)
	if o.c.Signature != "" {
		signature, delimited := cutDelimiter(richtext.Text(o.c.Signature))
		mark := "-- <br>"
		if delimited {
			mark = ""
		}
		html += `<div class="parley-signature"><br>` + mark + o.c.Signature + `</div>`
		text += "\n\n-- \n" + signature
	}
	return text + q.text, html + q.html
}

// cutDelimiter takes the line "-- " off a signature that begins with one.
func cutDelimiter(signature string) (rest string, found bool) {
	first, rest, _ := strings.Cut(strings.TrimLeft(signature, " \n"), "\n")
	switch strings.TrimRight(first, " \u00a0") {
	case "--", "—", "–":
		return strings.TrimLeft(rest, "\n"), true
	}
	if text, ok := strings.CutPrefix(first, "-- "); ok && strings.TrimSpace(text) != "" { // all in one line
		return strings.TrimSpace(text + "\n" + rest), true
	}
	return signature, false
}
