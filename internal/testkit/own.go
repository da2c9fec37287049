package testkit

import (
	"crypto/rand"
	"time"

	"parley/internal/id"
)

// OwnID is an id of a kind that a client makes at a time.
func OwnID(kind string, at time.Time) string {
	uuid, _ := id.Bytes(id.FirstAt(kind, at))
	_, _ = rand.Read(uuid[6:]) // never fails
	uuid[6], uuid[8] = 0x70|uuid[6]&0x0f, 0x80|uuid[8]&0x3f
	return id.FromBytes(kind, uuid)
}
