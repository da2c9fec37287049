// Package docs holds the documentation that the binary serves: the pages of
// this folder, and the page for programs that write programs.
package docs

import "embed"

// Files are the pages, and what they link to, by their paths in this folder.
//
//go:embed *.md *.txt *.png *.graphqls decisions/*.md live/*.ts live/*.json
//go:embed examples/bots/proposer/*.go examples/integrations/*.ts examples/integrations/*.json examples/integrations/*/*.go
//go:embed connectors/*.md connectors/client/*.go connectors/cloud/*.go connectors/telegram/*.go
//go:embed examples/inbox/*.md examples/inbox/*.json examples/inbox/*.sh examples/inbox/codegen.ts examples/inbox/src/*.ts examples/inbox/src/*.tsx examples/inbox/src/*.css
var Files embed.FS
