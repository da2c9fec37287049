package classify

import (
	"regexp"
	"slices"
	"strings"

	"parley/internal/channel/email/parse"
	"parley/internal/channel/email/thread"
)

// Sender returns who wrote a mail. That is its From, with two exceptions.
//
// If From is one of own, the addresses of the account's channels, a web form or a group
// wrote it in someone's name, and that one is in Reply-To or X-Original-From. If those
// name no one else either it is From.
//
// If From is a mailing list's, which names itself in place of the author ("Uma via
// Users"), the author is in X-Original-From, X-MailFrom or Reply-To. If those name no one
// else it is the name before "via", without an address: never the list.
func Sender(m *parse.Mail, own []string) parse.Address { return sender(m, addressSet(own)) }

func sender(m *parse.Mail, own map[string]bool) parse.Address {
	from := thread.Address(m.From.Address)
	other := func(a parse.Address) bool {
		address := thread.Address(a.Address)
		return strings.Contains(address, "@") && !own[address] && address != from
	}
	if own[from] {
		if a, ok := firstOf(other, m.ReplyTo, m.OriginalFrom); ok {
			return a
		}
		return m.From
	}
	name, ok := viaList(m)
	if !ok {
		return m.From
	}
	if a, found := firstOf(other, m.OriginalFrom, notOfList(m, m.ReplyTo)); found {
		if a.Name == "" {
			a.Name = name
		}
		return a
	}
	return parse.Address{Name: name}
}

// firstOf returns the first address of the lists that is as asked.
func firstOf(is func(parse.Address) bool, lists ...[]parse.Address) (parse.Address, bool) {
	all := slices.Concat(lists...)
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i], true
	}
	return parse.Address{}, false
}

// via is a name as Mailman and Google Groups write it. They put the author's in single quotes.
var via = regexp.MustCompile(`^\s*['"]?(.*?)['"]?\s+(?:via|über|par|tramite|por)\s+\S`)

// viaList returns the author's name, if a mailing list wrote itself into From.
func viaList(m *parse.Mail) (name string, ok bool) {
	found := via.FindStringSubmatch(m.From.Name)
	if found == nil || !listed(m) {
		return "", false
	}
	return strings.TrimSpace(found[1]), true
}

// listed reports whether From is the address of the mailing list that the mail came by.
func listed(m *parse.Mail) bool {
	address := thread.Address(m.From.Address)
	if !strings.Contains(address, "@") {
		return false
	}
	for _, name := range listNames {
		for _, value := range m.Header[name] {
			value = strings.ToLower(value)
			if strings.Contains(value, address) || strings.Contains(value, "<"+strings.Replace(address, "@", ".", 1)+">") {
				return true
			}
		}
	}
	return false
}

// listNames are the fields in which a list names itself.
var listNames = []string{"List-Post", "List-Id", "X-Beenthere", "Mailing-List", "List-Help", "List-Unsubscribe", "X-Google-Group-Id", "X-Loop", "X-Mailing-List"}

// notOfList leaves out the addresses by which a list is named.
func notOfList(m *parse.Mail, all []parse.Address) []parse.Address {
	return slices.DeleteFunc(slices.Clone(all), func(a parse.Address) bool {
		return listed(&parse.Mail{From: a, Header: m.Header})
	})
}
