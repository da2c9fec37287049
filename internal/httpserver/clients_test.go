package httpserver_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"testing"

	"parley/internal/errs"
	"parley/internal/httpserver"
	"parley/internal/viewer"
)

// The public clients of the protocols work with the server: npm graphql-http's
// audits, graphql-ws and graphql-sse. scripts/clients.sh fetches them.
func TestPublicClients(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat("clients/node_modules/graphql-ws")
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the public clients must be tested here: %v (apt-get install npm; scripts/clients.sh)", err)
		}
		t.Skipf("SKIPPED, the public clients are not tested: %v (apt-get install npm; scripts/clients.sh)", err)
	}
	for _, name := range []string{"http", "ws", "sse"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 6*patience)
			defer cancel()
			run := exec.CommandContext(ctx, node, "--test", "clients/"+name+".test.mjs")
			run.Env = append(os.Environ(), "PARLEY_TEST_URL="+listenForClients(t))
			if out, err := run.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// listenForClients serves what the clients' tests need: the API, and under
// /control what cuts all connections, and revokes and restores the token "fleeting".
func listenForClients(t *testing.T) string {
	t.Helper()
	f := &fleeting{viewer: &viewer.Viewer{Kind: viewer.Agent, TokenID: "token_3"}}
	mux := http.NewServeMux()
	mux.Handle("/graphql", newServer(t, func(c *httpserver.Config) {
		f.Authenticator = c.Authenticator
		c.Authenticator, c.Sessions = f, f
	}))
	srv := httptest.NewUnstartedServer(mux)
	cut := &cutListener{Listener: srv.Listener}
	srv.Listener = cut
	mux.HandleFunc("POST /control/cut", func(http.ResponseWriter, *http.Request) { cut.cut() })
	mux.HandleFunc("POST /control/revoke", func(http.ResponseWriter, *http.Request) { f.set(true) })
	mux.HandleFunc("POST /control/restore", func(http.ResponseWriter, *http.Request) { f.set(false) })
	srv.Start()
	t.Cleanup(srv.Close)
	return srv.URL
}

// fleeting knows a token that can be revoked, and follows its sessions.
type fleeting struct {
	httpserver.Authenticator
	sessions
	viewer  *viewer.Viewer
	mu      sync.Mutex
	revoked bool
}

func (f *fleeting) Authenticate(ctx context.Context, bearer string) (*viewer.Viewer, error) {
	if bearer != "fleeting" {
		return f.Authenticator.Authenticate(ctx, bearer)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.revoked {
		return nil, errs.New(errs.Unauthenticated, "This token was revoked.")
	}
	return f.viewer, nil
}

func (f *fleeting) Begin(ctx context.Context, bearer string, v *viewer.Viewer) (context.Context, func()) {
	if bearer != "fleeting" {
		return ctx, func() {}
	}
	return f.sessions.Begin(ctx, bearer, v)
}

func (f *fleeting) set(revoked bool) {
	f.mu.Lock()
	f.revoked = revoked
	f.mu.Unlock()
	if revoked {
		f.revoke(errs.New(errs.Unauthenticated, "This token was revoked."))
	}
}

// cutListener can cut every connection that it has accepted.
type cutListener struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
}

func (l *cutListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.conns = append(l.conns, conn)
	}
	return conn, err
}

func (l *cutListener) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range l.conns {
		conn.Close()
	}
	l.conns = nil
}
