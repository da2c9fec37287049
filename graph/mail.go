package graph

import (
	"context"
	"maps"
	"slices"
	"strings"

	"parley/ent"
	"parley/ent/schema"
	"parley/graph/model"
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

func htmlOf(m *ent.Message) string { return m.HTML }

// addresses are those of mailboxes, without the ones that could not be read.
func addresses(list []schema.Mailbox) []string {
	all := []string{}
	for _, m := range list {
		if m.Address != "" {
			all = append(all, m.Address)
		}
	}
	return all
}

// mailboxes are all the mailboxes of some lists, each address once, with a name
// if it has one in any of them.
func mailboxes(lists ...[]schema.Mailbox) []*schema.Mailbox {
	all, known := []*schema.Mailbox{}, map[string]*schema.Mailbox{}
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
func authentication(v *schema.MailVerdict) []*model.EmailAuthenticationResult {
	list := []*model.EmailAuthenticationResult{}
	for _, method := range slices.Sorted(maps.Keys(v.Authentication)) {
		list = append(list, &model.EmailAuthenticationResult{Method: method, Result: v.Authentication[method]})
	}
	return list
}
