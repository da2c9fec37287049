package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	exampleFolder = "../../docs/live"
	// exampleTiming lets the example notice soon that a connection is dead.
	exampleTiming   = `{"ping": 500, "deadline": 2000, "firstWait": 20, "longestWait": 500}`
	examplePatience = 2 * time.Minute
)

// compileExample compiles docs/live once for all tests.
var compileExample = sync.OnceValues(func() (missing string, err error) { return compileScripts(exampleFolder) })

// compileScripts compiles a folder in TypeScript. It says what is missing.
func compileScripts(folder string) (missing string, err error) {
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(folder + "/node_modules/typescript")
	}
	if err != nil {
		return err.Error(), nil
	}
	out, err := exec.CommandContext(context.Background(), node, folder+"/node_modules/typescript/bin/tsc", "-p", folder).CombinedOutput()
	if err != nil {
		_, _ = os.Stderr.Write(out)
	}
	return "", err
}

// buildExample compiles docs/live, for a test that needs it.
func buildExample(t *testing.T) {
	t.Helper()
	needScripts(t, exampleFolder, compileExample)
}

// needScripts has a folder compiled. Where node or its packages are missing the test is
// skipped, but in CI.
func needScripts(t *testing.T, folder string, compile func() (missing string, err error)) {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	missing, err := compile()
	if err != nil {
		t.Fatalf("%s does not compile: %v", folder, err)
	}
	if missing == "" {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s must be tested here: %s (apt-get install npm; scripts/clients.sh)", folder, missing)
	}
	t.Skipf("SKIPPED, %s is not tested: %s (apt-get install npm; scripts/clients.sh)", folder, missing)
}

// example is docs/live/terminal.ts at work.
type example struct {
	t  *testing.T
	in io.Writer

	mu      sync.Mutex
	shown   screen
	changed chan struct{} // closed at the next line
}

// screen is what the example shows.
type screen struct {
	View    []any    `json:"view"` // nil: no snapshot yet
	Thread  []any    `json:"thread"`
	Sending []string `json:"sending"`
	Refused string   `json:"refused"`
	Ended   string   `json:"ended"`
}

// texts counts the messages by what they say.
func (s *screen) texts() map[string]int {
	counts := map[string]int{}
	for _, m := range s.Thread {
		counts[text(m, "text")]++
	}
	return counts
}

// startExample runs the example until the test ends.
func startExample(t *testing.T, url, token, conversationID string) *example {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "node", exampleFolder+"/dist/terminal.js", url+"/graphql", conversationID)
	cmd.Env = append(os.Environ(), "PARLEY_TOKEN="+token, "PARLEY_TIMING="+exampleTiming)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	e := &example{t: t, in: in, changed: make(chan struct{})}
	read := make(chan struct{})
	go func() {
		defer close(read)
		e.read(out)
	}()
	t.Cleanup(func() {
		stop()
		<-read
		_ = cmd.Wait()
	})
	return e
}

// read keeps what the last line shows.
func (e *example) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var shown screen
		if err := json.Unmarshal(lines.Bytes(), &shown); err != nil {
			e.t.Errorf("the example shows %.300s", lines.Text())
			continue
		}
		if shown.Refused != "" {
			e.t.Errorf("the example was refused: %s", shown.Refused)
			continue
		}
		e.mu.Lock()
		e.shown = shown
		close(e.changed)
		e.changed = make(chan struct{})
		e.mu.Unlock()
	}
}

// write types a line into it.
func (e *example) write(line string) {
	e.t.Helper()
	if _, err := io.Copy(e.in, strings.NewReader(line+"\n")); err != nil {
		e.t.Errorf("the example reads nothing any more: %v", err)
	}
}

func (e *example) last() *screen {
	shown, _ := e.look()
	return &shown
}

func (e *example) look() (screen, <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.shown, e.changed
}

// await waits until the example shows what is wanted.
func (e *example) await(what string, wanted func(*screen) bool) {
	e.t.Helper()
	late := time.After(examplePatience)
	for {
		shown, changed := e.look()
		if wanted(&shown) {
			return
		}
		if shown.Ended != "" {
			e.t.Fatalf("waiting that %s: it ended with %s", what, shown.Ended)
		}
		select {
		case <-changed:
		case <-late:
			e.t.Fatalf("it is too late, but not so that %s", what)
		}
	}
}
