package corpus

import (
	"encoding/json"
	"regexp"
	"strings"
)

var (
	fence = regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$")
	// quoted is a shell's text in single quotes, jsonQuery a request's document.
	quoted    = regexp.MustCompile(`'([^']*)'`)
	jsonQuery = regexp.MustCompile(`"query":\s*("(?:[^"\\]|\\.)*")`)

	template     = regexp.MustCompile("(?s)`((?:[^`\\\\]|\\\\.)*)`")
	plainText    = regexp.MustCompile(`"((?:[^"\\\n]|\\.)*)"`)
	placeholder  = regexp.MustCompile(`\$\{(\w+)\}`)
	textConstant = regexp.MustCompile("(?s)\\bconst (\\w+)(?:: string)?\\s*=\\s*(?:/\\*.*?\\*/\\s*)?(?:`((?:[^`\\\\]|\\\\.)*)`|\"((?:[^\"\\\\\n]|\\\\.)*)\")")
)

// inMarkdown returns the blocks of GraphQL, and the documents in commands.
func inMarkdown(text string) []string {
	var found []string
	rest := fence.ReplaceAllStringFunc(text, func(block string) string {
		parts := fence.FindStringSubmatch(block)
		if strings.HasPrefix(parts[1], "graphql") {
			found = append(found, parts[2])
			return ""
		}
		return block
	})
	for _, m := range quoted.FindAllStringSubmatch(rest, -1) {
		found = append(found, strings.ReplaceAll(m[1], `\"`, `"`))
	}
	for _, m := range jsonQuery.FindAllStringSubmatch(rest, -1) {
		var document string
		if json.Unmarshal([]byte(m[1]), &document) == nil {
			found = append(found, document)
		}
	}
	return found
}

// inScript returns the texts of a program, with the constants of its folder put in.
// What is put together otherwise is left out.
func inScript(text string, folder map[string]string) []string {
	constants := map[string]string{}
	for _, file := range folder {
		for _, m := range textConstant.FindAllStringSubmatch(file, -1) {
			constants[m[1]] = m[2] + m[3]
		}
	}
	var found []string
	for _, m := range append(template.FindAllStringSubmatch(text, -1), plainText.FindAllStringSubmatch(text, -1)...) {
		document := m[1]
		for range 4 { // constants in constants
			document = placeholder.ReplaceAllStringFunc(document, func(p string) string {
				if value, ok := constants[placeholder.FindStringSubmatch(p)[1]]; ok {
					return value
				}
				return p
			})
		}
		if !strings.Contains(document, "${") {
			found = append(found, strings.ReplaceAll(document, `\"`, `"`))
		}
	}
	return found
}
