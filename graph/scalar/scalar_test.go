package scalar_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"parley/graph/scalar"
	"parley/internal/errs"
)

func TestReading(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 3000)
	type reader func(any) (string, error)
	cases := []struct {
		scalar string
		read   reader
		in     any
		want   errs.Code // "" for what is taken as it is
	}{
		{"URL", scalar.UnmarshalURL, "https://example.com/a?b=c#d", ""},
		{"URL", scalar.UnmarshalURL, "http://localhost:8080", ""},
		{"URL", scalar.UnmarshalURL, "/prices", errs.Invalid},
		{"URL", scalar.UnmarshalURL, "example.com", errs.Invalid},
		{"URL", scalar.UnmarshalURL, "javascript:alert(1)", errs.Invalid},
		{"URL", scalar.UnmarshalURL, "https://", errs.Invalid},
		{"URL", scalar.UnmarshalURL, "", errs.Invalid},
		{"URL", scalar.UnmarshalURL, 7, errs.Invalid},
		{"URL", scalar.UnmarshalURL, "https://example.com/" + long, errs.TooLong},
		{"EmailAddress", scalar.UnmarshalEmailAddress, "ada@example.com", ""},
		{"EmailAddress", scalar.UnmarshalEmailAddress, "a.b..c@docomo.example", ""},
		{"EmailAddress", scalar.UnmarshalEmailAddress, "odd local@a.example", errs.Invalid},
		{"EmailAddress", scalar.UnmarshalEmailAddress, "Ada <ada@example.com>", errs.Invalid},
		{"EmailAddress", scalar.UnmarshalEmailAddress, " ada@example.com", errs.Invalid},
		{"EmailAddress", scalar.UnmarshalEmailAddress, "a@example.com, b@example.com", errs.Invalid},
		{"EmailAddress", scalar.UnmarshalEmailAddress, "ada", errs.Invalid},
		{"EmailAddress", scalar.UnmarshalEmailAddress, "", errs.Invalid},
		{"EmailAddress", scalar.UnmarshalEmailAddress, nil, errs.Invalid},
		{"EmailAddress", scalar.UnmarshalEmailAddress, long[:250] + "@example.com", errs.TooLong},
		{"HTML", scalar.UnmarshalHTML, "<p>Hello</p>", ""},
		{"HTML", scalar.UnmarshalHTML, true, errs.Invalid},
	}
	for _, c := range cases {
		got, err := c.read(c.in)
		switch {
		case c.want == "" && (err != nil || got != c.in):
			t.Errorf("%s %v: got %q, %v", c.scalar, c.in, got, err)
		case c.want != "" && !errs.Is(err, c.want):
			t.Errorf("%s %.40v: got %q, %v; want %s", c.scalar, c.in, got, err, c.want)
		}
	}
}

// EM-4: an address that a mail came from is taken back as it is written, and is bare within.
func TestEmailAddressRoundTrip(t *testing.T) {
	t.Parallel()
	for kept, written := range map[string]string{
		"a.b..c@docomo.example": `"a.b..c@docomo.example"`, "odd local@a.example": `"\"odd local\"@a.example"`, `q"t@a.example`: `"\"q\\\"t\"@a.example"`,
	} {
		var out strings.Builder
		scalar.MarshalEmailAddress(kept).MarshalGQL(&out)
		if out.String() != written {
			t.Errorf("%s is written %s, want %s", kept, out.String(), written)
		}
		text, err := strconv.Unquote(out.String())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := scalar.UnmarshalEmailAddress(text); got != kept || err != nil {
			t.Errorf("%s reads %s, %v", text, got, err)
		}
	}
}

// What a caller sent is quoted in the error, but not at length.
func TestErrorsQuoteLittle(t *testing.T) {
	t.Parallel()
	_, err := scalar.UnmarshalURL(strings.Repeat("é", 1000))
	if err == nil || len(err.Error()) > 250 || !strings.Contains(err.Error(), "é…\"") {
		t.Errorf("got %v", err)
	}
}

func TestSequence(t *testing.T) {
	t.Parallel()
	const most = scalar.MaxSequence
	for _, in := range []any{0, most, json.Number("9007199254740992"), "42", float64(3)} {
		if _, err := scalar.UnmarshalSequence(in); err != nil {
			t.Errorf("%v: %v", in, err)
		}
	}
	for _, in := range []any{-1, most + 1, json.Number("9007199254740993"), json.Number("1.5"), "1e3", "", 1.5, true, nil} {
		if n, err := scalar.UnmarshalSequence(in); !errs.Is(err, errs.Invalid) {
			t.Errorf("%v: got %d, %v", in, n, err)
		}
	}
	if got := written(scalar.MarshalSequence(most)); got != "9007199254740992" {
		t.Errorf("wrote %s", got)
	}
}

// Entities keep "" for what is not there.
func TestEmptyIsNull(t *testing.T) {
	t.Parallel()
	for _, m := range []func(string) graphql.Marshaler{
		scalar.MarshalID, scalar.MarshalURL, scalar.MarshalEmailAddress, scalar.MarshalHTML,
	} {
		if got := m(""); got != graphql.Null {
			t.Errorf("wrote %s", written(got))
		}
		if got := written(m(`a"b`)); got != `"a\"b"` {
			t.Errorf("wrote %s", got)
		}
	}
}

func written(m graphql.Marshaler) string {
	var b strings.Builder
	m.MarshalGQL(&b)
	return b.String()
}
