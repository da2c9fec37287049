package channeltest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// program is a process that is started and killed again and again.
type program struct {
	command []string
	env     []string
	out     io.Writer
	// ready is what a line of its output begins with once it serves; "": it is not waited for.
	ready string
	cmd   *exec.Cmd
	// over is closed when the process ended.
	over chan struct{}
	last tail
}

// tail keeps the end of what a program writes.
type tail struct {
	lock sync.Mutex
	text []byte
}

// maxTail is how much of it is kept.
const maxTail = 800

func (t *tail) Write(text []byte) (int, error) {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.text = append(t.text, text...)
	t.text = t.text[max(0, len(t.text)-maxTail):]
	return len(text), nil
}

func (t *tail) String() string {
	t.lock.Lock()
	defer t.lock.Unlock()
	return strings.TrimSpace(string(t.text))
}

// withoutParley is an environment without Parley's variables: what whoever runs the check has
// set for a server of theirs is for neither the check's server nor the connector.
func withoutParley(environment []string) []string {
	return slices.DeleteFunc(environment, func(variable string) bool { return strings.HasPrefix(variable, "PARLEY_") })
}

// start runs the program, in a process group of its own, until it is ready.
func (p *program) start(ctx context.Context) error {
	p.cmd = exec.Command(p.command[0], p.command[1:]...) //nolint:noctx // it is killed by kill, with all that it started
	out := io.MultiWriter(p.out, &p.last)
	p.cmd.Env, p.cmd.Stderr = append(withoutParley(os.Environ()), p.env...), out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	ready, stdout := make(chan struct{}), out
	var reads *io.PipeReader
	if p.ready != "" {
		var writes *io.PipeWriter
		reads, writes = io.Pipe()
		stdout = io.MultiWriter(writes, &p.last)
		go awaitLine(reads, p.ready, ready)
	}
	p.cmd.Stdout = stdout
	if err := p.cmd.Start(); err != nil {
		p.cmd = nil
		return err
	}
	p.over = make(chan struct{})
	go func(cmd *exec.Cmd, over chan struct{}) {
		_ = cmd.Wait()
		if reads != nil {
			_ = reads.Close()
		}
		close(over)
	}(p.cmd, p.over)
	if p.ready == "" {
		return nil
	}
	select {
	case <-ready:
		return nil
	case <-p.over:
		return p.ended()
	case <-ctx.Done():
		p.kill()
		return ctx.Err()
	}
}

// awaitLine closes ready at a line that begins so, and reads on.
func awaitLine(from io.Reader, begins string, ready chan struct{}) {
	for lines := bufio.NewScanner(from); lines.Scan(); {
		if strings.HasPrefix(strings.TrimSpace(lines.Text()), begins) {
			close(ready)
			break
		}
	}
	_, _ = io.Copy(io.Discard, from)
}

// errEnded is that a program ended by itself.
var errEnded = errors.New("ended by itself")

// ended is the error that the program ended by itself; nil: it runs.
func (p *program) ended() error {
	if p.cmd == nil {
		return nil
	}
	select {
	case <-p.over:
		return fmt.Errorf("%s %w, with %s; its last words: %q", p.command[0], errEnded, p.cmd.ProcessState, p.last.String())
	default:
		return nil
	}
}

// kill is kill -9, of the program and of what it started.
func (p *program) kill() {
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.over
	p.cmd = nil
}

// freeAddress is an address of loopback that no one listens on.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := listenLocal(ctx)
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
