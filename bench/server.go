package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// grace is how long a server may take to end.
const grace = 20 * time.Second

// program is Parley's binary and the folder for all that a run makes.
type program struct {
	dir    string
	binary string
}

// build builds the binary from the module that the benchmark is run in.
func (p *program) build(ctx context.Context) error {
	progress("building")
	p.binary = filepath.Join(p.dir, "parley")
	out, err := exec.CommandContext(ctx, "go", "build", "-o", p.binary, "parley/cmd/parley").CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

// command is a command of Parley's on a database. No setting of the caller's
// environment reaches it.
func (p *program) command(ctx context.Context, d *database, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.binary, args...)
	for _, setting := range os.Environ() {
		if !strings.HasPrefix(setting, "PARLEY_") {
			cmd.Env = append(cmd.Env, setting)
		}
	}
	cmd.Env = append(cmd.Env, d.env()...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = grace
	return cmd
}

var agentToken = regexp.MustCompile(`Agent token\s+(\S+)`)

// fillDatabase loads demo data and returns an agent's token.
func (p *program) fillDatabase(ctx context.Context, d *database, conversations int) (token string, err error) {
	cmd := p.command(ctx, d, "demo", fmt.Sprintf("--conversations=%d", conversations))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("parley demo: %w", err)
	}
	found := agentToken.FindSubmatch(out)
	if found == nil {
		return "", fmt.Errorf("parley demo showed no agent's token:\n%s", out)
	}
	return string(found[1]), nil
}

// server is a running `parley serve`.
type server struct {
	url string
	cmd *exec.Cmd
	log *os.File
}

// serve starts Parley and waits until it is ready. What it logs, at the
// default level, goes to a file.
func (p *program) serve(ctx context.Context, d *database) (*server, error) {
	log, err := os.OpenFile(filepath.Join(p.dir, "server.log"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	return p.startServer(ctx, p.command(ctx, d, "serve"), log)
}

// startServer starts a server and waits until it is ready.
func (p *program) startServer(ctx context.Context, cmd *exec.Cmd, log *os.File) (*server, error) {
	s := &server{cmd: cmd, log: log}
	s.cmd.Stderr = log
	out, err := s.cmd.StdoutPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	s.url = greeting(out)
	go func() { _, _ = io.Copy(io.Discard, out) }()
	if s.url == "" {
		err = errors.New("it ended before it was ready")
	} else {
		err = s.ready(ctx)
	}
	if err != nil {
		said, _ := os.ReadFile(log.Name())
		return nil, errors.Join(fmt.Errorf("%s: %w\n%s", filepath.Base(cmd.Path), err, said), s.stop())
	}
	return s, nil
}

// greeting reads until the server prints its address, and returns that.
func greeting(out io.Reader) string {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) == 2 && fields[0] == "GraphQL" {
			return strings.TrimSuffix(fields[1], "/graphql")
		}
	}
	return ""
}

// ready waits until /readyz says so.
func (s *server) ready(ctx context.Context) error {
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/readyz", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// tick is what Linux counts processor time in, for programs.
const tick = 10 * time.Millisecond

// used returns how much processor time the server has used; 0 where there is no
// /proc to say.
func (s *server) used() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	// The second field, the program's name in brackets, may have spaces in it.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick
}

// resident returns how much memory the server has, in bytes; 0 where there is no
// /proc to say.
func (s *server) resident() int64 {
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(statm), &size, &pages); err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// stop ends the server and waits for it.
func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	late := time.AfterFunc(grace, func() { _ = s.cmd.Process.Kill() })
	defer late.Stop()
	return errors.Join(s.cmd.Wait(), s.log.Close())
}
