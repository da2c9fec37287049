package scalar

import (
	"encoding/json"
	"io"
	"math"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"parley/internal/errs"
)

// MaxSequence is the largest position in an event log: every whole number up
// to it is exact as a JSON number.
const MaxSequence int64 = 1 << 53

// MarshalSequence writes a position in the event log.
func MarshalSequence(n int64) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, strconv.FormatInt(n, 10)) })
}

// UnmarshalSequence reads a whole number from 0 to MaxSequence, also written
// as a string of digits.
func UnmarshalSequence(v any) (int64, error) {
	n, ok := whole(v)
	if !ok || n < 0 || n > MaxSequence {
		return 0, errs.New(errs.Invalid, "A Sequence must be a whole number from 0 to %d.", MaxSequence)
	}
	return n, nil
}

func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case float64:
		if v != math.Trunc(v) || math.Abs(v) > float64(MaxSequence) {
			return 0, false
		}
		return int64(v), true
	case json.Number:
		return whole(string(v))
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		return n, err == nil
	}
	return 0, false
}
