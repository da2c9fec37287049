package channeltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// traffic is messages that go both ways in several threads, each with a text of its own.
type traffic struct {
	t       *test
	threads []*thread
	// in and out are the texts of each thread, in their order.
	in, out [][]string
	sent    []string // the ids of what the team wrote
}

// killThreads is in how many threads messages go both ways.
const killThreads = 8

func (t *test) beginTraffic(ctx context.Context) (*traffic, error) {
	f := &traffic{t: t, in: make([][]string, killThreads), out: make([][]string, killThreads)}
	for range killThreads {
		th, err := t.open(ctx)
		if err != nil {
			return nil, err
		}
		f.threads = append(f.threads, th)
	}
	return f, nil
}

// burst has contacts and the team write, one to three messages each.
func (f *traffic) burst(ctx context.Context) error {
	for range 1 + f.t.chance.IntN(3) {
		if err := f.contactWrites(ctx, f.t.chance.IntN(killThreads)); err != nil {
			return err
		}
	}
	for range 1 + f.t.chance.IntN(3) {
		if err := f.teamWrites(ctx, f.t.chance.IntN(killThreads)); err != nil {
			return err
		}
	}
	return nil
}

func (f *traffic) contactWrites(ctx context.Context, n int) error {
	text := fmt.Sprintf("in %d.%d", n, len(f.in[n]))
	f.in[n] = append(f.in[n], text)
	_, err := f.t.medium.write(ctx, Incoming{Thread: f.threads[n].name, Text: text})
	return err
}

// teamWrites sends until Parley has acknowledged it, which may be down.
func (f *traffic) teamWrites(ctx context.Context, n int) error {
	text := fmt.Sprintf("out %d.%d", n, len(f.out[n]))
	f.out[n] = append(f.out[n], text)
	return f.t.until(ctx, func() error {
		messageID, err := f.t.parley.send(ctx, f.threads[n].conversation, text, nil)
		if err == nil {
			f.sent = append(f.sent, messageID)
		}
		return err
	})
}

// settled waits until no message is under way, has one more go through each thread, behind
// which nothing can hide, and counts.
func (f *traffic) settled(ctx context.Context) (string, error) {
	if err := f.await(ctx); err != nil {
		return "", err
	}
	for n := range killThreads {
		if err := errors.Join(f.contactWrites(ctx, n), f.teamWrites(ctx, n)); err != nil {
			return "", err
		}
	}
	if err := f.await(ctx); err != nil {
		return "", err
	}
	return f.count(ctx)
}

// longestRest is longer than Parley rests between the attempts at a message.
const longestRest = 17 * time.Minute

