package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/graph"
	"parley/internal/clock"
	"parley/internal/secret"
	"parley/internal/testkit"
)

// laptop is a running `parley listen`.
type laptop struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
}

// listenTo runs `parley listen` and returns when it follows the log.
func listenTo(t *testing.T, a *api, token, secret, to string, args ...string) *laptop {
	t.Helper()
	l := &laptop{cmd: program(context.Background(), []string{"PARLEY_URL=" + a.url, "PARLEY_TOKEN=" + token, "PARLEY_WEBHOOK_SECRET=" + secret}, append([]string{"listen", "--forward", to}, args...)...)}
	out, err := l.cmd.StdoutPipe()
	ok(t, err)
	l.cmd.Stderr = l.cmd.Stdout
	ok(t, l.cmd.Start())
	t.Cleanup(func() {
		_ = l.cmd.Process.Kill()
		_ = l.cmd.Wait()
	})
	l.lines = bufio.NewScanner(out)
	if !l.lines.Scan() || !strings.HasPrefix(l.lines.Text(), "From position") {
		t.Fatalf("listen says %q", l.lines.Text())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return l
}

// reader makes a token of an integration that may read the office's inbox.
func (o *office) reader() string {
	o.t.Helper()
	made := o.do(adminToken, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token userErrors { message field } } }`,
		input("name", "Laptop", "scopes", []string{"read"}, "inboxIds", []string{o.site.inboxID}))
	return text(made, "createApiToken", "token")
}

const laptopSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// DX-4: what `parley listen` forwards is what a webhook of the same integration carries, signed
// as it is, and tried until it is answered.
func TestListenForwardsWebhooks(t *testing.T) {
	t.Parallel()
	eachHooked(t, clock.System{}, func(t *testing.T, o *office) {
		var busy atomic.Int32
		local := newReceiver(t, func(w http.ResponseWriter, r received) {
			if r.kind == "CONVERSATION_CLOSED" && busy.Add(1) <= 2 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})
		public := newReceiver(t, nil)
		o.hook(public.URL)
		listenTo(t, o.api, o.reader(), laptopSecret, local.URL, "--types", "message.created,CONVERSATION_ASSIGNED,conversation.closed,CONVERSATION_TAGGED,CONVERSATION_UPDATED,CONVERSATION_REOPENED,CONVERSATION_SNOOZED")
		c := o.site.chat("Where is my order?")
		o.assign(adminToken, c.conversationID, o.ben)
		change := func(mutation, inputType string, more ...any) {
			t.Helper()
			if got := o.codes(adminToken, mutation, inputType, append([]any{"conversationId", c.conversationID}, more...)...); got != "" {
				t.Fatalf("%s: %s", mutation, got)
			}
		}
		change("setConversationPriority", "SetConversationPriorityInput", "priority", "HIGH")
		change("tagConversation", "TagConversationInput", "tags", []string{"parcel", "late"})
		change("snoozeConversation", "SnoozeConversationInput", "until", time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
		o.writes(c, "Hello?")
		change("closeConversation", "CloseConversationInput")
		change("reopenConversation", "ReopenConversationInput")
		local.count(t, "CONVERSATION_REOPENED", 1)
		public.count(t, "CONVERSATION_REOPENED", 1)
		sent := map[int]string{}
		for _, g := range public.all() {
			sent[g.sequence] = string(g.raw)
		}
		last, seen, kinds := 0, map[int]int{}, map[string]bool{}
		for _, g := range local.all() {
			verified(t, laptopSecret, g)
			if g.sequence < last {
				t.Errorf("%d came after %d", g.sequence, last)
			}
			last = g.sequence
			seen[g.sequence]++
			kinds[g.kind] = true
			if want := sent[g.sequence]; string(g.raw) != want {
				t.Errorf("%s:\ngot  %s\nwant %s", g.kind, g.raw, want)
			}
			if g.id != text(g.body, "data", "event", "id") {
				t.Errorf("%s has the webhook-id %s", g.kind, g.id)
			}
			if g.kind != "CONVERSATION_CLOSED" && seen[g.sequence] != 1 {
				t.Errorf("%s came %d times", g.kind, seen[g.sequence])
			}
		}
		if busy.Load() != 3 {
			t.Errorf("what was answered by 503 came %d times, want 3", busy.Load())
		}
		for _, kind := range []string{"MESSAGE_CREATED", "CONVERSATION_ASSIGNED", "CONVERSATION_CLOSED", "CONVERSATION_UPDATED", "CONVERSATION_TAGGED", "CONVERSATION_SNOOZED", "CONVERSATION_REOPENED"} {
			if !kinds[kind] {
				t.Errorf("%s did not come: %v", kind, kindsOfReceived(local.all()))
			}
		}
	})
}

// DX-4: a server that is killed, and a listener that is, miss nothing.
func TestListenGoesOn(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		ok(t, err)
		ok(t, free.Close())
		env := append(serverEnv(t, db, secret.GenerateKey()), "PARLEY_LISTEN="+free.Addr().String())
		s := startServer(t, env...)
		site := s.channel()
		c := site.chat("0")
		local := newReceiver(t, nil)
		l := listenTo(t, &s.api, adminToken, laptopSecret, local.URL, "--types", "MESSAGE_CREATED", "--after", "0")
		local.count(t, "MESSAGE_CREATED", 1)
		for n := range 3 {
			s.writes(c, fmt.Sprint("before ", n))
			s.kill()
			s = startServer(t, env...)
			s.writes(c, fmt.Sprint("after ", n))
		}
		got := local.count(t, "MESSAGE_CREATED", 7)
		_ = l.cmd.Process.Kill()
		_ = l.cmd.Wait()
		s.writes(c, "while no one listens")
		listenTo(t, &s.api, adminToken, laptopSecret, local.URL, "--types", "MESSAGE_CREATED", "--after", strconv.Itoa(got[6].sequence))
		got = local.count(t, "MESSAGE_CREATED", 8)
		sequences := map[int]bool{}
		for _, g := range got {
			sequences[g.sequence] = true
		}
		if len(sequences) != 8 {
			t.Errorf("%d messages of 8 came: %v", len(sequences), kindsOfReceived(got))
		}
	})
}

// DX-4: a sample of each type goes out by `parley trigger`, signed; what cannot be is said.
func TestTrigger(t *testing.T) {
	t.Parallel()
	local := newReceiver(t, func(w http.ResponseWriter, r received) {
		if r.kind == "TAG_MERGED" {
			w.WriteHeader(http.StatusTeapot)
		}
	})
	run := func(args ...string) (string, error) {
		out, err := program(t.Context(), nil, args...).CombinedOutput()
		return string(bytes.TrimSpace(out)), err
	}
	for n, given := range []string{"message.created", "CONVERSATION_TAGGED", "Conversation.Closed"} {
		if out, err := run("trigger", given, "--forward", local.URL, "--secret", laptopSecret); err != nil || !strings.Contains(out, "200") {
			t.Errorf("%s: %v, %s", given, err, out)
		}
		g := local.all()[n]
		verified(t, laptopSecret, g)
		if g.kind != strings.ToUpper(strings.ReplaceAll(given, ".", "_")) || g.sequence != 4711 || text(g.body, "data", "event", "actor", "kind") != "AGENT" {
			t.Errorf("%s: got %s", given, g.raw)
		}
	}
	if out, err := run("trigger", "message.created", "--forward", local.URL); err != nil || !strings.Contains(out, "whsec_") {
		t.Errorf("without a secret: %v, %s", err, out)
	}
	for want, args := range map[string][]string{
		"there is no event type":   {"trigger", "message.eaten", "--forward", local.URL},
		"--forward":                {"trigger", "message.created", "--forward", "localhost"},
		"the secret is none":       {"trigger", "message.created", "--forward", local.URL, "--secret", "hush"},
		"was not answered":         {"trigger", "tag.merged", "--forward", local.URL, "--secret", laptopSecret},
		"--after -1":               {"listen", "--forward", local.URL, "--token", "x", "--after=-1"},
		"--types: there is no":     {"listen", "--forward", local.URL, "--token", "x", "--types", "nothing"},
		"PARLEY_URL":               {"listen", "--forward", local.URL, "--token", "x", "--url", "nowhere"},
		"missing flags: --forward": {"listen", "--token", "x"},
	} {
		if out, err := run(args...); err == nil || !strings.Contains(out, want) {
			t.Errorf("%v: %v, %s, want %q", args, err, out, want)
		}
	}
}

// DX-4: every type's sample can be sent.
func TestEveryTypeHasASample(t *testing.T) {
	t.Parallel()
	for _, v := range graph.PublicSchema().Types["EventType"].EnumValues {
		sample, err := sampleOf(v.Name)
		ok(t, err)
		if body, err := sample.Body(); err != nil || !bytes.Contains(body, []byte(`"type":"`+v.Name+`"`)) {
			t.Errorf("%s: %v, %s", v.Name, err, body)
		}
	}
}

// DX-4: a token that may not read is refused at once, not tried for ever.
func TestListenIsRefused(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		for what, args := range map[string][]string{"the token": {"--token", "parley_wrong"}, "the position": {"--token", adminToken, "--after", "999999"}} {
			out, err := program(t.Context(), nil, append([]string{"listen", "--url", a.url, "--forward", "http://127.0.0.1:1", "--secret", laptopSecret}, args...)...).CombinedOutput()
			if err == nil {
				t.Errorf("%s: %s", what, out)
			}
		}
	})
}
