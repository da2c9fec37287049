package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/internal/clock"
)

// block is a piece of a page between fences: ```language kind.
type block struct{ language, kind, text string }

var fenced = regexp.MustCompile("(?ms)^```([a-z]+) ?([a-z]*)\n(.*?)^```$")

// blocks reads those of a page, whose path is the repository's.
func blocks(t *testing.T, path string) (list []block) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("../..", path))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range fenced.FindAllStringSubmatch(string(page), -1) {
		list = append(list, block{m[1], m[2], m[3]})
	}
	if n := strings.Count("\n"+string(page), "\n```"); n != 2*len(list) {
		t.Fatalf("%s has %d fences and %d blocks", path, n, len(list))
	}
	return list
}

// Every command and every operation of docs/live.md runs as it stands there, and
// so does what the README says of live results.
func TestLivePage(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		inbox := a.channel()
		topic := inbox.chat("Where is my parcel?")
		variables := map[string]any{"inboxId": inbox.inboxID, "conversationId": topic.conversationID}
		cursor := at(a.do(topic.visitor, `query($id: ID!) { visitorConversation(id: $id) { cursor } }`, map[string]any{"id": topic.conversationID}), "visitorConversation", "cursor")
		a.do(adminToken, sendMutation, map[string]any{"in": map[string]any{"conversationId": topic.conversationID, "text": "On its way."}})
		for _, b := range append(blocks(t, "docs/live.md"), blocks(t, "README.md")...) {
			token := adminToken
			variables["after"] = any(0)
			if b.kind == "visitor" {
				token = topic.visitor
				variables["after"] = cursor
			}
			switch {
			case b.kind == "trusted" || b.kind == "story" || b.kind == "mail" || b.language == "": // have tests of their own
			case b.language == "graphql" && strings.HasPrefix(b.text, "subscription"):
				if first := a.hear(a.listen(token, b.text, variables)); len(first) != 1 {
					t.Errorf("%s\nbegins with %v", b.text, first)
				}
			case b.language == "graphql":
				a.do(token, b.text, variables)
			case b.kind == "follow":
				follow(t, b.text, a.url)
			default:
				if out := shell(t, b.text, t.TempDir(), a.url); !strings.Contains(out, `"data":{`) || strings.Contains(out, `"errors"`) {
					t.Errorf("%s\nanswers %s", b.text, out)
				}
			}
		}
	})
}

// What the page says of trusted documents: a server that has the file which the
// page makes runs its document, and no other.
func TestTrustedDocumentsOfThePage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var prepare, ask string
	for _, b := range blocks(t, "docs/live.md") {
		if b.kind == "trusted" {
			prepare, ask = ask, b.text
		}
	}
	shell(t, prepare, dir, "")
	s := startServer(t, "PARLEY_DATA_DIR="+t.TempDir(), "PARLEY_ADMIN_TOKEN="+adminToken, "PARLEY_TRUSTED_DOCUMENTS="+filepath.Join(dir, "trusted.json"))
	if out := shell(t, ask, dir, s.url); !strings.Contains(out, "headSequence") {
		t.Errorf("%s\nanswers %s", ask, out)
	}
	other := s.ask(adminToken, `{ viewer { kind } }`, nil)
	if len(other.Errors) != 1 || other.Errors[0].Extensions["code"] != "PERSISTED_QUERY_NOT_IN_LIST" {
		t.Errorf("another document: %+v", other)
	}
}

// command is a block of the page, to be run in a folder.
func command(ctx context.Context, text, dir, url string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", text)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "API="+url+"/graphql", "TOKEN="+adminToken)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Stderr = os.Stderr
	return cmd
}

// shell runs commands to their end and returns what they print.
func shell(t *testing.T, text, dir, url string) string {
	t.Helper()
	out, err := command(t.Context(), text, dir, url).Output()
	if err != nil {
		t.Errorf("%s\n%v", text, err)
	}
	return string(out)
}

// follow runs a command that does not end by itself, until the first result.
func follow(t *testing.T, text, url string) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	cmd := command(ctx, text, "", url)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	shown := firstResult(out)
	stop()
	_ = cmd.Wait()
	if !strings.Contains(shown, `data: {"data":{`) || strings.Contains(shown, `"errors"`) {
		t.Errorf("%s\nshows %s", text, shown)
	}
}

// firstResult reads a stream of events up to the first that is no comment.
func firstResult(out io.Reader) string {
	var shown strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		shown.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "data:") {
			break
		}
	}
	return shown.String()
}
