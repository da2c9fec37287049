package visitor

import (
	"encoding/binary"
	"errors"

	"parley/internal/errs"
	"parley/internal/secret"
)

// Cursor is a place among a conversation's changes, as visitors have it: sealed,
// since the numbers of the log say how busy the account is (API-20).
func (s *Service) Cursor(conversationID string, sequence int64) (string, error) {
	return s.keys.Seal(binary.BigEndian.AppendUint64(nil, uint64(sequence)), cursorContext(conversationID))
}

// openCursor is the inverse of Cursor; nil for nil. One of another conversation, and
// what is none at all, is INVALID.
func (s *Service) openCursor(conversationID string, cursor *string) (*int64, error) {
	if cursor == nil {
		return nil, nil
	}
	plain, err := s.keys.Open(*cursor, cursorContext(conversationID))
	switch {
	case errors.Is(err, secret.ErrUnknownKey):
		return nil, errs.New(errs.CursorExpired, "The cursor is too old: load the conversation again and continue from its cursor.").On("after")
	case err != nil || len(plain) != 8:
		return nil, errs.New(errs.Invalid, "%q is not a cursor of this conversation.", errs.Clip(*cursor)).On("after")
	}
	sequence := int64(binary.BigEndian.Uint64(plain))
	return &sequence, nil
}

func cursorContext(conversationID string) []byte { return []byte("visitor-cursor " + conversationID) }
