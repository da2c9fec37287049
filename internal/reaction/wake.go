package reaction

import (
	"encoding/json"
	"slices"

	"parley/ent"
)

// busSubject carries between the nodes which logs grew.
const busSubject = "reactions"

// report says that an account's log grew up to a number, by events for some
// consumers.
type report struct {
	AccountID string   `json:"accountId"`
	Sequence  int64    `json:"sequence"`
	Consumers []string `json:"consumers"`
}

// onCommit handles what this node committed. It does not block.
func (e *Engine) onCommit(events []*ent.Event) {
	for len(events) > 0 {
		n := 1
		for n < len(events) && events[n].AccountID == events[0].AccountID {
			n++
		}
		if elsewhere := e.onAccountCommit(events[:n]); len(elsewhere) > 0 {
			e.sendReport(report{AccountID: events[0].AccountID, Sequence: events[n-1].Sequence, Consumers: elsewhere})
		}
		events = events[n:]
	}
}

// onAccountCommit wakes the consumers of an account's events, and returns those
// that another node works for.
func (e *Engine) onAccountCommit(events []*ent.Event) (elsewhere []string) {
	account := events[0].AccountID
	number := shareOf(account)
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.consumers {
		wanted := c.wantsAny(events)
		switch s := c.shares[number]; {
		case s == nil || s.leaving:
			if wanted {
				elsewhere = append(elsewhere, c.Name)
			}
		case wanted:
			e.wakeConsumer(c, account, events[len(events)-1].Sequence)
		default:
			c.passOver(account, events)
		}
	}
	return elsewhere
}

// passOver moves the position over events of other types, where it stands just
// before them; otherwise the sweep finds them. e.mu is held.
func (c *consumer) passOver(account string, events []*ent.Event) {
	p := c.accounts[account]
	if p == nil {
		return
	}
	last := events[len(events)-1].Sequence
	if p.idle() && p.loaded && !p.stopped && p.position == events[0].Sequence-1 {
		p.position, p.used = last, true
	}
	p.head = max(p.head, last)
}

func (e *Engine) sendReport(r report) {
	data, err := json.Marshal(r)
	if err == nil {
		err = e.bus.Publish(busSubject, data)
	}
	if err != nil {
		e.log.Debug("the other nodes' consumers were not woken; their sweeps find the events", "error", err)
	}
}

// onReport wakes the consumers of a log that grew on some node. It does not
// block.
func (e *Engine) onReport(data []byte) {
	var r report
	if err := json.Unmarshal(data, &r); err != nil {
		e.log.Warn("a message of the bus cannot be read; the sweep finds what it reported", "error", err)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.consumers {
		if slices.Contains(r.Consumers, c.Name) {
			e.wakeConsumer(c, r.AccountID, r.Sequence)
		}
	}
}
