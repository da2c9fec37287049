package parse

import (
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// mostParams bounds what is read of a Content-Type.
const mostParams = 200

// parseParams reads a Content-Type or Content-Disposition: its value in lower
// case, and its parameters under lower-case names, decoded (RFC 2231 in any
// charset, encoded words). Missing semicolons and quotes, foreign brackets and
// repeated parameters are forgiven.
func parseParams(value string) (string, map[string]string) {
	value = strings.TrimSpace(value)
	kind, rest := value, ""
	if end := strings.IndexAny(value, "; \t"); end >= 0 {
		kind, rest = value[:end], value[end:]
	}
	if strings.Contains(kind, "=") { // the value itself is missing
		kind, rest = "", value
	}
	segments := map[string][]segment{}
	for range mostParams {
		rest = strings.TrimLeft(rest, "; \t")
		if rest == "" {
			break
		}
		var name, text string
		name, text, rest = cutParam(rest)
		if name != "" {
			addSegment(segments, name, text)
		}
	}
	params := make(map[string]string, len(segments))
	for name, parts := range segments {
		params[name] = joinSegments(parts)
	}
	return strings.ToLower(strings.Trim(kind, `"'<>`)), params
}

// cutParam reads one name=value, quoted or not. The name is "" if there is none.
func cutParam(s string) (name, value, rest string) {
	end := strings.IndexAny(s, "=;")
	switch {
	case end < 0:
		return "", "", ""
	case s[end] == ';':
		return "", "", s[end:]
	}
	name = strings.ToLower(strings.TrimSpace(s[:end]))
	s = strings.TrimLeft(s[end+1:], " \t")
	if strings.HasPrefix(s, `"`) {
		if value, rest, ok := cutQuoted(s[1:]); ok {
			return name, value, rest
		}
		s = s[1:]
	}
	value, rest, _ = strings.Cut(s, ";")
	return name, strings.Trim(value, " \t\""), rest
}

// cutQuoted reads up to the closing quote. A backslash escapes quotes and itself
// alone: file names come as "C:\temp\a.txt" too.
func cutQuoted(s string) (value, rest string, ok bool) {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return out.String(), s[i+1:], true
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
		}
		out.WriteByte(s[i])
	}
	return "", "", false
}

// segment is one piece of a parameter by RFC 2231.
type segment struct {
	place    int // -1: the whole parameter in plain; -2: the whole, extended
	extended bool
	text     string
}

// addSegment files name*1*=text under name. Of several that say the same, the
// first counts.
func addSegment(segments map[string][]segment, name, text string) {
	name, extended := strings.CutSuffix(name, "*")
	s := segment{place: -1, extended: extended, text: text}
	if extended {
		s.place = -2
	}
	if base, number, ok := strings.Cut(name, "*"); ok {
		if n, err := strconv.Atoi(number); err == nil && n >= 0 {
			name, s.place = base, n
		}
	}
	segments[name] = append(segments[name], s)
}

// joinSegments prefers the extended form to pieces, and pieces to the plain form.
func joinSegments(parts []segment) string {
	sort.SliceStable(parts, func(i, j int) bool { return rank(parts[i].place) < rank(parts[j].place) })
	if parts[0].place == -1 {
		return cleanLine(decodeWords(parts[0].text))
	}
	var raw strings.Builder
	charset, isExtended, last := "", false, -1
	for i, s := range parts {
		if s.place == -1 || i > 0 && (s.place <= last || parts[0].place == -2) {
			continue
		}
		last = s.place
		if s.extended && i == 0 {
			charset, s.text = cutCharset(s.text)
		}
		isExtended = isExtended || s.extended
		raw.WriteString(unpercent(s))
	}
	if !isExtended {
		return cleanLine(decodeWords(raw.String()))
	}
	value, _ := decodeCharset([]byte(raw.String()), charset)
	return cleanLine(decodeWords(value))
}

// rank orders: extended, pieces by number, plain.
func rank(place int) int {
	if place == -1 {
		return int(^uint(0) >> 1)
	}
	return place
}

// cutCharset splits RFC 2231's charset'language'text.
func cutCharset(s string) (charset, text string) {
	if parts := strings.SplitN(s, "'", 3); len(parts) == 3 {
		return parts[0], parts[2]
	}
	return "", s
}

func unpercent(s segment) string {
	if !s.extended {
		return s.text
	}
	if plain, err := url.PathUnescape(s.text); err == nil {
		return plain
	}
	return s.text
}
