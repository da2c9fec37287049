package slack

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	codeMark  = regexp.MustCompile("(?s)```.*?```|`[^`\n]+`")
	angled    = regexp.MustCompile(`<([^<>\n]*)>`)
	bold      = regexp.MustCompile(`(^|[\s(\["'_~>])\*([^*\s](?:[^*\n]*[^*\s])?)\*($|[\s)\]"'_~.,;:!?])`)
	struck    = regexp.MustCompile(`(^|[\s(\["'_*>])~([^~\s](?:[^~\n]*[^~\s])?)~($|[\s)\]"'_*.,;:!?])`)
	shortcode = regexp.MustCompile(`:([a-z0-9_+\-]+)(?:::skin-tone-[2-6])?:`)
)

var unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// names are what people and channels of Slack are called, by their ids.
type names map[string]string

// written is what someone wrote in Slack: as Markdown, or, if it has no markup, as text.
type written struct {
	text, markdown string
}

// readMrkdwn reads what someone wrote in Slack.
func readMrkdwn(text string, called names, emoji map[string]string) written {
	marked := false
	var out strings.Builder
	last := 0
	for _, at := range codeMark.FindAllStringIndex(text, -1) {
		part, _ := readInline(text[last:at[0]], called, emoji)
		out.WriteString(part)
		code := unescaper.Replace(readAngled(text[at[0]:at[1]], called, false))
		if strings.HasPrefix(code, "```") {
			code = "\n```\n" + strings.Trim(strings.Trim(code, "`"), "\n") + "\n```\n"
		}
		out.WriteString(code)
		marked, last = true, at[1]
	}
	part, has := readInline(text[last:], called, emoji)
	out.WriteString(part)
	said := strings.TrimSpace(out.String())
	if !marked && !has {
		return written{text: strings.TrimSpace(unescaper.Replace(said))}
	}
	return written{markdown: said}
}

// readInline reads what is no code, and reports whether it has markup.
func readInline(text string, called names, emoji map[string]string) (string, bool) {
	linked := readAngled(text, called, true)
	has := strings.Contains(linked, "](") || strings.Contains(linked, "<http") || strings.Contains(linked, "<mailto:")
	for name, sign := range emoji {
		linked = strings.ReplaceAll(linked, ":"+name+":", sign)
	}
	styled := linked
	for range 2 { // neighbors share the character between them
		styled = bold.ReplaceAllString(styled, "$1**$2**$3")
		styled = struck.ReplaceAllString(styled, "$1~~$2~~$3")
	}
	has = has || styled != linked || strings.Contains(linked, "_") || strings.HasPrefix(linked, "&gt; ") || strings.Contains(linked, "\n&gt; ") || strings.Contains(linked, "• ")
	if !has {
		return styled, false
	}
	lines := strings.Split(styled, "\n")
	for i, line := range lines {
		if rest, ok := strings.CutPrefix(line, "&gt; "); ok {
			lines[i] = "> " + rest
		}
		if rest, ok := strings.CutPrefix(strings.TrimLeft(line, " "), "• "); ok {
			lines[i] = "- " + rest
		}
	}
	return strings.Join(lines, "\n"), true
}

// readAngled reads what Slack puts between angle brackets: links, and whom and what is
// mentioned. Typed brackets are escaped.
func readAngled(text string, called names, markdown bool) string {
	return angled.ReplaceAllStringFunc(text, func(found string) string {
		target, label, labeled := strings.Cut(found[1:len(found)-1], "|")
		switch {
		case strings.HasPrefix(target, "@"):
			return "@" + nameOr(called[target[1:]], label, "someone")
		case strings.HasPrefix(target, "#"):
			return "#" + nameOr(called[target[1:]], label, "a channel")
		case strings.HasPrefix(target, "!subteam^"):
			return "@" + nameOr("", strings.TrimPrefix(label, "@"), "a group")
		case strings.HasPrefix(target, "!"):
			kind, _, _ := strings.Cut(target[1:], "^")
			return nameOr("", label, "@"+kind)
		case !markdown:
			return nameOr("", label, target)
		case labeled && label != target && "mailto:"+label != target && "tel:"+label != target:
			return "[" + strings.NewReplacer("[", "(", "]", ")").Replace(label) + "](" + strings.NewReplacer("(", "%28", ")", "%29", " ", "%20", "&amp;", "&").Replace(target) + ")"
		case strings.HasPrefix(target, "mailto:"), strings.HasPrefix(target, "tel:"):
			return nameOr("", label, target)
		}
		return strings.ReplaceAll(target, "&amp;", "&")
	})
}

func nameOr(name, label, otherwise string) string {
	switch {
	case name != "":
		return name
	case label != "":
		return label
	}
	return otherwise
}

// mostMentioned is of how many people who are mentioned Slack is asked the names: each costs a
// request, and Slack limits these.
const mostMentioned = 50

// mentioned are the ids of the people whom a text mentions, each once: the first ones.
func mentioned(text string) (ids []string) {
	for _, found := range angled.FindAllStringSubmatch(text, -1) {
		target, _, _ := strings.Cut(found[1], "|")
		if id, ok := strings.CutPrefix(target, "@"); ok && len(ids) < mostMentioned && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// emojiIn finds in the blocks of a message which sign each emoji's name stands for: the text
// has the names only.
func emojiIn(blocks json.RawMessage, text string) map[string]string {
	if !shortcode.MatchString(text) || len(blocks) == 0 {
		return nil
	}
	var tree any
	if json.Unmarshal(blocks, &tree) != nil {
		return nil
	}
	found := map[string]string{}
	collectEmoji(tree, found)
	return found
}

func collectEmoji(tree any, found map[string]string) {
	switch v := tree.(type) {
	case []any:
		for _, one := range v {
			collectEmoji(one, found)
		}
	case map[string]any:
		name, _ := v["name"].(string)
		points, _ := v["unicode"].(string)
		if v["type"] == "emoji" && name != "" && points != "" {
			var sign strings.Builder
			for point := range strings.SplitSeq(points, "-") {
				if r, err := strconv.ParseUint(point, 16, 32); err == nil && r <= 0x10ffff {
					sign.WriteRune(rune(r))
				}
			}
			found[name] = sign.String()
			return
		}
		for _, one := range v {
			collectEmoji(one, found)
		}
	}
}
