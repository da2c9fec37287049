package clock

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"time"
)

// Micros is a point in time as the database keeps it: microseconds since
// 1970-01-01 UTC. Whole numbers compare the same way on every database and in
// every time zone. The zero value means "not set".
type Micros int64

// Never sorts after every point in time, so that a column that orders a list
// need not be null: a conversation that does not wait has waiting_since Never.
const Never Micros = math.MaxInt64

// Of returns t as Micros. The zero time gives the zero value.
func Of(t time.Time) Micros {
	if t.IsZero() {
		return 0
	}
	return Micros(t.UnixMicro())
}

// Time returns m in UTC.
func (m Micros) Time() time.Time { return time.UnixMicro(int64(m)).UTC() }

// IsSet reports whether m is a point in time: neither unset nor Never.
func (m Micros) IsSet() bool { return m != 0 && m != Never }

// Add returns m moved by d.
func (m Micros) Add(d time.Duration) Micros { return m + Micros(d.Microseconds()) }

// String returns m as RFC 3339 in UTC.
func (m Micros) String() string {
	if !m.IsSet() {
		return ""
	}
	return m.Time().Format(time.RFC3339Nano)
}

// MarshalGQL writes m as the SDL's Time: RFC 3339 in UTC, null if not set.
func (m Micros) MarshalGQL(w io.Writer) {
	if !m.IsSet() {
		_, _ = io.WriteString(w, "null")
		return
	}
	b := make([]byte, 0, 32)
	b = append(b, '"')
	b = m.Time().AppendFormat(b, time.RFC3339Nano)
	_, _ = w.Write(append(b, '"'))
}

// UnmarshalGQL reads the SDL's Time: RFC 3339 with any offset, cut to microseconds.
func (m *Micros) UnmarshalGQL(v any) error {
	s, ok := v.(string)
	if !ok {
		return fmt.Errorf("a Time is a string in RFC 3339, such as \"2026-01-31T09:30:00Z\"")
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return fmt.Errorf("%s is not a Time: write it in RFC 3339, such as \"2026-01-31T09:30:00Z\"", strconv.Quote(s))
	}
	if y := t.UTC().Year(); y < 1970 || y > 9999 {
		return fmt.Errorf("%s is out of range: a Time lies between the years 1970 and 9999", strconv.Quote(s))
	}
	*m = Of(t)
	return nil
}
