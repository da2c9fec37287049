package channeltest

import (
	"bytes"
	"errors"
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

// CC-5: what is set for a server of one's own is for neither the check's server nor the connector.
func TestPrograms(t *testing.T) {
	t.Setenv("PARLEY_DATABASE_URL", "postgres://production")
	var out bytes.Buffer
	p := &program{command: []string{"sh", "-c", `echo "url=$PARLEY_DATABASE_URL listen=$PARLEY_LISTEN"; echo GraphQL; echo broken >&2; exit 3`}, env: []string{"PARLEY_LISTEN=here"}, out: &out}
	if err := p.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-p.over
	if got := out.String(); !strings.Contains(got, "url= listen=here\n") {
		t.Errorf("it has the environment %q", got)
	}
	if err := p.ended(); err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "broken") {
		t.Errorf("it ended with %v", err)
	}
	p = &program{command: []string{"sh", "-c", "echo nothing"}, ready: "GraphQL", out: &out}
	if err := p.start(t.Context()); !errors.Is(err, errEnded) {
		t.Errorf("one that is never ready: %v", err)
	}
	p = &program{command: []string{"sh", "-c", "echo GraphQL; exec sleep 600"}, ready: "GraphQL", out: &out}
	if err := p.start(t.Context()); err != nil || p.ended() != nil {
		t.Errorf("one that is ready: %v, %v", err, p.ended())
	}
	p.kill()
}
