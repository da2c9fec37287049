package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"parley/internal/testkit"
)

// asProgram makes the test binary run as parley itself, so that tests start
// and kill the real program without building it again.
const asProgram = "TEST_AS_PARLEY" // not PARLEY_: channel-test takes such variables from its server

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == asPager {
		runPager()
	}
	if os.Getenv(asProgram) != "" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
		code := run(ctx, os.Args[1:])
		stop()
		os.Exit(code)
	}
	if url := os.Getenv(asWorker); url != "" {
		if err := runWorker(url, os.Getenv("PARLEY_TOKEN")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// program returns a command that runs parley, with nothing of this machine's
// settings.
func program(ctx context.Context, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "PARLEY_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(append(cmd.Env, asProgram+"=1"), env...)
	return cmd
}

// server is a running `parley serve`.
type server struct {
	api
	cmd    *exec.Cmd
	banner string
	lines  *bufio.Scanner
}

// startServer runs `parley serve` and returns when it says that it is ready.
func startServer(t *testing.T, env ...string) *server {
	t.Helper()
	s := launchServer(t, env...)
	for s.url == "" && s.lines.Scan() {
		s.banner += s.lines.Text() + "\n"
		if fields := strings.Fields(s.lines.Text()); len(fields) == 2 && fields[0] == "GraphQL" {
			s.url = strings.TrimSuffix(fields[1], "/graphql")
		}
	}
	if s.url == "" {
		t.Fatalf("parley serve ended with: %s", s.banner)
	}
	return s
}

// launchServer runs `parley serve`, and does not wait until it is ready.
func launchServer(t *testing.T, env ...string) *server {
	t.Helper()
	s := &server{api: api{t: t}, cmd: program(context.Background(), append([]string{"PARLEY_LISTEN=127.0.0.1:0", "PARLEY_MAIL_LISTEN=off", "PARLEY_RATE_LIMIT=0", "PARLEY_STAFF_RATE_LIMIT=0", "PARLEY_VISITOR_MESSAGES=0", "PARLEY_VISITOR_CHATS=0", "PARLEY_VISITOR_SESSIONS=0", "PARLEY_LOG_LEVEL=error"}, env...), "serve")}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	s.lines = bufio.NewScanner(out)
	return s
}

// kill is kill -9. It may be called again.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// stop ends the server in good order: it keeps nothing that another one would wait for.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

// serverEnv is the environment of servers that share a database.
func serverEnv(t *testing.T, db testkit.Database, keys string) []string {
	t.Helper()
	return []string{"PARLEY_DATA_DIR=" + t.TempDir(), "PARLEY_DATABASE_URL=" + db.URL(), "PARLEY_SECRET_KEYS=" + keys, "PARLEY_ADMIN_TOKEN=" + adminToken}
}

// rest reads more lines of what the server shows at its start.
func (s *server) rest(n int) string {
	var b strings.Builder
	for range n {
		if s.lines.Scan() {
			b.WriteString(s.lines.Text() + "\n")
		}
	}
	return b.String()
}
