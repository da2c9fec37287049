package graph

import (
	"context"
	"maps"
	"slices"
	"strings"

	"parley/ent"
	"parley/graph/model"
	"parley/internal/remoteimage"
	"parley/internal/vocab"
)

// withFiles returns a text of HTML for each message, with the addresses of the
// images that the message brought along; null for "". Files are looked for only
// where the HTML refers to some.
func (r *Resolver) withFiles(ctx context.Context, messages []*ent.Message, texts []string) ([]*string, error) {
	html := make([]*string, len(texts))
	var places []int
	var referring []*ent.Message
	for i, text := range texts {
		html[i] = orNull(text)
		if strings.Contains(strings.ToLower(text), "cid:") {
			places, referring = append(places, i), append(referring, messages[i])
		}
	}
	if len(referring) == 0 {
		return html, nil
	}
	lists, err := r.Services.Attachments.Of(ctx, referring)
	if err != nil {
		return nil, err
	}
	for n, i := range places {
		html[i] = orNull(r.Services.Attachments.HTMLWithFiles(ctx, texts[i], lists[n]))
	}
	return html, nil
}

// shown returns a text of HTML for each message as the viewer sees it: with its
// own images, and with those on other servers as asked for (EM-11).
func (r *Resolver) shown(ctx context.Context, messages []*ent.Message, texts []string, wanted *vocab.RemoteImages) ([]*string, error) {
	modes, err := r.imageModes(ctx, messages, texts, wanted)
	if err != nil {
		return nil, err
	}
	texts = slices.Clone(texts)
	for i := range texts {
		if modes[i] == vocab.ProxyImages {
			if texts[i], err = r.Services.RemoteImages.Proxied(texts[i]); err != nil {
				return nil, err
			}
		} else {
			texts[i] = remoteimage.Blocked(texts[i])
		}
	}
	return r.withFiles(ctx, messages, texts)
}

// imageModes decides for each message how images on other servers are shown.
// Senders are looked for only where it depends on them.
func (r *Resolver) imageModes(ctx context.Context, messages []*ent.Message, texts []string, wanted *vocab.RemoteImages) ([]vocab.RemoteImages, error) {
	modes := make([]vocab.RemoteImages, len(messages))
	var places []int
	var doubtful []*ent.Message
	for i, m := range messages {
		switch {
		case wanted != nil:
			modes[i] = *wanted
		case m.Direction != vocab.Incoming:
			modes[i] = vocab.ProxyImages
		case remoteimage.In(texts[i]):
			places, doubtful = append(places, i), append(doubtful, m)
		}
	}
	if len(doubtful) == 0 {
		return modes, nil
	}
	headers, err := r.Services.EmailReceiving.Headers(ctx, doubtful)
	if err != nil {
		return nil, err
	}
	senders := pick(headers, senderOf)
	always, err := r.Services.RemoteImages.AlwaysShown(ctx, senders)
	for n, i := range places {
		if always[senders[n]] {
			modes[i] = vocab.ProxyImages
		}
	}
	return modes, err
}

// senderOf is the address that a mail comes from; "" for none.
func senderOf(e *ent.Email) string {
	if e == nil {
		return ""
	}
	return strings.ToLower(e.From.Address)
}

func htmlOf(m *ent.Message) string { return m.HTML }

// addresses are those of mailboxes, without the ones that could not be read.
func addresses(list []vocab.Mailbox) []string {
	all := []string{}
	for _, m := range list {
		if m.Address != "" {
			all = append(all, m.Address)
		}
	}
	return all
}

// mostOfMail is how much is shown of what a mail has as much of as its sender likes:
// addresses in its headers, and files.
const mostOfMail = 100

func firstOf[T any](list []T) []T { return list[:min(len(list), mostOfMail)] }

// named are the mailboxes that a mail names.
func named(e *ent.Email) []*vocab.Mailbox {
	return mailboxes([]vocab.Mailbox{e.From}, e.ReplyTo, e.To, e.Cc, e.Bcc)
}

// filesAfter are the files of a message behind one of them; none is given: from the
// first on.
func filesAfter(files []*ent.Attachment, after *string) []*ent.Attachment {
	if after == nil || *after == "" {
		return files
	}
	for i, a := range files {
		if a.ID == *after {
			return files[i+1:]
		}
	}
	return nil
}

// mailboxes are all the mailboxes of some lists, each address once, with a name
// if it has one in any of them.
func mailboxes(lists ...[]vocab.Mailbox) []*vocab.Mailbox {
	all, known := []*vocab.Mailbox{}, map[string]*vocab.Mailbox{}
	for _, m := range slices.Concat(lists...) {
		address := strings.ToLower(m.Address)
		switch seen := known[address]; {
		case address == "":
		case seen == nil:
			known[address] = &m
			all = append(all, &m)
		case seen.Name == "":
			seen.Name = m.Name
		}
	}
	return all
}

// authentication lists the results of a mail's checks by method.
func authentication(v *vocab.MailVerdict) []*model.EmailAuthenticationResult {
	list := []*model.EmailAuthenticationResult{}
	for _, method := range slices.Sorted(maps.Keys(v.Authentication)) {
		list = append(list, &model.EmailAuthenticationResult{Method: method, Result: v.Authentication[method]})
	}
	return list
}
