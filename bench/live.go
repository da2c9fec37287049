package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
)

const (
	// fanOut is how many subscribers one event goes to, and fanOutEvents how many
	// events are measured.
	fanOut       = 1000
	fanOutEvents = 100
	// burst is how many events come at once.
	burst = 40
	// idleSockets is how many subscriptions wait for nothing.
	idleSockets = 2000
	// settleTime is how long memory may take to settle.
	settleTime = 6 * time.Second
	// memoryBudget is what an idle subscription may keep, as a multiple of a raw
	// WebSocket.
	memoryBudget = 1.5
)

var fanOutBudget = budget{ratio: 0.7}

var fanOuts = []struct{ name, query string }{
	{"4 scalars", `subscription { events(types: [MESSAGE_CREATED]) { id sequence type occurredAt } }`},
	{"with an edge", `subscription { events(types: [MESSAGE_CREATED]) { sequence conversation { id subject status } } }`},
}

// live measures subscriptions: what an idle one keeps, what one event to many
// costs, and how long a message takes to the other side's socket.
func (b *bed) live(ctx context.Context, r *report) error {
	floor, err := b.program.floor(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = floor.stop() }()
	for _, f := range fanOuts {
		progress("measuring fan-out, %s", f.name)
		if err := b.fanOut(ctx, floor, f.name, f.query, r); err != nil {
			return err
		}
	}
	if err := b.pushes(ctx, r); err != nil {
		return err
	}
	return b.idle(ctx, r)
}

// fanOut has the same frame go to the same number of sockets from Parley and
// from the floor, one event after the other and then many at once.
func (b *bed) fanOut(ctx context.Context, floor *server, name, query string, r *report) error {
	own, err := openSubscribers(ctx, fanOut, b.client.url, b.token, query)
	if err != nil {
		return err
	}
	defer own.closeSockets()
	raw, err := openSubscribers(ctx, fanOut, floor.url+"/graphql", b.token, query)
	if err != nil {
		return err
	}
	defer raw.closeSockets()
	body, err := b.message(b.chats[0], sentText)
	if err != nil {
		return err
	}
	say := func() error { return b.send(ctx, 0, body) }
	if _, err := own.measureSpread(ctx, 1, say); err != nil {
		return err
	}
	frame := <-own.sample
	call := func() error { return broadcast(ctx, floor.url, frame) }
	one := func(c *subscribers, happen func() error) func() (time.Duration, error) {
		return func() (time.Duration, error) { return c.measureSpread(ctx, 1, happen) }
	}
	many := func(c *subscribers, happen func() error) func() (time.Duration, error) {
		return func() (time.Duration, error) {
			return c.measureSpread(ctx, burst, func() error {
				for range burst {
					if err := happen(); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	if err := compareSpread(r, b.conversations, "one event to 1,000, "+name, 1, fanOutEvents, one(own, say), one(raw, call)); err != nil {
		return err
	}
	return compareSpread(r, b.conversations, "burst of sends to 1,000, "+name, burst, 5, many(own, say), many(raw, call))
}

// compareSpread measures Parley and the floor in turns.
func compareSpread(r *report, conversations int, name string, events, rounds int, parley, floor func() (time.Duration, error)) error {
	var own, raw sample
	for range rounds {
		for _, m := range []struct {
			s  *sample
			do func() (time.Duration, error)
		}{{&own, parley}, {&raw, floor}} {
			took, err := m.do()
			if err != nil {
				return err
			}
			m.s.elapsed += took
			m.s.latencies = append(m.s.latencies, took)
		}
	}
	slices.Sort(own.latencies)
	delivered := float64(fanOut * events * rounds)
	found := result{
		Operation: name, Conversations: conversations, Floor: "raw WebSockets", FloorPerSecond: delivered / raw.elapsed.Seconds(),
		PerSecond: delivered / own.elapsed.Seconds(), P50: milliseconds(own.percentile(50)), P99: milliseconds(own.percentile(99)),
	}
	found.Ratio = found.PerSecond / found.FloorPerSecond
	r.addResult(found, fanOutBudget)
	return nil
}

func broadcast(ctx context.Context, url string, frame []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/broadcast", bytes.NewReader(frame))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// idle compares what subscriptions that wait keep resident, on fresh servers.
func (b *bed) idle(ctx context.Context, r *report) error {
	for _, s := range []struct{ name, query string }{
		{"events", `subscription { events { id sequence type } }`},
		{"messages", fmt.Sprintf(`subscription { messages(conversationId: %q) { sequence kind message { id text } } }`, b.chats[0])},
		{"conversationView", fmt.Sprintf(`subscription { conversationView(inboxId: %q, first: 20) { __typename ... on ViewChanges { sequence } } }`, b.inbox)},
	} {
		progress("measuring %d idle subscriptions, %s", idleSockets, s.name)
		floor, err := b.program.floor(ctx)
		if err != nil {
			return err
		}
		raw, err := b.idleEach(ctx, floor, floor.url+"/graphql", s.query)
		if err != nil {
			return err
		}
		if err := b.server.stop(); err != nil {
			return err
		}
		b.database.lean = true
		if err := b.serve(ctx, 1); err != nil {
			return err
		}
		own, err := b.idleEach(ctx, b.server, b.client.url, s.query)
		if err != nil {
			return err
		}
		_ = floor.stop()
		found := memory{Subscription: s.name, Sockets: idleSockets, Floor: raw, Parley: own, Ratio: own / raw, Budget: fmt.Sprintf("<= %.1f", memoryBudget), Unmet: []string{}}
		if found.Ratio > memoryBudget {
			found.Unmet = append(found.Unmet, "ratio")
		}
		r.Memory = append(r.Memory, found)
	}
	return nil
}

// idleEach returns how many kB each of many idle subscriptions takes.
func (b *bed) idleEach(ctx context.Context, s *server, url, query string) (float64, error) {
	warm, err := openSubscribers(ctx, 20, url, b.token, query)
	if err != nil {
		return 0, err
	}
	before := s.resident()
	all, err := openSubscribers(ctx, idleSockets, url, b.token, query)
	if err != nil {
		return 0, err
	}
	select {
	case <-time.After(settleTime):
	case <-ctx.Done():
	}
	each := float64(s.resident()-before) / idleSockets / 1024
	warm.closeSockets()
	all.closeSockets()
	return each, nil
}
