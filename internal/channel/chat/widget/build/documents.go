package build

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// sources are the files whose exported constants are all documents that the widget
// and the demo page send.
var sources = []string{"operations.ts", "deskops.ts"}

var (
	constant = regexp.MustCompile("(?s)(export )?const (\\w+) = (?:`([^`]*)`|\"([^\"\n]*)\");\n")
	part     = regexp.MustCompile(`\$\{(\w+)\}`)
)

// documents returns the documents of the sources in dir/src as JSON: an object of
// documents by their SHA-256 in hexadecimal. What is not a comment or a constant
// text is an error: nothing else is understood here.
func documents(dir string) ([]byte, error) {
	byHash := map[string]string{}
	for _, name := range sources {
		source, err := os.ReadFile(filepath.Join(dir, "src", name))
		if err != nil {
			return nil, err
		}
		found, err := exported(string(source))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, document := range found {
			sum := sha256.Sum256([]byte(document))
			byHash[hex.EncodeToString(sum[:])] = document
		}
	}
	list, err := json.MarshalIndent(byHash, "", "  ")
	return append(list, '\n'), err
}

// exported returns the texts that a source exports.
func exported(source string) ([]string, error) {
	texts := map[string]string{}
	var all []string
	var fault error
	rest := constant.ReplaceAllStringFunc(source, func(statement string) string {
		m := constant.FindStringSubmatch(statement)
		text := part.ReplaceAllStringFunc(m[3]+m[4], func(use string) string {
			name := part.FindStringSubmatch(use)[1]
			if _, ok := texts[name]; !ok {
				fault = fmt.Errorf("%s is not a constant text above it", use)
			}
			return texts[name]
		})
		if strings.Contains(text, "${") || strings.Contains(text, `\`) {
			fault = fmt.Errorf("%s is not plain text", m[2])
		}
		if texts[m[2]] = text; m[1] != "" {
			all = append(all, text)
		}
		return ""
	})
	for line := range strings.Lines(rest) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			fault = fmt.Errorf("%q is neither a comment nor a constant text", line)
		}
	}
	return all, fault
}
