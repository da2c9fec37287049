package httpserver

import (
	"bytes"
	"context"
	"net/http"

	"parley/internal/errs"
	"parley/internal/viewer"
)

// Tools makes the handler of /mcp. It runs GraphQL requests, as JSON, for the viewer of a
// request's context, by run.
type Tools func(run func(ctx context.Context, request []byte) ([]byte, error)) (http.Handler, error)

// routeTools serves what language models work with (AG-7), where it is: its callers are
// who they are at /graphql, with what a model may do of that.
func (c *Config) routeTools(mux *http.ServeMux, s *streams, inner http.Handler) error {
	if c.Tools == nil {
		return nil
	}
	handler, err := c.Tools(func(ctx context.Context, request []byte) ([]byte, error) {
		return c.runWithin(ctx, s.gate, inner, request)
	})
	if err != nil {
		return err
	}
	mux.Handle("/mcp", s.origins.handle(refuseQueryTokens(atTools(c.authenticate(s.gate, c.forModels(handler))))))
	return nil
}

// forModels lets staff's tokens in, with what a model may do.
func (c *Config) forModels(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := viewer.FromContext(r.Context())
		if !v.IsStaff() {
			w.Header().Set("WWW-Authenticate", c.challenge(r, ""))
			writeError(w, r, http.StatusUnauthorized, errs.New(errs.Unauthenticated, "Send an API token of a user, an integration or a bot, or an access token, in the header \"Authorization: Bearer ...\"."))
			return
		}
		next.ServeHTTP(w, r.WithContext(viewer.NewContext(r.Context(), v.ForModels())))
	})
}

// runWithin runs an operation as if its viewer had sent it to /graphql: what it costs is
// charged as there.
func (c *Config) runWithin(ctx context.Context, g *gate, inner http.Handler, request []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	m := g.meter(viewer.FromContext(ctx), "", nil)
	m.cost = 1 // the request to /mcp was charged
	r, err := http.NewRequestWithContext(withMeter(ctx, m), http.MethodPost, "/graphql", bytes.NewReader(request))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	w := &kept{header: http.Header{}}
	inner.ServeHTTP(w, r)
	return w.body.Bytes(), nil
}

// kept is a response that is kept in memory.
type kept struct {
	header http.Header
	body   bytes.Buffer
}

var _ http.ResponseWriter = (*kept)(nil)

// Header is not looked at.
func (k *kept) Header() http.Header { return k.header }

// Write keeps a part of the body.
func (k *kept) Write(b []byte) (int, error) { return k.body.Write(b) }

// WriteHeader does nothing: GraphQL's body says what went wrong.
func (k *kept) WriteHeader(int) {}
