package slack

import (
	"context"
	"log/slog"
	"regexp"
)

var (
	// addressIn is an address in a text, with its host apart: those of files, of uploads and of answers
	// to a button open by themselves what they lead to.
	addressIn = regexp.MustCompile(`(?i)\b(https?://)(?:[^/\s"'?#]*@)?([^/\s"'?#]+)[^\s"']*`)
	// tokenIn is a token of Slack's in a text.
	tokenIn = regexp.MustCompile(`(?i)\bx(?:ox[a-z]|app)[-.][\w.\-]+`)
)

// hidden is a text without what opens something: of addresses the host stays.
func hidden(text string) string {
	return tokenIn.ReplaceAllString(addressIn.ReplaceAllString(text, "$1$2/…"), "xox…")
}

// hiding is a log that gets no address and no token.
type hiding struct{ slog.Handler }

// Handle writes a record, with its texts hidden.
func (h hiding) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, hidden(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(hideAttr(a))
		return true
	})
	return h.Handler.Handle(ctx, clean)
}

// WithAttrs is a log with attributes.
func (h hiding) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = hideAttr(a)
	}
	return hiding{h.Handler.WithAttrs(clean)}
}

// WithGroup is a log within a group.
func (h hiding) WithGroup(name string) slog.Handler { return hiding{h.Handler.WithGroup(name)} }

func hideAttr(a slog.Attr) slog.Attr {
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, hidden(v.String()))
	case slog.KindAny:
		if err, ok := v.Any().(error); ok {
			return slog.String(a.Key, hidden(err.Error()))
		}
	}
	return a
}
