package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/clock"
)

const integrationsFolder = "../../docs/examples/integrations"

// compileIntegrations compiles the programs in TypeScript once for all tests.
var compileIntegrations = sync.OnceValues(func() (missing string, err error) {
	return compileScripts(integrationsFolder)
})

// sampleProgram is an example at work; its lines are what it prints.
type sampleProgram struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
}

// example starts a program of docs/integrations.md: one in Go by its folder, one in
// TypeScript by its file.
func (a *api) example(name string, env []string, args ...string) *sampleProgram {
	a.t.Helper()
	var command []string
	if strings.HasSuffix(name, ".ts") {
		command = []string{"node", integrationsFolder + "/dist/" + strings.TrimSuffix(name, ".ts") + ".js"}
	} else {
		built := filepath.Join(a.t.TempDir(), name)
		if out, err := exec.CommandContext(a.t.Context(), "go", "build", "-o", built, integrationsFolder+"/"+name).CombinedOutput(); err != nil {
			a.t.Fatalf("%s does not compile: %v\n%s", name, err, out)
		}
		command = []string{built}
	}
	return startSample(a.t, append(env, "PARLEY_URL="+a.url+"/graphql"), append(command, args...)...)
}

func startSample(t *testing.T, env []string, command ...string) *sampleProgram {
	t.Helper()
	p := &sampleProgram{t: t, cmd: exec.CommandContext(context.Background(), command[0], command[1:]...), lines: make(chan string, 1000)}
	p.cmd.Env, p.cmd.Stderr = append(os.Environ(), env...), os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		p.in, err = p.cmd.StdinPipe()
	}
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.lines)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.lines <- lines.Text()
		}
	}()
	t.Cleanup(p.kill)
	return p
}

// kill ends it without a word.
func (p *sampleProgram) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// line is the next line that it prints.
func (p *sampleProgram) line() string {
	p.t.Helper()
	select {
	case line, ok := <-p.lines:
		if !ok {
			p.t.Fatal("the program has ended")
		}
		return line
	case <-time.After(time.Minute):
		p.t.Fatal("the program prints nothing")
	}
	return ""
}

// eachLanguage runs a test with a program in TypeScript and in Go.
func eachLanguage(t *testing.T, name string, test func(t *testing.T, name string)) {
	t.Helper()
	t.Run("typescript", func(t *testing.T) {
		needScripts(t, integrationsFolder, compileIntegrations)
		test(t, name+".ts")
	})
	t.Run("go", func(t *testing.T) { test(t, name) })
}

// NT-3: the followers of docs/integrations.md handle each event of the log in order, over
// their own death and a server's that comes back.
func TestFollowers(t *testing.T) {
	t.Parallel()
	eachLanguage(t, "follow", func(t *testing.T, name string) {
		eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
			file, site := filepath.Join(t.TempDir(), "position.txt"), a.channel()
			n := newNetwork(t, a.url[len("http://"):])
			n.settle()
			behind := *a
			behind.url = n.url()
			env := []string{"PARLEY_TOKEN=" + adminToken}
			next := 1
			// reads has the program reach the log's end, event by event.
			reads := func(p *sampleProgram, again bool) {
				t.Helper()
				for head := a.head(); next <= head; {
					var sequence int
					var kind string
					line := p.line()
					if _, err := fmt.Sscan(line, &sequence, &kind); err != nil || kind == "" {
						t.Fatalf("%q: %v", line, err)
					}
					if again && sequence == next-1 { // what it died in comes once more
						again = false
						continue
					}
					if sequence != next {
						t.Fatalf("%q came, where %d was next", line, next)
					}
					next++
				}
			}
			first := behind.example(name, env, file)
			reads(first, false)
			site.chat("Where is my parcel?")
			reads(first, false)
			n.fail(true)
			site.chat("Is it lost?")
			n.fail(false)
			reads(first, false)
			first.kill()
			site.chat("Hello?")
			second := behind.example(name, env, file)
			reads(second, true)
			second.kill()
			a.forgetLog()
			if err := os.WriteFile(file, []byte("1"), 0o600); err != nil {
				t.Fatal(err)
			}
			third := behind.example(name, env, file)
			if line := third.line(); line != "reload" {
				t.Errorf("behind the log it prints %q", line)
			}
			site.chat("Are you there?")
			reads(third, false)
		})
	})
}

// NT-3, AC-11: a follower whose token is dead ends with an error.
func TestFollowersEnd(t *testing.T) {
	t.Parallel()
	eachLanguage(t, "follow", func(t *testing.T, name string) {
		eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
			p := a.example(name, []string{"PARLEY_TOKEN=wrong"}, filepath.Join(t.TempDir(), "position.txt"))
			for line := range p.lines {
				t.Errorf("it prints %q", line)
			}
			if err := p.cmd.Wait(); err == nil {
				t.Error("it ends well")
			}
		})
	})
}

