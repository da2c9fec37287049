package graph

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/ent"
	"parley/graph/subscription"
	"parley/internal/errs"
	"parley/internal/viewer"
	"parley/internal/webhook"
)

// WebhookDocuments runs the documents of webhook endpoints: by an executor with the same
// manners as the server's, but for introspection.
type WebhookDocuments struct {
	exec *executor.Executor
}

var _ webhook.Documents = (*WebhookDocuments)(nil)

// NewWebhookDocuments returns what runs documents on a schema.
func NewWebhookDocuments(schema graphql.ExecutableSchema, limits Limits, log *slog.Logger) *WebhookDocuments {
	d := &WebhookDocuments{executor.New(schema)}
	installManners(d.exec, limits, log)
	d.exec.Use(Batches{})
	return d
}

// Check refuses a document that is no subscription of events, or that the viewer could not
// run: INVALID on document.
func (d *WebhookDocuments) Check(ctx context.Context, v *viewer.Viewer, document string) error {
	opCtx, faults := d.beginDocument(ctx, v, document)
	if opCtx != nil && opCtx.Doc != nil && len(opCtx.Doc.Operations) > 1 {
		return invalidDocument("It has to have one operation.")
	}
	if len(faults) > 0 {
		return invalidDocument(d.present(ctx, opCtx, faults)[0].Message)
	}
	op := opCtx.Operation
	switch {
	case op.Operation != ast.Subscription:
		return invalidDocument("It has to be a subscription: subscription { events { ... } }.")
	case len(op.VariableDefinitions) > 0:
		return invalidDocument("It can have no variables.")
	case len(op.Directives) > 0 || len(op.SelectionSet) != 1:
		return invalidDocument("It has to select `events`, and nothing beside it.")
	}
	f, ok := op.SelectionSet[0].(*ast.Field)
	if !ok || f.Name != "events" || f.Alias != "events" || len(f.Directives) > 0 {
		return invalidDocument("It has to select `events` by its own name, without a fragment and directives.")
	}
	if len(f.Arguments) > 0 {
		return invalidDocument("`events` can have no arguments: which events there are is said by the endpoint.")
	}
	return nil
}

func invalidDocument(why string) error {
	return errs.New(errs.Invalid, "The document cannot be used. %s", why).On("document")
}

// Run answers a document for one event, as the viewer. With errors there is no data.
func (d *WebhookDocuments) Run(ctx context.Context, v *viewer.Viewer, document string, e *ent.Event) (json.RawMessage, []webhook.ResultError) {
	opCtx, faults := d.beginDocument(ctx, v, document)
	if len(faults) > 0 {
		return nil, resultErrors(d.present(ctx, opCtx, faults))
	}
	ctx = viewer.NewContext(graphql.StartOperationTrace(ctx), v)
	response := subscription.Answer(ctx, d.exec, opCtx, e)
	if response == nil {
		return nil, []webhook.ResultError{{Message: "The document was not answered.", Code: string(errs.Unavailable)}}
	}
	if len(response.Errors) > 0 {
		return nil, resultErrors(response.Errors)
	}
	return response.Data, nil
}

// beginDocument parses and validates a document, and refuses what it costs too much or the viewer may
// not read.
func (d *WebhookDocuments) beginDocument(ctx context.Context, v *viewer.Viewer, document string) (*graphql.OperationContext, gqlerror.List) {
	ctx = viewer.NewContext(graphql.StartOperationTrace(ctx), v)
	return d.exec.CreateOperationContext(ctx, &graphql.RawParams{Query: document})
}

// present has errors be as callers see them.
func (d *WebhookDocuments) present(ctx context.Context, opCtx *graphql.OperationContext, faults gqlerror.List) gqlerror.List {
	return d.exec.DispatchError(graphql.WithOperationContext(ctx, opCtx), faults).Errors
}

func resultErrors(faults gqlerror.List) []webhook.ResultError {
	list := make([]webhook.ResultError, len(faults))
	for i, f := range faults {
		code, _ := f.Extensions["code"].(string)
		list[i] = webhook.ResultError{Message: f.Message, Code: code}
		for _, p := range f.Path {
			list[i].Path = append(list[i].Path, p)
		}
	}
	return list
}
