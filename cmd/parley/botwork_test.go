package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/secret"
	"parley/internal/testkit"
)

// robot is a bot that has work, and its worker's token.
type robot struct {
	*api
	id, token string
	site      *channel
}

// worker makes a bot that answers a channel's chats.
func (a *api) worker(bot map[string]any) *robot {
	a.t.Helper()
	r := &robot{api: a}
	r.id, _, r.site = a.botsChat(bot)
	r.token = a.workToken(r.id)
	return r
}

func (a *api) workToken(botID string) string {
	a.t.Helper()
	granted := a.do(adminToken, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token userErrors { message } } }`,
		input("name", "Worker", "botId", botID, "scopes", []string{"conversations:read", "conversations:write", "bots:work"}))
	return text(granted, "createApiToken", "token")
}

// assignment is an item that a worker gets.
type assignment struct {
	runID, conversationID, reason string
	turn                          int
	leased                        bool
}

const work = `subscription($n: Int) { botWork(atOnce: $n) { runId turn reason leaseUntil conversation { id } } }`

func (r *robot) work(n int) *socket { return r.listen(r.token, work, map[string]any{"n": n}) }

func (r *robot) take(s *socket) assignment {
	r.t.Helper()
	item := at(r.hear(s), "botWork")
	turn, _ := at(item, "turn").(float64)
	return assignment{text(item, "runId"), text(item, "conversation", "id"), text(item, "reason"), int(turn), text(item, "leaseUntil") != ""}
}

// expect takes the next item, which must have a reason and a conversation.
func (r *robot) expect(s *socket, reason, conversationID string) assignment {
	r.t.Helper()
	got := r.take(s)
	if got.reason != reason || got.conversationID != conversationID || got.leased != (reason == "CONTACT_WROTE") {
		r.t.Fatalf("got %+v, want %s of %s", got, reason, conversationID)
	}
	return got
}

func (r *robot) step(token string, d assignment, more ...any) string {
	r.t.Helper()
	return r.codes(token, "reportAgentStep", "ReportAgentStepInput", append([]any{"runId", d.runID, "turn", d.turn, "kind", "ACTION", "text", "Looking"}, more...)...)
}

func (r *robot) reply(d assignment) string {
	r.t.Helper()
	return r.codes(r.token, "sendMessage", "SendMessageInput", "conversationId", d.conversationID, "turn", d.turn, "text", "It is on its way.")
}

func (r *robot) writes(c chat, words string) {
	r.t.Helper()
	r.do(c.visitor, `mutation($in: SendVisitorMessageInput!) { sendVisitorMessage(input: $in) { userErrors { message } } }`, input("conversationId", c.conversationID, "text", words))
}

// run is the last run of a conversation, and who has it.
func (r *robot) run(conversationID string) any {
	r.t.Helper()
	return at(r.do(adminToken, `query($id: ID!) { conversation(id: $id) { botState agentRuns { id state turn reason endedAt aliveAt bot { id } steps { nodes { number kind text ephemeral } } } } }`,
		map[string]any{"id": conversationID}), "conversation")
}

func (r *robot) becomes(conversationID, state, botState string) {
	r.t.Helper()
	r.until("the run is "+state+" and the bot "+botState, func() bool {
		c := r.run(conversationID)
		return text(c, "agentRuns", 0, "state") == state && text(c, "botState") == botState
	})
}

// AG-1, AG-5: a worker gets the turn, says what it does, and answers; the contact's next
// message is the next turn, of which the old one's worker hears first.
func TestBotWork(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		r := a.worker(nil)
		chat := r.site.chat("Where is my order?")
		s := r.work(3)
		first := r.expect(s, "CONTACT_WROTE", chat.conversationID)
		if got := r.step(r.token, first, "ephemeral", true) + r.step(r.token, first, "kind", "RESULT", "text", "Found it", "idempotencyKey", "1") +
			r.step(r.token, first, "kind", "RESULT", "text", "Found it", "idempotencyKey", "1"); got != "" {
			t.Fatal(got)
		}
		if shown := r.run(chat.conversationID); text(shown, "agentRuns", 0, "state") != "ACTIVE" || text(shown, "agentRuns", 0, "bot", "id") != r.id ||
			!strings.Contains(fmt.Sprint(shown), "Looking") || len(at(shown, "agentRuns", 0, "steps", "nodes").([]any)) != 2 {
			t.Errorf("at work: %v", shown)
		}
		if got := r.reply(first); got != "" {
			t.Fatal(got)
		}
		r.becomes(chat.conversationID, "AWAITING_CONTACT", "ACTIVE")
		if shown := fmt.Sprint(r.run(chat.conversationID)); strings.Contains(shown, "Looking") || !strings.Contains(shown, "Found it") {
			t.Errorf("answered: %s", shown)
		}
		r.writes(chat, "And the other one?")
		second := r.expect(s, "CONTACT_WROTE", chat.conversationID)
		if second.runID != first.runID || second.turn <= first.turn {
			t.Errorf("the next turn is %+v after %+v", second, first)
		}
		for want, got := range map[string]string{
			"CONFLICT": r.step(r.token, first), "REQUIRED": r.step(r.token, second, "text", " "), "TOO_LONG": r.step(r.token, second, "text", strings.Repeat("x", 4001)),
			"NOT_FOUND": r.step(r.token, assignment{runID: "run_x", turn: 1}),
		} {
			if got != want {
				t.Errorf("%q, want %s", got, want)
			}
		}
		r.writes(chat, "Hello?")
		third := r.expect(s, "CONTACT_WROTE", chat.conversationID)
		if got := r.reply(second); got != "CONFLICT" || third.turn <= second.turn {
			t.Errorf("an old turn: %q", got)
		}
		if got := r.step(r.token, third, "state", "DONE"); got != "" {
			t.Fatal(got)
		}
		r.expect(s, "STOPPED", chat.conversationID)
		r.becomes(chat.conversationID, "DONE", "ENDED")
		if got := r.step(r.token, third); got != "CONFLICT" {
			t.Errorf("a run that is over: %q", got)
		}
		r.writes(chat, "One more thing")
		if again := r.expect(s, "CONTACT_WROTE", chat.conversationID); again.runID == first.runID {
			t.Error("the run goes on though it was over")
		} else if got := r.step(r.token, again, "kind", "ERROR", "state", "FAILED"); got != "" {
			t.Fatal(got)
		}
		r.becomes(chat.conversationID, "FAILED", "HANDED_OFF")
	})
}

// AG-2, AG-5: who takes over or stops a bot has its worker leave the turn, and nothing that
// it says then is sent. Other bots, and tokens without the scope, have no part in it.
func TestBotsAreStopped(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		r := a.worker(nil)
		s := r.work(10)
		over, stopped := r.site.chat("A person, please"), r.site.chat("Stop it")
		one, two := r.take(s), r.take(s)
		if one.conversationID != over.conversationID {
			one, two = two, one
		}
		other := text(a.do(adminToken, `mutation($in: CreateBotInput!) { createBot(input: $in) { bot { id } userErrors { message } } }`,
			input("name", "Other", "inboxIds", []string{r.site.inboxID})), "createBot", "bot", "id")
		if got := r.step(a.workToken(other), one); got != "NOT_FOUND" {
			t.Errorf("another bot's step: %q", got)
		}
		a.do(adminToken, `mutation($in: TakeOverConversationInput!) { takeOverConversation(input: $in) { userErrors { message } } }`, input("conversationId", over.conversationID))
		r.expect(s, "STOPPED", over.conversationID)
		r.becomes(over.conversationID, "STALE", "TAKEN_OVER")
		if got := r.reply(one) + r.step(r.token, one); got != "CONFLICTCONFLICT" {
			t.Errorf("after a take-over: %q", got)
		}
		stop := func() string { return a.codes(adminToken, "stopAgentRun", "StopAgentRunInput", "runId", two.runID) }
		if got := stop(); got != "" {
			t.Fatal(got)
		}
		r.expect(s, "STOPPED", stopped.conversationID)
		r.becomes(stopped.conversationID, "STALE", "HANDED_OFF")
		if got := r.reply(two) + stop(); got != "CONFLICTCONFLICT" {
			t.Errorf("after it was stopped: %q", got)
		}
		for want, n := range map[string]int{"INVALID": 0} {
			refused := a.listen(r.token, work, map[string]any{"n": n})
			if err := refused.next(t.Context(), &map[string]any{}); err == nil || code(err) != want {
				t.Errorf("%d at once: %v", n, err)
			}
		}
	})
}

// AG-5: the workers of a bot divide its work, oldest first, and none gets what another has;
// what a worker had whose stream ends goes to another at once.
func TestWorkersDivide(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		r := a.worker(nil)
		const chats = 10
		for i := range chats {
			r.site.chat(fmt.Sprint("Chat ", i))
		}
		one, two := r.work(chats/2), r.work(chats/2)
		seen := map[string]bool{}
		for range chats / 2 {
			seen[r.take(one).runID], seen[r.take(two).runID] = true, true
		}
		if len(seen) != chats {
			t.Errorf("the workers have %d chats of %d", len(seen), chats)
		}
		three := r.work(chats)
		one.cut()
		again := map[string]bool{}
		for range chats / 2 {
			d := r.take(three)
			if again[d.runID] = true; !seen[d.runID] || d.reason != "CONTACT_WROTE" {
				t.Errorf("the third got %+v", d)
			}
			if got := r.reply(d); got != "" {
				t.Error(got)
			}
		}
		if len(again) != chats/2 {
			t.Errorf("the third got %d of the first one's", len(again))
		}
	})
}

// AG-1, AG-5, BT-2: a worker that gives no sign of life loses its turn to another within 30
// seconds, and a bot that gives none its chat within 60; one that waits for approval has
// its own time.
func TestSilentBots(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Now())
		r := serveTest(t, db.Open(t, turned)).worker(map[string]any{"approvalTimeoutSeconds": 600})
		slow := r.work(1)
		lost := r.site.chat("Where is my order?")
		had := r.expect(slow, "CONTACT_WROTE", lost.conversationID)
		turned.Advance(26 * time.Second)
		r.expect(slow, "STOPPED", lost.conversationID)
		quick := r.work(5)
		if got := r.expect(quick, "CONTACT_WROTE", lost.conversationID); got.runID != had.runID || got.turn != had.turn {
			t.Errorf("another worker got %+v, not %+v", got, had)
		}
		asking := r.site.chat("My money back")
		asks := r.expect(quick, "CONTACT_WROTE", asking.conversationID)
		if got := r.step(r.token, asks, "state", "AWAITING_APPROVAL"); got != "" {
			t.Fatal(got)
		}
		turned.Advance(61 * time.Second)
		r.becomes(lost.conversationID, "FAILED", "HANDED_OFF")
		if shown := r.run(asking.conversationID); text(shown, "agentRuns", 0, "state") != "AWAITING_APPROVAL" || text(shown, "botState") != "ACTIVE" {
			t.Errorf("it waits for approval no longer: %v", shown)
		}
		turned.Advance(600 * time.Second)
		r.becomes(asking.conversationID, "FAILED", "HANDED_OFF")
	})
}

// AG-5: what was written before a kill is there when the server is back.
func TestWorkIsThereAfterAKill(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		env := serverEnv(t, db, secret.GenerateKey())
		server := startServer(t, env...)
		r := server.worker(nil)
		want := map[string]bool{}
		for i := range 5 {
			want[r.site.chat(fmt.Sprint("Chat ", i)).conversationID] = true
		}
		server.kill()
		r.api = &startServer(t, env...).api
		s := r.work(10)
		for len(want) > 0 { // what it does not answer may be stopped before the last one comes
			if d := r.take(s); d.reason == "CONTACT_WROTE" {
				delete(want, d.conversationID)
			}
		}
	})
}

// AG-1: a run keeps 500 steps: the oldest ephemeral ones go for new ones, and then no more are taken.
func TestStepsAreBounded(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		r := serveTest(t, db.Open(t, clock.At(time.Now()))).worker(nil)
		c := r.site.chat("Think hard")
		d := r.take(r.work(1))
		for i := range 502 {
			if got := r.step(r.token, d, "text", fmt.Sprint("Step ", i), "ephemeral", i < 2); got != "" {
				t.Fatal(i, got)
			}
		}
		if got := r.step(r.token, d); got != "TOO_LONG" {
			t.Errorf("one more: %q", got)
		}
		if got := r.reply(d); got != "" {
			t.Error(got)
		}
		r.becomes(c.conversationID, "AWAITING_CONTACT", "ACTIVE")
	})
}

// AG-1, AG-2, AG-5: a bot that ends its own part leaves the chat to people; a worker that is
// killed while it has a turn loses it to another.
func TestBotsAndWorkersEnd(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		r := a.worker(nil)
		c := r.site.chat("A person, please")
		s := r.work(1)
		d := r.expect(s, "CONTACT_WROTE", c.conversationID)
		s.cut() // as the network sees a worker that is killed
		next := r.work(1)
		if got := r.expect(next, "CONTACT_WROTE", c.conversationID); got.runID != d.runID || got.turn != d.turn {
			t.Errorf("another worker got %+v, not %+v", got, d)
		}
		if got := a.codes(r.token, "handOffConversation", "HandOffConversationInput", "conversationId", c.conversationID); got != "" {
			t.Fatal(got)
		}
		r.expect(next, "STOPPED", c.conversationID)
		r.becomes(c.conversationID, "DONE", "HANDED_OFF")
		if got := r.reply(d) + r.step(r.token, d); got != "CONFLICTCONFLICT" {
			t.Errorf("after the bot's own end: %q", got)
		}
	})
}