// NT-4, NT-6: the receivers of docs/integrations.md take what is genuine, each once, with the
// answer to the endpoint's document.
func TestReceivers(t *testing.T) {
	t.Parallel()
	eachLanguage(t, "webhook", func(t *testing.T, name string) {
		eachHooked(t, clock.System{}, func(t *testing.T, o *office) {
			entrance := newReceiver(t, nil)
			h := o.pageHook("asking", entrance.URL)
			env := []string{"PARLEY_WEBHOOK_SECRET=" + h.secret, "PORT=0"}
			p := o.example(name, env, "127.0.0.1:0")
			address := strings.TrimPrefix(p.line(), "listening ")
			if strings.HasPrefix(address, "{") {
				var at struct{ Port int }
				if err := json.Unmarshal([]byte(address), &at); err != nil {
					t.Fatal(err)
				}
				address = fmt.Sprintf("127.0.0.1:%d", at.Port)
			}
			o.site.chat("Where is my order?")
			got := entrance.count(t, "MESSAGE_CREATED", 1)[0]
			// hands it on, as it came but for what is changed, and returns the status.
			hands := func(body []byte, id string) int {
				t.Helper()
				request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address, strings.NewReader(string(body)))
				if err != nil {
					t.Fatal(err)
				}
				request.Header = got.header.Clone()
				request.Header.Set("webhook-id", id)
				response, err := http.DefaultClient.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = response.Body.Close() }()
				return response.StatusCode
			}
			if status := hands([]byte(strings.ReplaceAll(string(got.raw), "order", "ordeR")), got.id); status != http.StatusUnauthorized {
				t.Errorf("another body: %d", status)
			}
			if status := hands(got.raw, "another"); status != http.StatusUnauthorized {
				t.Errorf("another id: %d", status)
			}
			for range 2 {
				if status := hands(got.raw, got.id); status != http.StatusNoContent {
					t.Errorf("a genuine one: %d", status)
				}
			}
			if line := p.line(); !strings.HasPrefix(line, fmt.Sprintf("%d MESSAGE_CREATED conversation_", got.sequence)) || !strings.Contains(line, `"text":"Where is my order?"`) {
				t.Errorf("it prints %q", line)
			}
			// Half a request ends nothing.
			cut, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(cut, "POST / HTTP/1.1\r\nHost: parley\r\nContent-Length: 100\r\n\r\n{"); err != nil {
				t.Fatal(err)
			}
			_ = cut.Close()
			o.site.chat("And mine?")
			got = entrance.count(t, "MESSAGE_CREATED", 2)[1]
			if status := hands(got.raw, got.id); status != http.StatusNoContent {
				t.Errorf("the next one: %d", status)
			}
			if line := p.line(); !strings.Contains(line, `"text":"And mine?"`) { // what came twice was printed once
				t.Errorf("then it prints %q", line)
			}
		})
	})
}

// NT-4: a receiver without a secret ends, for with an empty one anyone could sign.
func TestReceiversNeedASecret(t *testing.T) {
	t.Parallel()
	eachLanguage(t, "webhook", func(t *testing.T, name string) {
		p := (&api{t: t}).example(name, []string{"PARLEY_WEBHOOK_SECRET=", "PORT=0"}, "127.0.0.1:0")
		for line := range p.lines {
			t.Errorf("it prints %q", line)
		}
		if err := p.cmd.Wait(); err == nil {
			t.Error("it ends well")
		}
	})
}

// NT-3: a follower whose position cannot be read ends: the log's beginning would be all over
// again.
func TestFollowersNeedAPosition(t *testing.T) {
	t.Parallel()
	eachLanguage(t, "follow", func(t *testing.T, name string) {
		for _, text := range []string{"", "next"} {
			file := filepath.Join(t.TempDir(), "position.txt")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			p := (&api{t: t}).example(name, nil, file)
			for line := range p.lines {
				t.Errorf("it prints %q", line)
			}
			if err := p.cmd.Wait(); err == nil {
				t.Errorf("with %q it ends well", text)
			}
		}
	})
}

// pageHook makes an endpoint with a command of docs/integrations.md.
func (o *office) pageHook(kind, url string) hook {
	o.t.Helper()
	out := o.page(kind, "HOOK="+url, "INBOX="+o.site.inboxID)
	var made answer
	if err := json.Unmarshal([]byte(out), &made); err != nil || text(made.Data, "createWebhookEndpoint", "secret") == "" {
		o.t.Fatalf("%v in %s", err, out)
	}
	return hook{text(made.Data, "createWebhookEndpoint", "webhookEndpoint", "id"), text(made.Data, "createWebhookEndpoint", "secret")}
}

// page runs the command of a kind of docs/integrations.md.
func (a *api) page(kind string, env ...string) string {
	a.t.Helper()
	for _, b := range blocks(a.t, "docs/integrations.md") {
		if b.language == "bash" && b.kind == kind {
			ctx, stop := context.WithTimeout(a.t.Context(), time.Minute)
			defer stop()
			cmd := command(ctx, b.text, a.t.TempDir(), a.url)
			cmd.Env = append(cmd.Env, env...)
			out, err := cmd.Output()
			if err != nil || strings.Contains(string(out), `"errors"`) || strings.Contains(string(out), `"code"`) {
				a.t.Fatalf("%s\nanswers %s: %v", b.text, out, err)
			}
			return string(out)
		}
	}
	a.t.Fatalf("the page has no %q", kind)
	return ""
}

