package thread

import (
	"slices"
	"strings"
	"unicode"
)

const (
	// mostIDs is how many ids of one field count: the newest ones.
	mostIDs = 200
	// longestID is the length in bytes above which something is no id. Lines of
	// mail are at most 998 bytes long.
	longestID = 996
)

// OwnIDHeader is the header in which our mail has its own Message-ID, which
// servers may have replaced.
const OwnIDHeader = "X-Parley-Message-Id"

// IDs reads the Message-IDs in a Message-ID, In-Reply-To or References field:
// without <>, in order, without repeats, at most the 200 newest. It takes
// commas or nothing between ids, ids folded over lines, ids without brackets
// (if the field has no brackets at all, and then only words with an @), and
// skips the prose that old programs put into In-Reply-To. Ids are valid UTF-8
// without spaces and control characters.
func IDs(header string) []string {
	header = strings.ToValidUTF8(header, "")
	if !strings.Contains(header, "<") {
		return newest(bareIDs(header))
	}
	var all []string
	for _, after := range strings.Split(header, "<")[1:] {
		all = append(all, bracketed(after))
	}
	return newest(all)
}

// bracketed reads an id up to its ">", or, where that is missing, up to the
// next space.
func bracketed(after string) string {
	if inside, _, ok := strings.Cut(after, ">"); ok {
		return squeeze(inside)
	}
	if words := strings.Fields(after); len(words) > 0 {
		return squeeze(words[0])
	}
	return ""
}

// bareIDs are the words that look like ids.
func bareIDs(header string) []string {
	words := strings.FieldsFunc(header, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(`,;"'()>`, r)
	})
	var all []string
	for _, w := range words {
		if at := strings.Index(w, "@"); at > 0 && at < len(w)-1 {
			all = append(all, squeeze(w))
		}
	}
	return all
}

// squeeze takes out what folding put into an id, and what cannot be stored.
func squeeze(id string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return -1
		}
		return r
	}, id)
}

// newest returns the last ids of all, without what is no id and without
// repeats; of repeated ones the last one stays.
func newest(all []string) []string {
	seen := map[string]bool{}
	var ids []string
	for i := len(all) - 1; i >= 0 && len(ids) < mostIDs; i-- {
		id := all[i]
		if id == "" || len(id) > longestID || seen[id] {
			continue
		}
		seen[id] = true
		ids = append(ids, id)
	}
	slices.Reverse(ids)
	return ids
}
