package channeltest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"time"

	"parley/internal/clock"
	"parley/internal/id"
)

// Options say what is tested.
type Options struct {
	// Connector is the command that runs the connector, its words separated by spaces.
	Connector string
	// Medium is the name of a double that is built in, or the address of another one.
	Medium string
	// URL and Token are a Parley server, and an admin's token. Without a URL, Server is run.
	URL, Token string
	// Server is the command that runs Parley, on the address and with the admin token
	// that the variables PARLEY_LISTEN and PARLEY_ADMIN_TOKEN give it.
	Server []string
	// Folder is where the connector and the server keep what they keep.
	Folder string
	// Kills is how often the connector is killed; Every is how long it lives at most.
	Kills int
	Every time.Duration
	// Only are the names of the checks to run; empty: all.
	Only []string
	// Patience is how long a check waits for what has to happen.
	Patience time.Duration
	Seed     uint64
	Clock    clock.Clock
	// Out gets a line for each check; Log what the connector and the server write.
	Out, Log io.Writer
}

// Outcome is how a check ended.
type Outcome string

// The outcomes. A check is skipped if the medium, or the channel, has no such thing.
const (
	OK      Outcome = "ok"
	Failed  Outcome = "FAILED"
	Skipped Outcome = "skipped"
)

// Result is a check that was run, or not.
type Result struct {
	Name    string
	Outcome Outcome
	Why     string
}

// check is a guarantee that connectors give.
type check struct {
	name, says string
	// needs are what the medium's double does, or the channel can; one that is missing skips it.
	needs []string
	run   func(ctx context.Context, t *test) (note string, err error)
}

// checks are all checks, in the order in which they are run.
var checks = []check{
	{"receive", "what a contact writes comes once, with its words as they are", nil, receives},
	{"duplicates", "what the medium brings 1,000 times is one message", []string{doesRepeat}, receivesOnce},
	{"order", "20 messages in a row keep their order, both ways", nil, keepsOrder},
	{"text", "a long answer with signs of markup arrives as it was written", nil, keepsText},
	{"replies", "an answer to a message names it, both ways", []string{"replies"}, namesReplies},
	{"files", "files arrive with the same bytes, both ways", []string{doesFiles, "attachmentTypes"}, carriesFiles},
	{"states", "an answer is SENT once the medium took it; receipts make it DELIVERED and READ", nil, reportsStates},
	{"refusals", "what the medium refuses is FAILED, with why, and holds up nothing", []string{doesRefuse}, reportsRefusals},
	{"unknown", "receipts of unknown messages do no harm", []string{doesReceipt}, ignoresUnknown},
	{"echoes", "what the team writes in the medium's app comes once, and is not sent; Parley's own come back as nothing", []string{doesEcho}, takesEchoes},
	{"changes", "what was sent can be edited and deleted", []string{"editing"}, changesMessages},
	{"window", "past the reply window, only templates go out, as templates", []string{"replyWindowSeconds", "templates"}, heedsWindow},
	{"strangers", "what the medium did not sign is refused", []string{doesForge}, refusesStrangers},
	{"restart", "Parley is killed three times: nothing is lost or doubled", []string{ownServer}, outlivesParley},
	{"kills", "the connector is killed while messages go both ways: nothing is lost or doubled", nil, outlivesKills},
	{"afterwards", "at the end, what the other checks saw is still there, and nothing else", nil, staysSo},
}

// ownServer is what checks need that restart Parley.
const ownServer = "server"

// Names are the names of all checks.
func Names() (names []string) {
	for _, c := range checks {
		names = append(names, c.name)
	}
	return names
}

// test is a run of the checks.
type test struct {
	Options
	medium    *control
	parley    *parley
	connector *program
	server    *program // nil: it is not this run's
	chance    *rand.Rand
	threads   int
	// came and got are what has to be on both sides at the end.
	came, got map[*thread][]string
}

