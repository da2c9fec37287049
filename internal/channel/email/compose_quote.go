package email

import (
	"context"
	"fmt"
	"strings"

	"parley/ent"
	"parley/ent/attachment"
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
	of, quotes := strings.CutPrefix(o.e.QuotedHTML, quoteOf)
	if !quotes {
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
		said = paragraphs(m.Text)
	}
	q.text = "\n\n" + line + "\n> " + strings.ReplaceAll(m.Text, "\n", "\n> ")
	q.html = `<div class="gmail_quote"><div dir="ltr" class="gmail_attr">` + escape(line) + `<br></div><blockquote type="cite">` + said + `</blockquote></div>`
	q.images, err = o.imagesOf(ctx, m)
	return q, err
}

// imagesOf are the images that a message shows, unless they are large.
func (o *sending) imagesOf(ctx context.Context, m *ent.Message) ([]*ent.Attachment, error) {
	if !strings.Contains(m.HTML, "cid:") {
		return nil, nil
	}
	found, err := o.service.store.Client(ctx).Attachment.Query().
		Where(attachment.MessageID(m.ID), attachment.Inline(true), attachment.ScanNEQ(vocab.ScanInfected)).Order(attachment.ByPosition()).All(ctx)
	total, images := 0, []*ent.Attachment{}
	for _, a := range found {
		if strings.Contains(m.HTML, "cid:"+a.ContentID) && total+a.Size <= mostQuoted {
			images, total = append(images, a), total+a.Size
		}
	}
	return images, err
}
