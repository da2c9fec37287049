package clamav_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"parley/internal/attachment"
	"parley/internal/attachment/clamav"
)

const (
	// harmless is what the test's own signature finds.
	harmless = "This harmless text poses as a virus in Parley's tests."
	// streamMost is the daemon's StreamMaxLength, in bytes.
	streamMost = 1 << 20
)

// daemon runs clamd with one signature and returns the address of its socket.
func daemon(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("clamd")
	if err != nil {
		if program = "/usr/sbin/clamd"; !exists(program) {
			if os.Getenv("CI") != "" {
				t.Fatal("CI has no clamd: install clamav-daemon")
			}
			t.Skip("no clamd: install clamav-daemon")
		}
	}
	dir, err := os.MkdirTemp("", "clamd") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for name, content := range map[string]string{
		"parley.ndb": "Parley.Part:0:*:" + hex.EncodeToString([]byte(harmless)) + "\n",
		"clamd.conf": fmt.Sprintf("Foreground yes\nLocalSocket %s/clamd\nDatabaseDirectory %s\nStreamMaxLength %d\nTemporaryDirectory %s\nLogTime no\n", dir, dir, streamMost, dir),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	start(t, program, filepath.Join(dir, "clamd.conf"))
	return "unix://" + dir + "/clamd"
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// start returns when the daemon listens, and stops it with the test.
func start(t *testing.T, program, config string) {
	t.Helper()
	command := exec.Command(program, "--config-file", config)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = command.Stdout
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	listens, said := make(chan bool, 1), make(chan string, 1)
	go func() {
		var all strings.Builder
		for lines := bufio.NewScanner(out); lines.Scan(); {
			fmt.Fprintln(&all, lines.Text())
			if strings.Contains(lines.Text(), "Self checking") {
				listens <- true
			}
		}
		said <- all.String()
		close(listens)
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-said
		_ = command.Wait()
	})
	select {
	case ok := <-listens:
		if !ok {
			text := <-said
			said <- text
			t.Fatalf("clamd ended:\n%s", text)
		}
	case <-time.After(time.Minute):
		t.Fatal("clamd does not start")
	}
}

// A real daemon tells what has a virus from what has none.
func TestRealDaemon(t *testing.T) {
	t.Parallel()
	s, err := clamav.New(daemon(t))
	if err != nil {
		t.Fatal(err)
	}
	padding := strings.Repeat("Nothing to see here. ", 10_000)
	for name, c := range map[string]struct {
		content, virus string
	}{
		"Clean":    {"Hello", ""},
		"Empty":    {"", ""},
		"Infected": {harmless, "Parley.Part.UNOFFICIAL"},
		"Hidden":   {padding + harmless + padding, "Parley.Part.UNOFFICIAL"},
		"Largest":  {strings.Repeat("x", streamMost), ""},
	} {
		t.Run(name, func(t *testing.T) {
			virus, err := s.Scan(t.Context(), strings.NewReader(c.content))
			if err != nil || virus != c.virus {
				t.Errorf("found %q (%v), want %q", virus, err, c.virus)
			}
		})
	}
	t.Run("TooLarge", func(t *testing.T) {
		_, err := s.Scan(t.Context(), strings.NewReader(strings.Repeat("x", 4*streamMost)))
		if !errors.Is(err, attachment.ErrUnscannable) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("Unreadable", func(t *testing.T) {
		if _, err := s.Scan(t.Context(), iotest.ErrReader(io.ErrUnexpectedEOF)); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v", err)
		}
	})
}

// peer is a daemon that does as the test says, over TCP.
func peer(t *testing.T, serve func(net.Conn)) *clamav.Scanner {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				serve(conn)
			}()
		}
	}()
	s, err := clamav.New("tcp://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A daemon that is broken, or silent, never passes for one that found nothing.
func TestBrokenDaemons(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{"Error": "stream: Can't allocate memory ERROR\x00", "Nothing": "", "Half": "stream: O", "Nonsense": "OK then\x00"} {
		s := peer(t, func(conn net.Conn) {
			buffer := make([]byte, 100)
			_, _ = conn.Read(buffer)
			_, _ = io.WriteString(conn, answer)
		})
		if virus, err := s.Scan(t.Context(), strings.NewReader("Hello")); err == nil || errors.Is(err, attachment.ErrUnscannable) {
			t.Errorf("%s: found %q (%v)", name, virus, err)
		}
	}
	asked := make(chan struct{}, 1)
	silent := peer(t, func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 100))
		asked <- struct{}{}
		_, _ = io.Copy(io.Discard, conn)
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	if _, err := silent.Scan(ctx, strings.NewReader("Hello")); !errors.Is(err, context.Canceled) {
		t.Errorf("of a silent daemon: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, right := range map[string]bool{
		"tcp://clamav:3310": true, "tcp://[::1]:3310": true, "unix:///run/clamav/clamd.ctl": true,
		"": false, "clamav:3310": false, "tcp://clamav": false, "unix://run/clamd": false, "http://clamav:3310": false, "%": false,
	} {
		if _, err := clamav.New(address); (err == nil) != right {
			t.Errorf("%q: %v", address, err)
		}
	}
}
