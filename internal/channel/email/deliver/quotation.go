package deliver

import (
	"context"
	"fmt"
	"strings"

	"parley/ent"
	"parley/ent/attachment"
	files "parley/internal/attachment"
	"parley/internal/id"
	"parley/internal/richtext"
	"parley/internal/vocab"
)

// quotation is the mail that another one answers, as it stands below it.
type quotation struct {
	text, html string
	// images are those that html shows.
	images []*ent.Attachment
}

// mostQuoted is how many bytes of images are sent back with what they stand in.
const mostQuoted = 2 << 20

// quotation reads what the mail quotes; nothing where that is gone.
func (o *sending) quotation(ctx context.Context) (q quotation, err error) {
	of := quotedMessage(o.e.QuotedHTML)
	if of == "" {
		return q, nil
	}
	client := o.service.store.Client(ctx)
	m, err := client.Message.Get(ctx, of)
	if err != nil || m.DeletedAt.IsSet() {
		return q, unlessGone(err)
	}
	e, err := client.Email.Get(ctx, of)
	if err != nil {
		return q, unlessGone(err)
	}
	name := e.From.Name
	if name == "" {
		name = e.From.Address
	}
	line := fmt.Sprintf("On %s, %s wrote:", m.CreatedAt.Time().Format("Mon, 2 Jan 2006 at 15:04 MST"), name)
	said := m.HTML
	if said == "" {
		said = richtext.Paragraphs(m.Text)
	}
	q.text = "\n\n" + line + "\n> " + strings.ReplaceAll(m.Text, "\n", "\n> ")
	q.html = `<div class="gmail_quote"><div dir="ltr" class="gmail_attr">` + richtext.Escape(line) + `<br></div><blockquote type="cite">` + said + `</blockquote></div>`
	q.images, err = o.imagesOf(ctx, m)
	return q, err
}

// quotedMessage is the id in a quoteMark; "": it is none. HTML that begins like a
// mark, which a mail may have, is none: a mark is the id of a message and no more.
func quotedMessage(mark string) string {
	if of, ok := strings.CutPrefix(mark, quoteOf); ok && id.Is(of, id.Message) {
		return of
	}
	return ""
}

// imagesOf are the images that a message shows, unless they are large.
func (o *sending) imagesOf(ctx context.Context, m *ent.Message) ([]*ent.Attachment, error) {
	if !strings.Contains(strings.ToLower(m.HTML), "cid:") {
		return nil, nil
	}
	found, err := o.service.store.Client(ctx).Attachment.Query().
		Where(attachment.MessageID(m.ID), attachment.Inline(true), attachment.ScanNEQ(vocab.ScanInfected)).Order(attachment.ByPosition()).All(ctx)
	total, images, shown := 0, []*ent.Attachment{}, files.ReferencesIn(m.HTML)
	for _, a := range found {
		if shown.Take(a.ContentID, a.ContentType) && total+a.Size <= mostQuoted {
			images, total = append(images, a), total+a.Size
		}
	}
	return images, err
}
