package graph_test

import (
	"context"
	"log/slog"
	"testing"

	"parley/graph"
)

// declaredOnly returns a log that fails the test for a code of a mutation that its
// @errors does not name (API-15), and drops all else.
func declaredOnly(t *testing.T) *slog.Logger {
	t.Helper()
	return slog.New(declaredHandler{slog.DiscardHandler, t})
}

type declaredHandler struct {
	slog.Handler
	t *testing.T
}

func (declaredHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h declaredHandler) Handle(_ context.Context, r slog.Record) error {
	if r.Message == graph.Undeclared {
		r.Attrs(func(a slog.Attr) bool { h.t.Errorf("%s: %s", r.Message, a); return true })
	}
	return nil
}
