package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"parley/internal/vocab"
)

var shownToken = regexp.MustCompile(`parley_\w{20,}`)

// OP-1: in an empty folder, without configuration, the server sets itself up,
// shows the admin's token this once, and ends cleanly when it is told to.
func TestFirstStart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "data")
	s := startServer(t, "PARLEY_DATA_DIR="+dir)
	token := shownToken.FindString(s.banner + s.rest(1))
	if token == "" {
		t.Fatalf("no token in:\n%s", s.banner)
	}
	data := s.do(token, `{ viewer { kind account { name } } inboxes { nodes { name chatChannel { key trackingCode } members { nodes { name } } } } }`, nil)
	if text(data, "viewer", "kind") != "ADMIN" || text(data, "inboxes", "nodes", 0, "chatChannel", "key") == "" || text(data, "inboxes", "nodes", 0, "members", "nodes", 0, "name") == "" {
		t.Errorf("the first account is %v", data)
	}
	for path, want := range map[string]string{"/healthz": "", "/readyz": "", "/": "<html"} {
		if body := s.get(path); !strings.Contains(strings.ToLower(body), want) {
			t.Errorf("%s answers %.200s", path, body)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "secret.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file: %v, %v", info, err)
	}
	s.terminate()

	again := startServer(t, "PARLEY_DATA_DIR="+dir)
	if got := again.ask(token, `{ viewer { kind } }`, nil); text(got.Data, "viewer", "kind") != "ADMIN" {
		t.Errorf("after a restart: %+v", got)
	}
	if out, err := program(t.Context(), []string{"PARLEY_DATA_DIR=" + dir, "PARLEY_LISTEN=127.0.0.1:0"}, "serve").CombinedOutput(); err == nil || !strings.Contains(string(out), "PARLEY_DATA_DIR") {
		t.Errorf("a second server in the same folder: %v, %s", err, out)
	}
	made, err := program(t.Context(), []string{"PARLEY_DATA_DIR=" + dir}, "token", "create", "--scopes", "conversations:read,account:read").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := again.ask(strings.TrimSpace(string(made)), `{ viewer { kind } }`, nil); text(got.Data, "viewer", "kind") != "ADMIN" {
		t.Errorf("a token of the command line: %+v", got)
	}
	again.terminate()
	if got := recorded(t, dir, vocab.AuditTokenCreated); !strings.HasSuffix(got, "SYSTEM command line: ") { // AC-17
		t.Errorf("recorded: %s", got)
	}
	if found := shownToken.FindString(again.banner); found != "" {
		t.Errorf("the second start shows a token: %s", found)
	}
}

// get fetches a page that must be there.
func (s *server) get(path string) string {
	s.t.Helper()
	response, err := http.Get(s.url + path) //nolint:noctx // a plain request
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var b strings.Builder
	if _, err := io.Copy(&b, response.Body); err != nil || response.StatusCode != http.StatusOK {
		s.t.Errorf("%s: status %d, %v", path, response.StatusCode, err)
	}
	return b.String()
}

// terminate is SIGTERM, after which the program must end with success.
func (s *server) terminate() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	for s.lines.Scan() { // Wait closes the pipe
		s.banner += s.lines.Text() + "\n"
	}
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("after SIGTERM: %v", err)
	}
}

// A wrong setting is refused at the start, with the name of its variable and
// what would be right.
func TestWrongSettings(t *testing.T) {
	t.Parallel()
	for setting, right := range map[string]string{
		"PARLEY_LISTEN=8080":                                "127.0.0.1:8080",
		"PARLEY_DATABASE_URL=mysql://localhost/parley":      "postgres://",
		"PARLEY_DATABASE_URL=postgres://localhost/parley":   "PARLEY_SECRET_KEYS",
		"PARLEY_SECRET_KEYS=short":                          "base64",
		"PARLEY_ADMIN_TOKEN=short":                          "16 characters",
		"PARLEY_PUBLIC_URL=parley.example.com":              "https://parley.example.com",
		"PARLEY_CONVERSATION_URL=https://example.com/inbox": "with {id} in it",
		"PARLEY_ALLOWED_ORIGINS=https://app.example.com/x/": "https://app.example.com",
		"PARLEY_RATE_LIMIT=many":                            "float",
		"PARLEY_RATE_LIMIT=-1":                              "0 or more",
		"PARLEY_REQUEST_TIMEOUT=0s":                         "30s",
		"PARLEY_LOG_LEVEL=loud":                             "debug",
		"PARLEY_MAX_BODY_BYTES=1":                           "1024",
		"PARLEY_SMTP_URL=mail.example.com:25":               "smtp://",
		"PARLEY_MAIL_FROM=nobody":                           "parley@example.com",
	} {
		variable, _, _ := strings.Cut(setting, "=")
		if right == "PARLEY_SECRET_KEYS" {
			variable = right
		}
		out, err := program(t.Context(), []string{"PARLEY_DATA_DIR=" + t.TempDir(), "PARLEY_LISTEN=127.0.0.1:0", setting}, "serve").CombinedOutput()
		if err == nil || !strings.Contains(string(out), variable) || !strings.Contains(string(out), right) {
			t.Errorf("%s: %v, says %s", setting, err, out)
		}
	}
}

// The commands that need no server work as people expect.
func TestCommands(t *testing.T) {
	t.Parallel()
	env := []string{"PARLEY_DATA_DIR=" + t.TempDir()}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"schema"}, "type Query"},
		{[]string{"migrate"}, "up to date"},
		{[]string{"migrate"}, "up to date"},
		{[]string{"demo", "--conversations", "30"}, "parley_"},
		{[]string{"token", "list"}, "Demo admin"},
		{[]string{"serve", "--help"}, "PARLEY_RATE_LIMIT"},
		{[]string{"version"}, "parley"},
	} {
		out, err := program(t.Context(), env, c.args...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), c.want) {
			t.Errorf("parley %v: %v, says %s", c.args, err, out)
		}
	}
}
