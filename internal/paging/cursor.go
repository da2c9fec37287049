package paging

import (
	"encoding/base32"
	"encoding/binary"
	"hash/fnv"

	"parley/internal/errs"
	"parley/internal/id"
)

// Key is a row's place in its list: first by Value or Text, then by ID, both ascending
// or both descending.
type Key struct {
	// Value is the ordering column: a time in UTC microseconds, a number, or
	// math.MaxInt64 for rows without one.
	Value int64
	// Text is the ordering column of a list that is ordered by text.
	Text string
	// ID is the row's TypeID.
	ID string
}

// The layout of a cursor before base32: version, fingerprint, value, UUID. The
// base32hex alphabet is in ASCII order and the length is fixed, so the text
// sorts like the bytes.
const (
	cursorVersion = 1
	keyOffset     = 5
	idOffset      = 13
	cursorBytes   = 29
)

var cursorText = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// Fingerprint condenses what makes two queries different lists: the view, each
// filter, the order. The parts' borders count: ("a", "bc") is not ("ab", "c").
func Fingerprint(parts ...string) uint32 {
	h := fnv.New32a()
	var size [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		h.Write(size[:])
		h.Write([]byte(part))
	}
	return h.Sum32()
}

// EncodeCursor returns the cursor of the row at k in the list that fingerprint
// names; desc reports that the list is in descending order. It panics if k.ID is
// no TypeID: rows have no others.
func EncodeCursor(fingerprint uint32, desc bool, k Key) string {
	uuid, ok := id.Bytes(k.ID)
	if !ok {
		panic("paging: a cursor needs a TypeID, not " + k.ID)
	}
	var b [cursorBytes]byte
	b[0] = cursorVersion
	binary.BigEndian.PutUint32(b[1:], fingerprint)
	binary.BigEndian.PutUint64(b[keyOffset:], uint64(k.Value)^(1<<63))
	copy(b[idOffset:], uuid[:])
	if desc {
		invert(b[keyOffset:])
	}
	return cursorText.EncodeToString(b[:])
}

// DecodeCursor is the inverse of EncodeCursor. field is the argument that had
// the cursor; idPrefix the type of the list's rows. What is no cursor, or one
// of another query, is BAD_USER_INPUT on that field.
func DecodeCursor(field, s string, fingerprint uint32, desc bool, idPrefix string) (Key, error) {
	b, err := cursorText.DecodeString(s)
	if err != nil || len(b) != cursorBytes || b[0] != cursorVersion || cursorText.EncodeToString(b) != s {
		return Key{}, errs.New(errs.BadUserInput, "%q is not a cursor; take one from an edge or from pageInfo.", shorten(s)).On(field)
	}
	if binary.BigEndian.Uint32(b[1:]) != fingerprint {
		return Key{}, otherQuery(field)
	}
	if desc {
		invert(b[keyOffset:])
	}
	return Key{
		Value: int64(binary.BigEndian.Uint64(b[keyOffset:]) ^ (1 << 63)),
		ID:    id.FromBytes(idPrefix, [16]byte(b[idOffset:])),
	}, nil
}

// shorten keeps a caller's nonsense from filling the error message.
func shorten(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}
