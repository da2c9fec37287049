package graph_test

import (
	"fmt"
	"testing"

	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
)

// IN-31, IN-3: the tags of all rows are loaded at once, however many there are, and
// those of saved filters too.
func TestTagsOfLists(t *testing.T) {
	t.Parallel()
	desk.EachCounted(t, func(t *testing.T, d *desk.Desk, asked *testkit.Statements) {
		l := lobbyOn(t, d)
		type row struct {
			ID   string
			Tags []struct{ Name, Color string }
		}
		var got struct{ Conversations struct{ Nodes []row } }
		read := func() int {
			return len(asked.Of(func() { l.ask(d.Agent(0), `{ conversations { nodes { id tags { name color } } } }`, &got) }))
		}
		one := d.StartChat(0, "Hello").ID
		check.NoError(t, d.TagWith(one, "vip"))
		few := read()
		for i := range 5 {
			check.NoError(t, d.TagWith(d.StartChat(0, "More").ID, "VIP", fmt.Sprint("tag ", i)))
		}
		check.Same(t, read(), few)
		names := map[string]int{}
		for _, c := range got.Conversations.Nodes {
			for _, t := range c.Tags {
				names[t.Name]++
			}
		}
		check.Same(t, names, map[string]int{"vip": 6, "tag 0": 1, "tag 1": 1, "tag 2": 1, "tag 3": 1, "tag 4": 1})
	})
}
