// Package build bundles the widget's TypeScript with esbuild, as `go generate
// ./internal/channel/chat/widget` does; Node is not needed. It checks the widget's size.
package build

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // names.txt
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/klauspost/compress/gzip"
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

// names are those of the widget's own classes that are shortened: they mean nothing
// outside of them. browser/names.mjs writes the list, and a browser test compares it.
//
//go:embed names.txt
var names string

// Files bundles the sources in dir/src. It returns the built files by name, relative to dist:
// widget.js, loader.js, which loads it by the name that Address gives it, hubspot.js, demo.js,
// the npm package's module, and documents.json, which has what they ask the API. An error says what is wrong in a source, or that the widget is too
// large.
func Files(dir string) (map[string][]byte, error) {
	widget, err := bundle(dir, "src/main.ts", api.FormatIIFE, nil)
	if err != nil {
		return nil, err
	}
	if size := Gzipped(widget); size >= MaxWidget {
		return nil, fmt.Errorf("the widget has %d bytes, gzipped; it must stay below %d", size, MaxWidget)
	}
	loader, err := bundle(dir, "src/loader.ts", api.FormatIIFE, map[string]string{"ADDRESS": `"` + Address(widget) + `"`})
	if err != nil {
		return nil, err
	}
	demo, err := bundle(dir, "src/demo.ts", api.FormatIIFE, nil)
	if err != nil {
		return nil, err
	}
	hubspot, err := bundle(dir, "src/hubspot.ts", api.FormatIIFE, nil)
	if err != nil {
		return nil, err
	}
	pack, err := bundle(dir, "npm/load.ts", api.FormatESModule, nil)
	if err != nil {
		return nil, err
	}
	list, err := documents(dir)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{"widget.js": widget, "loader.js": loader, "demo.js": demo, "hubspot.js": hubspot, "../npm/index.js": pack, "documents.json": list}, nil
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

// styles gives the script a style sheet as a text without what nobody reads.
var styles = api.Plugin{Name: "styles", Setup: func(b api.PluginBuild) {
	b.OnLoad(api.OnLoadOptions{Filter: `\.css$`}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		sheet, err := os.ReadFile(args.Path)
		if err != nil {
			return api.OnLoadResult{}, err
		}
		small := api.Transform(string(sheet), api.TransformOptions{Loader: api.LoaderCSS, MinifyWhitespace: true, MinifySyntax: true, Engines: targets})
		text := string(small.Code)
		return api.OnLoadResult{Contents: &text, Loader: api.LoaderText, Errors: small.Errors}, nil
	})
}}

func bundle(dir, entry string, format api.Format, constants map[string]string) ([]byte, error) {
	result := api.Build(api.BuildOptions{
		EntryPoints:       []string{filepath.Join(dir, entry)},
		Bundle:            true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Charset:           api.CharsetASCII,
		Format:            format,
		Platform:          api.PlatformBrowser,
		Engines:           targets,
		Define:            constants,
		MangleProps:       "^(" + strings.Join(strings.Fields(names), "|") + ")$",
		TsconfigRaw:       `{"compilerOptions": {"useDefineForClassFields": false}}`,
		LogLevel:          api.LogLevelSilent,
		Plugins:           []api.Plugin{styles},
	})
	if len(result.Errors) > 0 {
		return nil, errors.New(api.FormatMessages(result.Errors, api.FormatMessagesOptions{})[0])
	}
	return result.OutputFiles[0].Contents, nil
}
