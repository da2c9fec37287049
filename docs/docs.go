// Package docs holds the documentation that the binary serves: the pages of
// this folder, and the page for programs that write programs.
package docs

import "embed"

// Files are the pages, and what they link to, by their paths in this folder.
//
//go:embed *.md *.txt *.png *.graphqls decisions/*.md live/*.ts live/*.json
var Files embed.FS
