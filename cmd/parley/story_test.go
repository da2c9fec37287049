package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/clock"
)

// The README's story runs as it stands there, with curl alone, and its events
// tell it without a gap (NT-3).
func TestStory(t *testing.T) {
	t.Parallel()
	script := readmeStory(t)
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		before := a.head()
		shell := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script)
		shell.Env = append(os.Environ(), "API="+a.url+"/graphql", "TOKEN="+adminToken)
		var shown strings.Builder
		shell.Stderr = &shown
		out, err := shell.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, shown.String())
		}
		if strings.Contains(shown.String(), `"errors"`) || strings.Contains(shown.String(), `"code"`) {
			t.Errorf("the story met an error:\n%s", shown.String())
		}
		if !strings.Contains(shown.String(), `"text":"We do. It takes four days."`) {
			t.Errorf("the visitor did not read the answer:\n%s", shown.String())
		}
		var log answer
		if err := json.Unmarshal(lastLine(out), &log); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		var types []string
		edges, _ := at(log.Data, "events", "edges").([]any)
		for i, e := range edges {
			if n, _ := at(e, "node", "sequence").(float64); int(n) != i+1 {
				t.Errorf("the %d. event has sequence %v", i+1, n)
			}
			types = append(types, text(e, "node", "type"))
		}
		told := slices.DeleteFunc(types[min(before, len(types)):], func(t string) bool {
			return t == "TRANSCRIPT_SENT" // by a reaction to the close, if it is there before the chat is open again
		})
		want := []string{
			"INBOX_CREATED", "MEMBER_ADDED", "CHANNEL_CREATED", "TARGETED_MESSAGE_CREATED", "TARGETED_MESSAGE_PUBLISHED",
			"CONVERSATION_CREATED", "MESSAGE_CREATED", "CONTACT_CREATED", "CONTACT_LINKED", "CONVERSATION_ASSIGNED",
			"MESSAGE_CREATED", "CONVERSATION_READ", "CONVERSATION_CLOSED", "MESSAGE_CREATED", "CONVERSATION_REOPENED",
			"CONVERSATION_FILTERED", "CONVERSATION_UNFILTERED", "CONVERSATION_FILTERED", "CONTACT_BLOCKED",
			"CONVERSATION_UNFILTERED", "CONTACT_UNBLOCKED", "CONVERSATION_DELETED", "CONVERSATION_RESTORED",
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Error(diff)
		}
	})
}

// head returns the sequence of the newest event.
func (a *api) head() int {
	a.t.Helper()
	data := a.do(adminToken, `{ viewer { account { headSequence } } }`, nil)
	n, _ := at(data, "viewer", "account", "headSequence").(float64)
	return int(n)
}

// The README's story of a mail runs after the other one.
func TestStoryOfAMail(t *testing.T) {
	t.Parallel()
	helpers, _, _ := strings.Cut(readmeBlock(t, "story"), "# An admin creates")
	script := helpers + readmeBlock(t, "mail")
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		shell := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script)
		shell.Env = append(os.Environ(), "API="+a.url+"/graphql", "TOKEN="+adminToken, "MAIL=smtp://"+a.smtp)
		var shown strings.Builder
		shell.Stderr = &shown
		out, err := shell.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, shown.String())
		}
		var sent answer
		if err := json.Unmarshal(lastLine(out), &sent); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		if got := text(sent.Data, "sendMessage", "message", "email", "subject"); got != "Re: An invoice, please" {
			t.Errorf("the answer is %v", sent.Data)
		}
	})
}

func readmeStory(t *testing.T) string { return readmeBlock(t, "story") }

func readmeBlock(t *testing.T, name string) string {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(readme), "```bash "+name+"\n")
	script, _, closed := strings.Cut(after, "\n```")
	if !found || !closed {
		t.Fatalf("the README has no %s", name)
	}
	return script
}

func lastLine(out []byte) []byte {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return []byte(lines[len(lines)-1])
}
