package parse

import (
	"strings"
)

const (
	// mostIDs is how many ids of a list are kept: the newest, which are the last.
	mostIDs = 200
	// mostID is the length in bytes from which an id is none. RFC 5322 allows 998
	// for a line.
	mostID = 998
)

// readIDs reads a list of Message-IDs however it was written: with or without
// brackets, folded within, with commas or comments between.
func readIDs(value string) []string {
	var ids []string
	seen := map[string]bool{}
	for value != "" {
		var id string
		id, value = cutID(value)
		if id != "" && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids[max(0, len(ids)-mostIDs):]
}

// cutID reads the first id, "" if what comes first is none.
func cutID(s string) (id, rest string) {
	s = strings.TrimLeft(s, " \t,;>")
	if strings.HasPrefix(s, "<") {
		s = strings.TrimLeft(s, "<")
		id, rest, _ = strings.Cut(s, ">")
		if inner := strings.LastIndexByte(id, '<'); inner >= 0 { // one before was not closed
			id = id[inner+1:]
		}
		return cleanID(strings.Join(strings.Fields(id), "")), rest
	}
	end := strings.IndexAny(s, " \t,;<")
	if end < 0 {
		end = len(s)
	}
	if id = s[:end]; !strings.Contains(id, "@") { // words like "Your message of Monday"
		return "", s[end:]
	}
	return cleanID(strings.Trim(id, `"'()`)), s[end:]
}

// cleanID returns "" for what cannot be an id.
func cleanID(id string) string {
	id = line(id)
	if len(id) > mostID || strings.ContainsAny(id, " \t") {
		return ""
	}
	return id
}
