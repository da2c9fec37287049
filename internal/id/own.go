package id

import (
	"encoding/binary"
	"time"
)

// Made returns when an identifier was made, in milliseconds; false if it is none, or its
// UUID is not of version 7, which alone says so.
func Made(s string) (time.Time, bool) {
	uuid, ok := Bytes(s)
	if !ok || uuid[6]>>4 != 7 || uuid[8]>>6 != 2 {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(append([]byte{0, 0}, uuid[:6]...)))), true
}

// FirstAt returns an identifier that sorts before all of the type that are made at a
// time or later.
func FirstAt(prefix string, at time.Time) string {
	var uuid [16]byte
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(max(0, at.UnixMilli())))
	copy(uuid[:], ms[2:])
	return FromBytes(prefix, uuid)
}

// OrNew returns the identifier that a caller chose, or a fresh one if they left it out.
func OrNew(own *string, prefix string) string {
	if own == nil || *own == "" {
		return New(prefix)
	}
	return *own
}
