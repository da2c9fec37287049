package demo

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"parley/internal/clock"
	"parley/internal/id"
)

// dice are chances that fall alike for the same seed.
type dice struct{ *rand.Rand }

// newDice returns dice of their own for a purpose; parts distinguish it from others.
func newDice(parts ...any) dice {
	sum := sha256.Sum256([]byte(fmt.Sprintln(parts...)))
	return dice{rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum[:]), binary.LittleEndian.Uint64(sum[8:])))}
}

// chance is true in so many of a hundred cases.
func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

// between returns a number from low to high, both included.
func (d dice) between(low, high int) int { return low + d.IntN(high-low+1) }

// span returns a time from low to high, short ones more often.
func (d dice) span(low, high time.Duration) time.Duration {
	u := d.Float64()
	return low + time.Duration(u*u*float64(high-low)).Truncate(time.Microsecond)
}

func pick[T any](d dice, list []T) T { return list[d.IntN(len(list))] }

// minter makes identifiers as package id does, but from dice.
type minter struct{ dice dice }

// at returns an identifier that sorts as if it had been made at the given time.
func (m minter) at(prefix string, t clock.Micros) string {
	var uuid [16]byte
	binary.BigEndian.PutUint64(uuid[:], uint64(t/1000)<<16|0x7000|m.dice.Uint64()&0xfff)
	binary.BigEndian.PutUint64(uuid[8:], 0x8000000000000000|m.dice.Uint64()>>2)
	return id.FromBytes(prefix, uuid)
}