// Run runs the checks, and returns what came of each. An error: they could not be run.
func Run(ctx context.Context, o Options) (results []Result, err error) {
	for _, name := range o.Only {
		if !slices.Contains(Names(), name) {
			return nil, fmt.Errorf("there is no check %q: want some of %s", name, strings.Join(Names(), ", "))
		}
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	t := &test{Options: o, came: map[*thread][]string{}, got: map[*thread][]string{}, chance: rand.New(rand.NewPCG(o.Seed, 1))} // not the double's, which asks for its own at any time
	defer t.stop()
	if err := t.startParties(ctx); err != nil {
		return nil, err
	}
	for _, c := range checks {
		if len(o.Only) > 0 && !slices.Contains(o.Only, c.name) {
			continue
		}
		r := t.runCheck(ctx, c)
		if ctx.Err() != nil {
			return results, context.Cause(ctx)
		}
		results = append(results, r)
		line := fmt.Sprintf("%-8s %-11s %s", r.Outcome, r.Name, c.says)
		if r.Why != "" {
			line += ": " + r.Why
		}
		_, _ = fmt.Fprintln(o.Out, line)
		if err := t.connector.ended(); err != nil {
			return results, err
		}
	}
	return results, nil
}

func (t *test) runCheck(ctx context.Context, c check) Result {
	for _, need := range c.needs {
		if !t.has(need) {
			why := fmt.Sprintf("the medium has no %q", need)
			if need == ownServer {
				why = "Parley is not the test's own"
			}
			return Result{c.name, Skipped, why}
		}
	}
	note, err := c.run(ctx, t)
	if err != nil {
		return Result{c.name, Failed, err.Error()}
	}
	return Result{c.name, OK, note}
}

func (t *test) has(need string) bool {
	if need == ownServer {
		return t.server != nil
	}
	return t.medium.does(need) || t.medium.can(need)
}

// startParties starts all parties, and makes the channel.
func (t *test) startParties(ctx context.Context) (err error) {
	address := t.Medium
	if !strings.Contains(address, "://") {
		if address, err = serveDouble(ctx, t.Medium, t.Clock, rand.New(rand.NewPCG(t.Seed, 2))); err != nil {
			return err
		}
	}
	if t.medium, err = openControl(ctx, address); err != nil {
		return err
	}
	t.parley = &parley{url: origin(t.URL), token: t.Token}
	if t.URL == "" {
		if err := t.startParley(ctx); err != nil {
			return err
		}
	}
	if err := t.parley.makeChannel(ctx, t.medium.says, id.New("test")); err != nil {
		return fmt.Errorf("make a channel: %w", err)
	}
	if t.URL != "" {
		_, _ = fmt.Fprintf(t.Out, "Made, and left there: the inbox %s, the channel %s and its token\n", t.parley.inbox, t.parley.channel)
	}
	t.connector = &program{command: strings.Fields(t.Connector), out: t.Log, env: []string{
		"PARLEY_URL=" + t.parley.url, "PARLEY_TOKEN=" + t.parley.connect, "PARLEY_CHANNEL=" + t.parley.channel, "STATE=" + t.Folder + "/connector.state",
	}}
	if len(t.connector.command) == 0 {
		return errors.New("there is no connector: want the command that runs it")
	}
	for name, value := range t.medium.says.Environment {
		t.connector.env = append(t.connector.env, name+"="+value)
	}
	return t.connector.start(ctx)
}

// startParley runs a server of the check's own, on an address that it keeps.
func (t *test) startParley(ctx context.Context) error {
	listen, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	t.parley = &parley{url: "http://" + listen, token: id.New("admin")}
	t.server = &program{command: t.Server, out: t.Log, ready: "GraphQL", env: []string{
		"PARLEY_LISTEN=" + listen, "PARLEY_DATA_DIR=" + t.Folder + "/parley", "PARLEY_ADMIN_TOKEN=" + t.parley.token, "PARLEY_LOG_LEVEL=error",
		"PARLEY_MAIL_LISTEN=off", "PARLEY_RATE_LIMIT=0", "PARLEY_STAFF_RATE_LIMIT=0",
	}}
	return t.server.start(ctx)
}

func (t *test) stop() {
	if t.connector != nil {
		t.connector.kill()
	}
	if t.server != nil {
		t.server.kill()
	}
}

func listenLocal(ctx context.Context) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
}

