package channeltest

import (
	"strings"
	"testing"
)

// CC-5: what is lost, doubled, unknown or out of order is found.
func TestCompare(t *testing.T) {
	t.Parallel()
	sent := []string{"1", "2", "3"}
	for _, c := range []struct {
		got  []string
		want string
	}{
		{[]string{"1", "2", "3"}, ""},
		{[]string{"1", "3"}, `1 are lost (["2"]), 0 doubled`},
		{[]string{"1", "2", "2", "3"}, `0 are lost ([]), 1 doubled (["2"])`},
		{[]string{"1", "3", "2"}, "another order"},
		{[]string{"1", "2", "3", "4"}, "1 unknown"},
		{nil, "3 are lost"},
	} {
		err := compare("team's", sent, c.got)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.got, err, c.want)
		}
	}
}