// NT-3, NT-4, CC-2, CC-3, AG-5: the commands of docs/integrations.md do what it says.
func TestIntegrationsPage(t *testing.T) {
	t.Parallel()
	eachHooked(t, clock.System{}, func(t *testing.T, o *office) {
		if out := o.page(""); !strings.Contains(out, `"token":"`) {
			t.Errorf("no token: %s", out)
		}
		for _, b := range blocks(t, "docs/integrations.md") {
			if b.kind == "follow" {
				follow(t, b.text, o.url)
			}
		}
		r := newReceiver(t, nil)
		h := o.pageHook("webhook", r.URL)
		o.site.chat("Where is my order?")
		got := r.count(t, "MESSAGE_CREATED", 1)[0]
		signed := []string{"SECRET=" + h.secret, "ID=" + got.id, "TIMESTAMP=" + got.header.Get("webhook-timestamp"), "SIGNATURE=" + got.header.Get("webhook-signature")}
		if out := o.page("verify", append(signed, "BODY="+string(got.raw))...); out != "genuine\n" {
			t.Errorf("a genuine request is %q", out)
		}
		if out := o.page("verify", append(signed, "BODY="+string(got.raw)+" ")...); out != "forged\n" {
			t.Errorf("another body is %q", out)
		}
		for _, stamp := range []string{"1000000000", "09", "x[$(echo run >&2; echo 1)]", ""} {
			if out := o.page("verify", "SECRET="+h.secret, "ID="+got.id, "TIMESTAMP="+stamp, "SIGNATURE=", "BODY="); out != "forged\n" {
				t.Errorf("a request of %q is %q", stamp, out)
			}
		}
	})
}

// CC-2, CC-3: the commands of docs/integrations.md bring a message and take out the answer.
func TestConnectorOfThePage(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(map[string]any{"maxTextLength": 100})
		env := []string{"CONNECTOR_TOKEN=" + m.token, "CHANNEL=" + m.channelID}
		if out := a.page("receive", env...); !strings.Contains(out, `"duplicate":false`) {
			t.Errorf("it is received: %s", out)
		}
		if out := a.page("receive", env...); !strings.Contains(out, `"duplicate":true`) {
			t.Errorf("it is received again: %s", out)
		}
		conversationID := m.conversationOf("ann")
		if _, codes := m.answers(conversationID, "Yes, behind the house."); codes != "" {
			t.Fatal(codes)
		}
		if out := a.page("outbox", env...); !strings.Contains(out, `"text":"Yes, behind the house."`) || !strings.Contains(out, `"delivery":"SENT"`) {
			t.Errorf("it is taken out: %s", out)
		}
	})
}

// conversationOf is the conversation of a thread.
func (m *medium) conversationOf(thread string) string {
	m.t.Helper()
	found := m.do(adminToken, `query($in: ID!, $f: ConversationFilter) { conversations(inboxId: $in, filter: $f, first: 5) { nodes { id externalId } } }`,
		map[string]any{"in": m.inboxID, "f": map[string]any{"channels": []string{"CUSTOM"}}})
	for _, n := range at(found, "conversations", "nodes").([]any) {
		if text(n, "externalId") == thread {
			return text(n, "id")
		}
	}
	m.t.Fatalf("no conversation of %s: %v", thread, found)
	return ""
}

// CC-2, CC-3: the connector in TypeScript carries messages both ways.
func TestConnectorInTypeScript(t *testing.T) {
	t.Parallel()
	needScripts(t, integrationsFolder, compileIntegrations)
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(map[string]any{})
		p := a.example("connector.ts", []string{"PARLEY_TOKEN=" + m.token}, m.channelID, "Ann")
		if _, err := io.WriteString(p.in, "Is there parking?\n"); err != nil {
			t.Fatal(err)
		}
		a.until("the message is there", func() bool {
			return strings.Contains(fmt.Sprint(a.do(adminToken, `query($in: ID!) { conversations(inboxId: $in, first: 5) { nodes { preview } } }`, map[string]any{"in": m.inboxID})), "Is there parking?")
		})
		conversationID := m.conversationOf("Ann")
		id, codes := m.answers(conversationID, "Yes.")
		if codes != "" {
			t.Fatal(codes)
		}
		if line := p.line(); line != "SEND "+id+" Yes." {
			t.Errorf("it shows %q", line)
		}
		a.until("it is reported", func() bool { return strings.Contains(m.shown(conversationID), "SENT") })
	})
}

// AG-5: the commands of docs/integrations.md answer a turn and leave it to people.
func TestBotOfThePage(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		r := a.worker(nil)
		c := r.site.chat("Quousque tandem?")
		if out := a.page("bot", "BOT_TOKEN="+r.token); !strings.Contains(out, `"sendMessage":{"message":{"id":"message_`) {
			t.Errorf("it answers %s", out)
		}
		a.reads(c, "Let me ask a colleague.")
		r.becomes(c.conversationID, "FAILED", "HANDED_OFF")
	})
}
