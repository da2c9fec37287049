package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/testkit"
)

// asWorker makes the test binary run as a bot's worker: it takes a turn of the server whose
// address it names, says so, and answers once it reads a line.
const asWorker = "PARLEY_TEST_AS_WORKER"

// runWorker is that worker.
func runWorker(url, token string) error {
	ctx := context.Background()
	s, err := open(ctx, url, token, work, map[string]any{"n": 1})
	if err != nil {
		return err
	}
	var item map[string]any
	if err := s.next(ctx, &item); err != nil {
		return err
	}
	d := at(item, "botWork")
	turn, _ := at(d, "turn").(float64)
	fmt.Println(text(d, "runId"), int(turn))
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	got, err := postOnce(ctx, url, token, answerOf(text(d, "conversation", "id"), text(d, "runId"), int(turn)))
	fmt.Println(got)
	return err
}

// answerOf is the answer to a turn: whoever gives it has the same key.
func answerOf(conversationID, runID string, turn int) map[string]any {
	return map[string]any{
		"query":     `mutation($in: SendMessageInput!) { sendMessage(input: $in) { message { id } userErrors { code } } }`,
		"variables": input("conversationId", conversationID, "turn", turn, "text", "It is on its way.", "idempotencyKey", fmt.Sprint(runID, "-", turn)),
	}
}

// workerProcess is a worker of its own process.
type workerProcess struct {
	cmd  *exec.Cmd
	says *bufio.Reader
	in   io.Writer
	t    *testing.T
}

func (r *robot) workerProcess() *workerProcess {
	r.t.Helper()
	w := &workerProcess{cmd: exec.CommandContext(context.Background(), os.Args[0]), t: r.t}
	w.cmd.Env = append(os.Environ(), asWorker+"="+r.url, "PARLEY_TOKEN="+r.token)
	w.cmd.Stderr = os.Stderr
	out, err := w.cmd.StdoutPipe()
	if err == nil {
		w.in, err = w.cmd.StdinPipe()
	}
	if err == nil {
		err = w.cmd.Start()
	}
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(w.kill)
	w.says = bufio.NewReader(out)
	return w
}

// line is what it says next.
func (w *workerProcess) line() string {
	w.t.Helper()
	line, err := w.says.ReadString('\n')
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// kill is kill -9. It may be called again.
func (w *workerProcess) kill() {
	_ = w.cmd.Process.Kill()
	_ = w.cmd.Wait()
}

// AG-5: the turn of a worker that is killed goes to another one, and so does that of one that
// hangs, once its lease is over; should that one wake up, there is still one answer.
func TestWorkersAreKilled(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Now())
		r := serveTest(t, db.Open(t, turned)).worker(nil)
		c := r.site.chat("Where is my order?")
		dead := r.workerProcess()
		had := dead.line()
		dead.kill()
		hangs := r.workerProcess()
		if got := hangs.line(); got != had {
			t.Fatalf("the next worker has %q, the dead one had %q", got, had)
		}
		turned.Advance(30 * time.Second)
		s := r.work(1)
		d := r.expect(s, "CONTACT_WROTE", c.conversationID)
		if got := fmt.Sprint(d.runID, " ", d.turn); got != had {
			t.Fatalf("the third worker has %q, want %q", got, had)
		}
		answer := answerOf(d.conversationID, d.runID, d.turn)
		first := r.ask(r.token, answer["query"].(string), answer["variables"].(map[string]any))
		if text(first.Data, "sendMessage", "message", "id") == "" {
			t.Fatalf("it does not answer: %v", first)
		}
		if _, err := io.WriteString(hangs.in, "\n"); err != nil {
			t.Fatal(err)
		}
		var late map[string]any
		if err := json.Unmarshal([]byte(hangs.line()), &late); err != nil || text(late, "data", "sendMessage", "message", "id") != text(first.Data, "sendMessage", "message", "id") {
			t.Errorf("the one that hung answers: %v", late)
		}
		r.saysAll(c.conversationID, "> Where is my order?", "It is on its way.")
		r.becomes(c.conversationID, "AWAITING_CONTACT", "ACTIVE")
	})
}
