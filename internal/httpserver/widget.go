package httpserver

import "net/http"

// routeWidget serves the chat widget and the page that shows it, if there are any.
func (c *Config) routeWidget(mux *http.ServeMux) {
	if c.Widget == nil {
		return
	}
	h := refuseQueryTokens(c.Widget)
	for _, pattern := range []string{"GET /widget.js", "GET /widget/", "GET /demo", "GET /demo/", "GET /chat/"} {
		mux.Handle(pattern, h)
	}
}
