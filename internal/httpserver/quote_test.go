package httpserver_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"parley/ent"
	"parley/internal/httpserver"
	"parley/internal/library"
	"parley/internal/quote"
)

// offers has one quote, at any link.
type offers struct{ httpserver.Quotes }

func (offers) Paper(context.Context, string, library.Visit) (*quote.Page, error) {
	return &quote.Page{Number: 1, Zone: time.UTC, Version: &ent.QuoteVersion{Number: 1}}, nil
}

// CO-7, API-16: whoever has a link cannot have PDFs written without end.
func TestPapersAreCharged(t *testing.T) {
	t.Parallel()
	h := newServer(t, func(c *httpserver.Config) {
		c.Quotes, c.RateLimit = offers{}, httpserver.RateLimit{PerSecond: 0.001, Burst: 2_500}
	})
	for i, want := range []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests} {
		rec := do(h, request(t, "/q/t0ken/pdf", ""))
		if rec.Code != want || (want == http.StatusTooManyRequests) != (rec.Header().Get("Retry-After") != "") {
			t.Errorf("PDF %d: %d %v, want %d", i, rec.Code, rec.Header(), want)
		}
	}
}
