package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Seen is an extension that reports each operation: its caller is there.
type Seen struct{ Record func(ctx context.Context) }

var _ graphql.OperationContextMutator = Seen{}

// ExtensionName is a name for gqlgen.
func (Seen) ExtensionName() string { return "Seen" }

// Validate accepts every schema.
func (Seen) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext records the caller; it changes nothing.
func (s Seen) MutateOperationContext(ctx context.Context, _ *graphql.OperationContext) *gqlerror.Error {
	s.Record(ctx)
	return nil
}
