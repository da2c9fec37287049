package paging

import (
	"bytes"
	"encoding/binary"
	"math"
	"unicode/utf8"

	"parley/internal/errs"
	"parley/internal/id"
)

// A text cursor before base32: version, fingerprint, text, a zero byte, UUID.
// The texts have no zero byte, so that cursors of one list sort like its rows.
const (
	textVersion = 2
	// maxText is the longest text in a cursor, in bytes.
	maxText = 4096
	// textOverhead is the size of all but the text.
	textOverhead = keyOffset + 1 + 16
)

// encodeText returns the cursor of the row at k in a list that is ordered by text.
func encodeText(fingerprint uint32, desc bool, k Key) string {
	uuid, ok := id.Bytes(k.ID)
	if !ok {
		panic("paging: a cursor needs a TypeID, not " + k.ID)
	}
	b := make([]byte, keyOffset, textOverhead+len(k.Text))
	b[0] = textVersion
	binary.BigEndian.PutUint32(b[1:], fingerprint)
	b = append(b, k.Text[:min(len(k.Text), maxText)]...)
	b = append(append(b, 0), uuid[:]...)
	if desc {
		invert(b[keyOffset:])
	}
	return cursorText.EncodeToString(b)
}

// decodeText is the inverse of encodeText, with the errors of DecodeCursor.
func decodeText(field, s string, fingerprint uint32, desc bool, idPrefix string) (Key, error) {
	noCursor := errs.New(errs.BadUserInput, "%q is not a cursor; take one from an edge or from pageInfo.", shorten(s)).On(field)
	if len(s) > cursorText.EncodedLen(textOverhead+maxText) {
		return Key{}, noCursor
	}
	b, err := cursorText.DecodeString(s)
	if err != nil || len(b) == 0 || b[0] != textVersion && b[0] != cursorVersion || cursorText.EncodeToString(b) != s {
		return Key{}, noCursor
	}
	if len(b) < textOverhead || binary.BigEndian.Uint32(b[1:]) != fingerprint {
		return Key{}, otherQuery(field)
	}
	if desc {
		invert(b[keyOffset:])
	}
	text, end := b[keyOffset:len(b)-17], b[len(b)-17]
	if end != 0 || bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(text) || b[0] != textVersion {
		return Key{}, noCursor
	}
	return Key{Text: string(text), ID: id.FromBytes(idPrefix, [16]byte(b[len(b)-16:]))}, nil
}

func otherQuery(field string) error {
	return errs.New(errs.BadUserInput,
		"The cursor belongs to another query: use it with the same view, filter and order, or start without a cursor.").On(field)
}

// invert makes what ascends descend.
func invert(b []byte) {
	for i := range b {
		b[i] ^= math.MaxUint8
	}
}
