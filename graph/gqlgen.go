//go:build ignore

// Generates graph/generated, graph/model and the resolvers' stubs from the SDL,
// as `gqlgen generate` would, and then takes out of the generated code what
// Parley does not use (graph/internal/slim). Resolvers of rows run one after the
// other, without a goroutine each.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"golang.org/x/tools/imports"

	"parley/graph/internal/autobind"
	"parley/graph/internal/slim"
)

func main() {
	if err := os.Chdir(".."); err != nil {
		log.Fatal(err)
	}
	cfg, err := config.LoadConfig("gqlgen.yml")
	if err != nil {
		log.Fatal(err)
	}
	named := map[string]bool{}
	for name := range cfg.Models {
		named[name] = true
	}
	if err := api.Generate(cfg, api.PrependPlugin(bound{named}), api.AddPlugin(inOrder{})); err != nil {
		log.Fatal(err)
	}
	if err := slimFiles(cfg.LocalPrefix); err != nil {
		log.Fatal(err)
	}
}

// inOrder is a plugin: but for root fields, resolvers run one after the other.
type inOrder struct{}

// Name names the plugin.
func (inOrder) Name() string { return "in order" }

// GenerateCode runs before the code is written.
func (inOrder) GenerateCode(data *codegen.Data) error {
	for _, o := range data.Objects {
		o.DisableConcurrency = !o.Root || o.DisableConcurrency
	}
	return nil
}

// bound is a plugin: it checks what is bound without being named, and binds
// payloads.
type bound struct{ named map[string]bool }

// Name names the plugin.
func (bound) Name() string { return "autobind" }

// MutateConfig runs when the packages are loaded, before the plugin that makes
// models of what is not bound.
func (b bound) MutateConfig(cfg *config.Config) error {
	is := autobind.Bindings{Schema: cfg.Schema, Named: b.named, Bound: map[string]string{}, Packages: map[string][]string{}}
	for name, model := range cfg.Models {
		is.Bound[name] = strings.Join(model.Model, ", ")
	}
	for _, p := range cfg.Packages.LoadAll(cfg.AutoBind...) {
		is.Packages[p.PkgPath] = p.Types.Scope().Names()
	}
	if err := is.Check(); err != nil {
		return err
	}
	bindPayloads(cfg)
	return nil
}

// bindPayloads binds payloads of one object to the struct of the model package
// that has it, which is one for all mutations that answer with such an object.
func bindPayloads(cfg *config.Config) {
	scope := cfg.Packages.Load(cfg.Model.ImportPath()).Types.Scope()
	for name, def := range cfg.Schema.Types {
		payload := autobind.Payload(def)
		if payload != "" && scope.Lookup(payload) != nil && !cfg.Models.UserDefined(name) {
			cfg.Models.Add(name, cfg.Model.ImportPath()+"."+payload)
		}
	}
}

// slimFiles makes the cuts. One that finds nothing fails the generation: what it
// is there to remove would stay, and no test would see it.
func slimFiles(localPrefix string) error {
	files, err := filepath.Glob("graph/generated/*.go")
	if err != nil {
		return err
	}
	imports.LocalPrefix = localPrefix
	cutter := slim.New()
	for _, file := range files {
		if err := slimFile(cutter, file); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return cutter.Unused()
}

func slimFile(cutter *slim.Slimmer, file string) error {
	code, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if code, err = imports.Process(file, cutter.File(code), nil); err != nil {
		return err
	}
	return os.WriteFile(file, code, 0o644)
}
