package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	// pushRate is how many messages are sent in a second, pushTime how long.
	pushRate = 500
	pushTime = 10 * time.Second
	// pushChats is how many chats they go to, each with a subscriber on both sides.
	pushChats = 20
)

var pushBudget = budget{median: 3 * time.Millisecond, p99: 10 * time.Millisecond}

// talk is a chat, and its visitor's token.
type talk struct{ id, visitor string }

// talks begins chats of new visitors.
func (b *bed) talks(ctx context.Context) ([]talk, error) {
	var found struct {
		Inbox struct {
			ChatChannel struct {
				Key              string
				TargetedMessages struct{ Nodes []struct{ ID, State string } }
			}
		}
	}
	if err := b.client.queryAnswer(ctx, b.token, `query($id: ID!) { inbox(id: $id) { chatChannel { key targetedMessages { nodes { id state } } } } }`,
		map[string]any{"id": b.inbox}, &found); err != nil {
		return nil, err
	}
	channel := found.Inbox.ChatChannel
	on := slices.IndexFunc(channel.TargetedMessages.Nodes, func(m struct{ ID, State string }) bool { return m.State == "ON" })
	if on < 0 {
		return nil, errors.New("the inbox's channel has no targeted message that is on")
	}
	list := make([]talk, pushChats)
	for i := range list {
		var session struct{ StartVisitorSession struct{ Token string } }
		if err := b.client.queryAnswer(ctx, "", `mutation($k: String!) { startVisitorSession(input: {channelKey: $k}) { token } }`, map[string]any{"k": channel.Key}, &session); err != nil {
			return nil, err
		}
		list[i].visitor = session.StartVisitorSession.Token
		var chat struct {
			StartChat struct{ Conversation struct{ ID string } }
		}
		if err := b.client.queryAnswer(ctx, list[i].visitor, `mutation($m: ID!) { startChat(input: {targetedMessageId: $m, text: "Hello", pageUrl: "https://shop.example/"}) { conversation { id } } }`,
			map[string]any{"m": channel.TargetedMessages.Nodes[on].ID}, &chat); err != nil {
			return nil, err
		}
		list[i].id = chat.StartChat.Conversation.ID
	}
	return list, nil
}

// pushes measures both directions.
func (b *bed) pushes(ctx context.Context, r *report) error {
	talks, err := b.talks(ctx)
	if err != nil {
		return fmt.Errorf("begin chats: %w", err)
	}
	const thread = `subscription($id: ID!) { messages(conversationId: $id) { sequence message { text } } }`
	const visitors = `subscription($id: ID!) { visitorConversation(conversationId: $id) { ... on VisitorMessageChange { cursor message { text } } } }`
	for _, d := range []struct {
		name, query, mutation string
		reader, writer        func(talk) string
	}{
		{"push to the agent", thread, "sendVisitorMessage", func(talk) string { return b.token }, func(t talk) string { return t.visitor }},
		{"push to the visitor", visitors, "sendMessage", func(t talk) string { return t.visitor }, func(talk) string { return b.token }},
	} {
		progress("measuring %s", d.name)
		p := &push{bed: b, called: map[int]time.Time{}, acknowledged: map[int]time.Time{}}
		for _, t := range talks {
			conn, err := subscribe(ctx, b.client.url, d.reader(t), d.query, map[string]any{"id": t.id})
			if err != nil {
				return err
			}
			p.conns = append(p.conns, conn)
		}
		if err := p.run(ctx, talks, d.mutation, d.writer); err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		p.addResults(r, d.name, b.conversations)
	}
	return nil
}

// push is messages on their way.
type push struct {
	bed   *bed
	conns []*websocket.Conn

	mu           sync.Mutex
	called       map[int]time.Time
	acknowledged map[int]time.Time
	calls, acks  sample
	err          error
}

var numbered = regexp.MustCompile(`push-(\d+)`)

// run sends at an even pace, whether or not earlier messages were answered.
func (p *push) run(ctx context.Context, talks []talk, mutation string, writer func(talk) string) error {
	arrivals := make([]map[int]time.Time, len(p.conns))
	var reading, sending sync.WaitGroup
	for i, conn := range p.conns {
		arrivals[i] = map[int]time.Time{}
		reading.Go(func() { p.recordArrivals(conn, arrivals[i]) })
	}
	callers := newClient(p.bed.server.url, pushRate)
	pace := time.NewTicker(time.Second / pushRate)
	defer pace.Stop()
	total := pushRate * int(pushTime/time.Second)
	for n := range total {
		select {
		case <-pace.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		t := talks[n%len(talks)]
		sending.Go(func() { p.sendMessage(ctx, callers, n, mutation, writer(t), t.id) })
	}
	sending.Wait()
	late := time.After(2 * time.Second) // what is under way arrives
	<-late
	for _, conn := range p.conns {
		_ = conn.CloseNow()
	}
	reading.Wait()
	return errors.Join(p.err, p.compareArrivals(arrivals, total))
}

func (p *push) sendMessage(ctx context.Context, callers *client, n int, mutation, token, conversation string) {
	input := map[string]any{"conversationId": conversation, "text": fmt.Sprintf("push-%d %s", n, sentText)}
	name := "SendMessageInput"
	if mutation == "sendVisitorMessage" {
		name = "SendVisitorMessageInput"
	}
	body, err := request(fmt.Sprintf(`mutation($in: %s!) { %s(input: $in) { message { id } userErrors { message } } }`, name, mutation), map[string]any{"in": input})
	called := time.Now()
	if err == nil {
		_, err = callers.post(ctx, n%pushRate, token, body)
	}
	answered := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.called[n], p.acknowledged[n] = called, answered
	p.err = errors.Join(p.err, err)
}

func (p *push) recordArrivals(conn *websocket.Conn, arrivals map[int]time.Time) {
	for {
		_, frame, err := conn.Read(context.Background())
		now := time.Now()
		if err != nil {
			return
		}
		var got struct{ Type string }
		if json.Unmarshal(frame, &got) != nil || got.Type != "next" {
			continue
		}
		if found := numbered.FindSubmatch(frame); found != nil {
			n, _ := strconv.Atoi(string(found[1]))
			arrivals[n] = now
		}
	}
}

// compareArrivals holds what was sent against what arrived: all of it, once.
func (p *push) compareArrivals(arrivals []map[int]time.Time, total int) error {
	arrived := 0
	for _, list := range arrivals {
		for n, at := range list {
			arrived++
			p.calls.latencies = append(p.calls.latencies, at.Sub(p.called[n]))
			p.acks.latencies = append(p.acks.latencies, max(0, at.Sub(p.acknowledged[n])))
		}
	}
	slices.Sort(p.calls.latencies)
	slices.Sort(p.acks.latencies)
	if arrived != total {
		return fmt.Errorf("%d of %d messages arrived", arrived, total)
	}
	return nil
}

func (p *push) addResults(r *report, name string, conversations int) {
	for _, s := range []struct {
		name string
		of   sample
		b    budget
	}{{" at 500/s, from the call", p.calls, pushBudget}, {" at 500/s, from the answer", p.acks, budget{}}} {
		r.addResult(result{Operation: name + s.name, Conversations: conversations, P50: milliseconds(s.of.percentile(50)), P99: milliseconds(s.of.percentile(99))}, s.b)
	}
}
