//go:build ignore

// Generates the package from ent/schema. Run by go generate.
package main

import (
	"log"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
)

func main() {
	features := []gen.Feature{gen.FeatureIntercept, gen.FeatureUpsert, gen.FeatureModifier}
	if err := entc.Generate("./schema", &gen.Config{Features: features}); err != nil {
		log.Fatalf("generate ent: %v", err)
	}
}
