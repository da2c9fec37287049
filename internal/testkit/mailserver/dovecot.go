package mailserver

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Options say what a Dovecot offers.
type Options struct {
	Users  map[string]string // password by user name, which is an e-mail address. {"support@example.com": "secret"}
	OpenID *Provider         // whose access tokens it takes too, for the user of the token's e-mail address
	TLS    bool              // IMAP and submission have STARTTLS, and IMAP a port with TLS from the start
	Relay  string            // host:port of an SMTP server that gets what is submitted; "" for no submission
	Extra  string            // more lines of configuration
}

// Server is a Dovecot of a test. Its methods fail the test when they cannot do
// what they say; they may be called only from the test's goroutine.
type Server struct {
	Host                      string // "127.0.0.1"
	IMAP, IMAPS, LMTP, Submit int    // ports; IMAPS only with TLS, Submit only with a relay
	Roots                     *x509.CertPool
	User, Password            string // the first of the users by name
	options                   Options
	folder                    string
	owner                     account
	process                   *exec.Cmd
	ended                     chan struct{} // closed when process has ended
	log                       log
	delivered                 int
}

// Dovecot starts a Dovecot, which ends with the test. Without users there is
// one, support@example.com with the password "secret".
func Dovecot(t testing.TB, options Options) *Server {
	t.Helper()
	if _, err := exec.LookPath("dovecot"); err != nil {
		missing(t, "Dovecot (apt-get install dovecot-imapd dovecot-lmtpd dovecot-submissiond)", err)
	}
	if len(options.Users) == 0 {
		options.Users = map[string]string{"support@example.com": "secret"}
	}
	s := &Server{Host: "127.0.0.1", options: options, folder: folder(t), owner: mailOwner(t)}
	s.User, s.Password = firstUser(options.Users)
	s.prepare(t)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("Dovecot says:\n%s", s.log.String())
		}
	})
	s.startSomewhere(t)
	return s
}

// startSomewhere takes free ports; whoever was quicker to one of them is
// evaded twice.
func (s *Server) startSomewhere(t testing.TB) {
	t.Helper()
	for attempt := 1; ; attempt++ {
		s.configure(t)
		err := s.start(t)
		if err == nil {
			return
		}
		if attempt == 3 || !strings.Contains(s.log.String(), "already in use") {
			t.Fatalf("Dovecot does not start: %v\n%s", err, s.log.String())
		}
	}
}

// Start starts it again after Stop, on the same ports.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if err := s.start(t); err != nil {
		t.Fatalf("Dovecot does not start: %v\n%s", err, s.log.String())
	}
}

// Stop ends it in order, and with it all connections.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if s.process == nil {
		return
	}
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	<-s.ended
	// A process that serves someone outlives the first one.
	s.Crash()
}

// Crash ends it at once: it gets to say and to write nothing more.
func (s *Server) Crash() {
	if s.process == nil {
		return
	}
	_ = syscall.Kill(-s.process.Process.Pid, syscall.SIGKILL)
	<-s.ended
	s.process = nil
}

// Restart is Stop and Start.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Stop(t)
	s.Start(t)
}

// start returns when all ports are open.
func (s *Server) start(t testing.TB) error {
	t.Helper()
	run := exec.CommandContext(context.WithoutCancel(t.Context()), "dovecot", "-F", "-c", s.path("dovecot.conf"))
	// All its processes are one group; a test that is killed takes them along.
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	output, input, err := os.Pipe()
	if err != nil {
		return err
	}
	run.Stdout, run.Stderr = input, input
	err = run.Start()
	_ = input.Close()
	if err != nil {
		_ = output.Close()
		return err
	}
	up, ended := make(chan struct{}), make(chan struct{})
	go s.followOutput(output, up)
	go func() {
		defer close(ended)
		_ = run.Wait()
	}()
	select {
	case <-up:
	case <-ended:
		return errors.New("it ended at once")
	}
	s.process, s.ended = run, ended
	t.Cleanup(s.Crash)
	return nil
}

// followOutput keeps the log, and closes up once Dovecot says that it is up: its
// ports are open then.
func (s *Server) followOutput(output io.ReadCloser, up chan<- struct{}) {
	defer func() { _ = output.Close() }()
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		_, _ = s.log.Write(append(lines.Bytes(), '\n'))
		if up != nil && strings.Contains(lines.Text(), "starting up for") {
			close(up)
			up = nil
		}
	}
}

// Log returns what Dovecot has said so far.
func (s *Server) Log() string { return s.log.String() }

func (s *Server) path(name string) string { return filepath.Join(s.folder, name) }

// folder returns a short one, as paths of sockets must be, that Dovecot's users
// may enter.
func folder(t testing.TB) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "dove")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o755); err != nil { // other users' processes enter it
		t.Fatal(err)
	}
	return folder
}

// given are the ports that servers got: the system may name one again, as long as no
// one listens on it.
var given sync.Map

// freePort returns a port of loopback that is free now, and no other server's.
func freePort(t testing.TB) int {
	t.Helper()
	for {
		port := findPort(t)
		if _, taken := given.LoadOrStore(port, true); !taken {
			return port
		}
	}
}

func findPort(t testing.TB) int {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	at, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatal(fmt.Errorf("%v is no TCP address", l.Addr()))
	}
	return at.Port
}

func dial(t testing.TB, address string) (net.Conn, error) {
	t.Helper()
	return (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
}
