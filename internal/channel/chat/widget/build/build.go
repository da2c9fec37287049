// Package build bundles the widget's TypeScript with esbuild, as `go generate
// ./internal/channel/chat/widget` does; Node is not needed. It checks the widget's size.
package build

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// MaxWidget is how large the widget may be, gzipped, in bytes (CH-3).
const MaxWidget = 30_000

// targets are the oldest browsers that the build is for: the first of each
// that have constructable style sheets and Element.checkVisibility.
var targets = []api.Engine{
	{Name: api.EngineChrome, Version: "105"},
	{Name: api.EngineFirefox, Version: "106"},
	{Name: api.EngineSafari, Version: "17.4"},
}

// Files bundles the sources in dir/src. It returns the built files by name:
// widget.js, loader.js, which loads it by the name that Address gives it, demo.js,
// and documents.json, which has what they ask the API. An error says what is wrong in a source, or that the widget is too
// large.
func Files(dir string) (map[string][]byte, error) {
	widget, err := bundle(dir, "main.ts", nil)
	if err != nil {
		return nil, err
	}
	if size := Gzipped(widget); size >= MaxWidget {
		return nil, fmt.Errorf("the widget has %d bytes, gzipped; it must stay below %d", size, MaxWidget)
	}
	loader, err := bundle(dir, "loader.ts", map[string]string{"ADDRESS": `"` + Address(widget) + `"`})
	if err != nil {
		return nil, err
	}
	demo, err := bundle(dir, "demo.ts", nil)
	if err != nil {
		return nil, err
	}
	list, err := documents(dir)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{"widget.js": widget, "loader.js": loader, "demo.js": demo, "documents.json": list}, nil
}

// Address returns where a build of the widget is served, relative to the
// server's root. It changes with every byte of the build, so that browsers may
// keep what is there permanently.
func Address(widget []byte) string {
	sum := sha256.Sum256(widget)
	return "widget/" + hex.EncodeToString(sum[:8]) + ".js"
}

// Gzipped returns the size of content after gzip, in bytes.
func Gzipped(content []byte) int {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(err) // only for an unknown level
	}
	_, err = w.Write(content)
	if err := errors.Join(err, w.Close()); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Len()
}

func bundle(dir, entry string, constants map[string]string) ([]byte, error) {
	result := api.Build(api.BuildOptions{
		EntryPoints:       []string{filepath.Join(dir, "src", entry)},
		Bundle:            true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Charset:           api.CharsetASCII,
		Format:            api.FormatIIFE,
		Platform:          api.PlatformBrowser,
		Engines:           targets,
		Define:            constants,
		TsconfigRaw:       "{}",
		LogLevel:          api.LogLevelSilent,
	})
	if len(result.Errors) > 0 {
		return nil, errors.New(api.FormatMessages(result.Errors, api.FormatMessagesOptions{})[0])
	}
	return result.OutputFiles[0].Contents, nil
}
