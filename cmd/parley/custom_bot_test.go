package main

import (
	"strings"
	"testing"

	"parley/internal/clock"
)

// BT-2, CC-6: a built-in bot hands a custom channel's conversation off, whether someone is
// there or not; of absence it speaks in plain words.
func TestBotHandsOffCustomChannel(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		bot := text(a.do(adminToken, `mutation($in: CreateBotInput!) { createBot(input: $in) { bot { id } userErrors { code field message } } }`,
			input("name", "Robot", "flow", flowOf(ask("a", "Your name?", "h"), map[string]any{"id": "h", "kind": "HAND_OFF"}))), "createBot", "bot", "id")
		for _, presence := range []bool{false, true} {
			for state, want := range map[string]string{"AVAILABLE": "connect", "AWAY": "nobody"} {
				a.do(adminToken, `mutation($in: SetAvailabilityInput!) { setAvailability(input: $in) { userErrors { message } } }`, input("availability", state))
				m := a.medium(map[string]any{"presence": presence}, "botId", bot)
				c := text(m.brings("t1", "1", "Hello"), "conversation", "id")
				a.until("the bot asks", func() bool { return strings.Contains(m.shown(c), "Your name?") })
				m.brings("t1", "2", "Ann")
				a.becomesState(c, "HANDED_OFF")
				a.until(state+": the bot says so", func() bool { return strings.Contains(strings.ToLower(m.shown(c)), want) })
			}
		}
	})
}
