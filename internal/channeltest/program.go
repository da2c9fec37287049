package channeltest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
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
}

// start runs the program, in a process group of its own.
func (p *program) start() error {
	p.cmd = exec.Command(p.command[0], p.command[1:]...) //nolint:noctx // it is killed by kill, with all that it started
	p.cmd.Env, p.cmd.Stderr = append(os.Environ(), p.env...), p.out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if p.ready == "" {
		p.cmd.Stdout = p.out
		return p.cmd.Start()
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(strings.TrimSpace(lines.Text()), p.ready) {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return nil
		}
	}
	p.kill()
	return fmt.Errorf("%s ended before it was ready", p.command[0])
}

// kill is kill -9, of the program and of what it started.
func (p *program) kill() {
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	_ = p.cmd.Wait()
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