// await waits until no message is under way.
func (f *traffic) await(ctx context.Context) error {
	look, over := time.NewTicker(500*time.Millisecond), time.After(longestRest)
	defer look.Stop()
	for {
		open, err := f.open(ctx)
		if err != nil || open == 0 {
			return err
		}
		select {
		case <-look.C:
		case <-over:
			return fmt.Errorf("%d messages are under way for %s", open, longestRest)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// open is how many messages did not arrive, or are not reported.
func (f *traffic) open(ctx context.Context) (n int, err error) {
	for i, th := range f.threads {
		all, err := f.t.parley.messages(ctx, th.conversation)
		if err != nil {
			return 0, err
		}
		came := -1
		for _, m := range all {
			if m.Direction == "INCOMING" {
				came++
			} else if m.Delivery == "QUEUED" {
				n++
			}
		}
		n += max(len(f.in[i])-came, 0)
	}
	return n, nil
}

// count compares both sides.
func (f *traffic) count(ctx context.Context) (string, error) {
	var problems []error
	incoming, outgoing, failed := 0, 0, 0
	for i, th := range f.threads {
		all, err := f.t.parley.messages(ctx, th.conversation)
		if err != nil {
			return "", err
		}
		var came []string
		want := slices.Clone(f.out[i])
		for _, m := range all {
			if m.Direction == "INCOMING" {
				came = append(came, m.Text)
			} else if m.Delivery == "FAILED" {
				failed++
				problems = append(problems, fmt.Errorf("%q is FAILED: %s", m.Text, m.DeliveryError))
			}
		}
		got, err := f.t.medium.messages(ctx, th.name)
		if err != nil {
			return "", err
		}
		texts := make([]string, 0, len(got))
		for _, m := range got {
			texts = append(texts, m.Text)
		}
		incoming, outgoing = incoming+len(f.in[i]), outgoing+len(want)
		problems = append(problems, compare("contact's", f.in[i], came[min(1, len(came)):]), compare("team's", want, texts))
	}
	return fmt.Sprintf("%d messages in, %d out, none lost, none doubled", incoming, outgoing), errors.Join(problems...)
}

// compare says what of a thread was lost, doubled or came in another order; nil: nothing.
func compare(whose string, want, got []string) error {
	counts := map[string]int{}
	for _, text := range got {
		counts[text]++
	}
	var lost, doubled []string
	for _, text := range want {
		switch n := counts[text]; {
		case n == 0:
			lost = append(lost, text)
		case n > 1:
			doubled = append(doubled, text)
		}
		delete(counts, text)
	}
	switch {
	case len(lost)+len(doubled)+len(counts) > 0:
		return fmt.Errorf("of the %s messages, %d are lost (%s), %d doubled (%s), and %d unknown", whose, len(lost), quoted(lost), len(doubled), quoted(doubled), len(counts))
	case !slices.Equal(want, got):
		return fmt.Errorf("the %s messages came in another order: %s", whose, quoted(got))
	}
	return nil
}

func outlivesKills(ctx context.Context, t *test) (string, error) {
	f, err := t.beginTraffic(ctx)
	if err != nil {
		return "", err
	}
	inDoubt := 0
	for n := range t.Kills {
		if err := f.burst(ctx); err != nil {
			return "", err
		}
		// The connector lives from a moment, in which it has hardly connected, up to t.Every;
		// each tenth time it has five times as long, to settle what is in doubt.
		life := time.Duration(t.chance.Int64N(int64(t.Every)))
		if n%10 == 9 {
			life = 5 * t.Every
		}
		select {
		case <-time.After(life):
		case <-ctx.Done():
			return "", ctx.Err()
		}
		var caught held
		if n%2 == 1 && t.medium.does(doesHold) {
			if err := errors.Join(f.teamWrites(ctx, t.chance.IntN(killThreads)), t.medium.post(ctx, doesHold, request{}, &caught)); err != nil {
				return "", err
			}
		}
		if caught.Held {
			inDoubt++
		}
		t.connector.kill()
		if err := t.connector.start(ctx); err != nil {
			return "", err
		}
	}
	note, err := f.settled(ctx)
	switch {
	case err != nil:
	case !t.medium.does(doesHold):
		note += "; how many found a message in doubt is not known"
	case t.Kills > 1 && inDoubt == 0:
		return "", errors.New("none of the kills found a message that the connector was sending, so they prove nothing")
	default:
		note += fmt.Sprintf("; %d found a message in doubt", inDoubt)
	}
	return fmt.Sprintf("%d kills, %s", t.Kills, note), err
}

// parleyKills is how often Parley is killed.
const parleyKills = 3

func outlivesParley(ctx context.Context, t *test) (string, error) {
	f, err := t.beginTraffic(ctx)
	if err != nil {
		return "", err
	}
	for range parleyKills {
		for range 10 {
			if err := f.burst(ctx); err != nil {
				return "", err
			}
		}
		t.server.kill()
		for n := range killThreads { // contacts write all the same
			if err := f.contactWrites(ctx, n); err != nil {
				return "", err
			}
		}
		if err := t.server.start(ctx); err != nil {
			return "", err
		}
	}
	return f.settled(ctx)
}