// until waits until something holds. It fails with what was last missing.
func (t *test) until(ctx context.Context, holds func() error) error {
	look, over := time.NewTicker(50*time.Millisecond), time.After(t.Patience)
	defer look.Stop()
	for {
		err := holds()
		if err == nil {
			return nil
		}
		if t.connector != nil {
			if over := t.connector.ended(); over != nil {
				return over
			}
		}
		select {
		case <-look.C:
		case <-over:
			return fmt.Errorf("%w, after %s", err, t.Patience)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// thread is a thread of a check, and its conversation.
type thread struct {
	name, key, conversation string
}

// open has a contact begin a thread.
func (t *test) open(ctx context.Context) (*thread, error) {
	t.threads++
	th := &thread{name: fmt.Sprintf("thread-%d", t.threads)}
	placed, err := t.medium.write(ctx, Incoming{Thread: th.name, Text: "Hello from " + th.name})
	if err != nil {
		return nil, err
	}
	th.key = placed.Thread
	return th, t.until(ctx, func() (err error) {
		if th.conversation, err = t.parley.conversation(ctx, th.key); err == nil && th.conversation == "" {
			err = fmt.Errorf("there is no conversation in Parley with the externalThreadId %q, in which a contact wrote", th.key)
		}
		return err
	})
}

// incoming waits until the contact's messages of a thread are the given ones, without the
// first.
func (t *test) incoming(ctx context.Context, th *thread, want ...string) (list []message, err error) {
	t.came[th] = want
	err = t.until(ctx, func() error {
		all, err := t.parley.messages(ctx, th.conversation)
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(all, func(m message) bool { return m.Direction != "INCOMING" })
		got := make([]string, 0, len(list))
		for _, m := range list[min(1, len(list)):] {
			got = append(got, m.Text)
		}
		if !slices.Equal(got, want) {
			return fmt.Errorf("in Parley are %s, want %s", quoted(got), quoted(want))
		}
		return nil
	})
	return list, err
}

// outgoing waits until the contact of a thread has the given messages, and no others.
func (t *test) outgoing(ctx context.Context, th *thread, want ...string) (list []Delivered, err error) {
	t.got[th] = want
	err = t.until(ctx, func() error {
		if list, err = t.medium.messages(ctx, th.name); err != nil {
			return err
		}
		got := make([]string, 0, len(list))
		for _, m := range list {
			if !m.Deleted {
				got = append(got, m.Text)
			}
		}
		if !slices.Equal(got, want) {
			return fmt.Errorf("the contact got %s, want %s", quoted(got), quoted(want))
		}
		return nil
	})
	return list, err
}

// becomes waits until a message has a state; what was DELIVERED or READ meanwhile was SENT.
func (t *test) becomes(ctx context.Context, messageID, state string) (m message, err error) {
	err = t.until(ctx, func() error {
		if m, err = t.parley.message(ctx, messageID); err != nil {
			return err
		}
		if m.Delivery != state && (state != "SENT" || m.Delivery != "DELIVERED" && m.Delivery != "READ") {
			return fmt.Errorf("the message %.40q is %s, want %s", m.Text, m.Delivery, state)
		}
		return nil
	})
	return m, err
}

// quoted lists texts; of many, the first.
func quoted(list []string) string {
	if len(list) > 5 {
		return fmt.Sprintf("%.40q and %d more", list[:5], len(list)-5)
	}
	return fmt.Sprintf("%.60q", list)
}
