package conversation_test

import (
	"context"
	"testing"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// open gives the chat channel of the first inbox operating hours.
func (d *suite) open(hours ...vocab.Hours) {
	d.T.Helper()
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.Channel.Get(ctx, d.ChannelIDs[0])
		if err != nil {
			return err
		}
		c.Availability.Hours, c.Availability.TimeZone = hours, "UTC"
		return tx.Client.Channel.UpdateOne(c).SetAvailability(c.Availability).Exec(ctx)
	})
}

// response is what a conversation says of its first response.
func response(c *ent.Conversation) []any {
	seconds, business := conversation.FirstResponse(c)
	value := func(n *int) any {
		if n == nil {
			return nil
		}
		return *n
	}
	return []any{c.FirstRespondedAt, c.FirstRespondedBy, value(seconds), value(business)}
}

// IN-32: the first response is a person's first message after the contact's first one.
// A note is none, and what comes later changes nothing.
func TestFirstResponse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Is anyone there?").ID
		d.Clock.Advance(90*time.Second + time.Millisecond)
		d.VisitorWrites(c, 0, "Hello?")
		d.AgentNotes(d.Agent(0), c, "I know them")
		check.Same(t, response(d.Row(c)), []any{clock.Micros(0), "", nil, nil})
		check.Same(t, d.Row(c).WaitingSince != clock.Never, true)
		events := d.Recorded(func() { d.AgentSays(d.Agent(1), c, "Here I am") })
		at := d.Row(c).FirstRespondedAt
		check.Same(t, events, []string{
			"MESSAGE_CREATED firstRespondedAt:>" + at.String(), "CONVERSATION_ASSIGNED assignee:>" + d.AgentIDs[1], "CONVERSATION_READ readNumber:>2",
		})
		want := []any{at, d.AgentIDs[1], 90, nil}
		check.Same(t, response(d.Row(c)), want)
		d.Clock.Advance(time.Hour)
		d.AgentSays(d.Agent(0), c, "And me")
		d.MustClose(c)
		d.VisitorWrites(c, 0, "One more thing")
		d.AgentSays(d.Agent(0), c, "Yes?")
		check.Same(t, response(d.Row(c)), want)
	})
}

// IN-32: business time is what lies within the operating hours of the inbox's chat
// channel, and null without any.
func TestFirstResponseInBusinessTime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		from := d.Clock.Now().UTC()
		day := []vocab.Weekday{vocab.Sunday, vocab.Monday, vocab.Tuesday, vocab.Wednesday, vocab.Thursday, vocab.Friday, vocab.Saturday}[from.Weekday()]
		start := from.Add(30 * time.Minute).Truncate(time.Minute)
		d.open(vocab.Hours{Day: day, From: start.Format("15:04"), To: start.Add(20 * time.Minute).Format("15:04")})
		c := d.StartChat(0, "Hello").ID
		d.Clock.Advance(2 * time.Hour)
		d.AgentSays(d.Agent(0), c, "Hello")
		seconds, business := conversation.FirstResponse(d.Row(c))
		check.Same(t, []int{*seconds, *business}, []int{7200, 1200})
	})
}

// IN-32: reopenings are counted, by hand and by the contact; who closed it resolved
// it, until it opens again, and Parley itself resolves nothing.
func TestResolvedAndReopened(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Hello").ID
		facts := func() []any { return []any{d.Row(c).ResolvedBy, d.Row(c).ReopenCount} }
		check.Same(t, facts(), []any{"", 0})
		check.Must(d.Close(d.Agent(1), conversation.CloseConversationInput{Target: conversation.On(c)}))(t)
		check.Same(t, facts(), []any{d.AgentIDs[1], 0})
		check.Must(d.Reopen(d.Agent(0), conversation.ReopenConversationInput{Target: conversation.On(c)}))(t)
		check.Same(t, facts(), []any{"", 1})
		check.Must(d.Reopen(d.Agent(0), conversation.ReopenConversationInput{Target: conversation.On(c)}))(t)
		check.Same(t, facts(), []any{"", 1})
		check.Must(d.Close(d.Agent(0), conversation.CloseConversationInput{Target: conversation.On(c)}))(t)
		d.VisitorWrites(c, 0, "Wait")
		check.Same(t, facts(), []any{"", 2})
	})
}

// IN-3: whose turn it is to write, by who wrote last; notes do not count.
func TestWaitingOn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Hello").ID
		check.Same(t, conversation.AwaitedOf(d.Row(c)), vocab.WaitingOnTeam)
		d.AgentNotes(d.Agent(0), c, "A note")
		check.Same(t, conversation.AwaitedOf(d.Row(c)), vocab.WaitingOnTeam)
		d.AgentSays(d.Agent(0), c, "Hello")
		check.Same(t, conversation.AwaitedOf(d.Row(c)), vocab.WaitingOnContact)
		d.MustClose(c)
		d.VisitorWrites(c, 0, "Again")
		check.Same(t, conversation.AwaitedOf(d.Row(c)), vocab.WaitingOnTeam)
		check.Same(t, conversation.AwaitedOf(&ent.Conversation{}), vocab.WaitingOn(""))
	})
}

// IN-8: from when on a conversation can be closed, while a bot has it.
func TestClosableAt(t *testing.T) {
	t.Parallel()
	c := &ent.Conversation{Status: vocab.Open, BotState: vocab.BotActive, VisitorActiveAt: clock.Micros(1)}
	check.Same(t, conversation.ClosableAt(c), clock.Micros(1).Add(conversation.BotLock))
	c.BotState = vocab.BotHandedOff
	check.Same(t, conversation.ClosableAt(c), clock.Micros(0))
	c.BotState, c.Status = vocab.BotEnded, vocab.Closed
	check.Same(t, conversation.ClosableAt(c), clock.Micros(0))
}
