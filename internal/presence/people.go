package presence

import (
	"encoding/json"
	"sync"
	"time"

	"parley/internal/id"
	"parley/internal/viewer"
)

// peopleSubject is where nodes say whose streams they have.
const peopleSubject = "presence.people"

// people are the users who have a stream open on any node.
type people struct {
	mu sync.Mutex
	// own counts the streams of this node, others has until when another node's
	// word is believed.
	own     map[personKey]int
	others  map[personKey]map[string]time.Time
	changed map[string]chan struct{} // by account; closed at the next change
	// listening: this node hears the others; repeating: it says again whom it has.
	listening, repeating bool
}

type personKey struct{ account, user string }

// peopleMessage says whose streams a node has.
type peopleMessage struct {
	Node string `json:"node"`
	// Ask: who has someone says so.
	Ask    bool           `json:"ask,omitempty"`
	People []personStatus `json:"people,omitempty"`
}

type personStatus struct {
	Account string `json:"account"`
	User    string `json:"user"`
	// Millis is how long to believe it; 0: it is taken back.
	Millis int64 `json:"millis"`
}

// Connect notes that a user has a stream open until leave is called; no one else
// counts. The other nodes know at once, and believe it for 25 seconds of a node
// that died.
func (s *Service) Connect(v *viewer.Viewer) (leave func()) {
	if v == nil || !v.IsUser() || !id.Is(v.ActorID, id.User) {
		return func() {}
	}
	key := personKey{v.AccountID, v.ActorID}
	s.hearPeople()
	s.countStreams(key, 1)
	return sync.OnceFunc(func() { s.countStreams(key, -1) })
}

func (s *Service) countStreams(key personKey, by int) {
	p := &s.people
	p.mu.Lock()
	before := p.own[key]
	p.own[key] += by
	after := p.own[key]
	if after == 0 {
		delete(p.own, key)
	}
	first, last := before == 0 && after > 0, after == 0
	if first || last {
		p.wakeWaiters(key.account)
	}
	p.mu.Unlock()
	switch {
	case first:
		s.publishPeople(peopleMessage{People: []personStatus{{key.account, key.user, viewingHolds.Milliseconds()}}})
		s.repeatPeople()
	case last:
		s.publishPeople(peopleMessage{People: []personStatus{{Account: key.account, User: key.user}}})
	}
}

// Connected reports which users of an account have a stream open on any node. A node
// that has just started knows all within ten seconds.
func (s *Service) Connected(accountID string, userIDs []string) []bool {
	s.hearPeople()
	p := &s.people
	now := s.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]bool, len(userIDs))
	for i, userID := range userIDs {
		key := personKey{accountID, userID}
		list[i] = p.own[key] > 0
		for _, until := range p.others[key] {
			list[i] = list[i] || now.Before(until)
		}
	}
	return list
}

// ConnectedChanged returns what is closed when the next user of an account connects or
// leaves.
func (s *Service) ConnectedChanged(accountID string) <-chan struct{} {
	s.hearPeople()
	p := &s.people
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changed[accountID] == nil {
		p.changed[accountID] = make(chan struct{})
	}
	return p.changed[accountID]
}

func (p *people) wakeWaiters(accountID string) {
	if c := p.changed[accountID]; c != nil {
		close(c)
		delete(p.changed, accountID)
	}
}

// hearPeople has the node hear the others, from its first use on, and asks them.
func (s *Service) hearPeople() {
	p := &s.people
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listening {
		return
	}
	p.own, p.others, p.changed = map[personKey]int{}, map[personKey]map[string]time.Time{}, map[string]chan struct{}{}
	p.listening = true
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runLater(func() {
		if _, err := s.bus.Listen(peopleSubject, s.onPeople); err != nil {
			s.log.Warn("this node does not hear who is connected to others", "error", err)
		}
	})
	s.queuePeople(peopleMessage{Ask: true})
}

func (s *Service) publishPeople(m peopleMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queuePeople(m)
}

// queuePeople says something to the other nodes soon. The lock is held.
func (s *Service) queuePeople(m peopleMessage) {
	if len(s.waiting) >= maxWaiting {
		return
	}
	m.Node = s.node
	s.runLater(func() {
		data, err := json.Marshal(m)
		if err == nil {
			err = s.bus.Publish(peopleSubject, data)
		}
		if err != nil {
			s.log.Debug("who is connected was not passed on", "error", err)
		}
	})
}

// onPeople takes what another node says.
func (s *Service) onPeople(data []byte) {
	var m peopleMessage
	if len(data) > maxBytes || json.Unmarshal(data, &m) != nil || m.Node == "" || m.Node == s.node || len(m.Node) > 64 || len(m.People) > maxStatements {
		return
	}
	for _, w := range m.People {
		if id.Is(w.Account, id.Account) && id.Is(w.User, id.User) && w.Millis >= 0 && w.Millis <= maxHolds.Milliseconds() {
			s.believe(m.Node, w)
		}
	}
	if m.Ask {
		s.sayPeople()
	}
}

func (s *Service) believe(node string, w personStatus) {
	p, key := &s.people, personKey{w.Account, w.User}
	p.mu.Lock()
	defer p.mu.Unlock()
	_, known := p.others[key][node]
	if w.Millis == 0 {
		p.forget(key, node)
		return
	}
	if p.others[key] == nil {
		if len(p.others) >= maxActors {
			return
		}
		p.others[key] = map[string]time.Time{}
	}
	holds := time.Duration(w.Millis) * time.Millisecond
	until := s.clock.Now().Add(holds)
	p.others[key][node] = until
	if !known {
		p.wakeWaiters(w.Account)
	}
	time.AfterFunc(holds, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.others[key][node].Equal(until) { // not said again
			p.forget(key, node)
		}
	})
}

func (p *people) forget(key personKey, node string) {
	if _, known := p.others[key][node]; !known {
		return
	}
	if delete(p.others[key], node); len(p.others[key]) == 0 {
		delete(p.others, key)
	}
	p.wakeWaiters(key.account)
}

// sayPeople says whose streams this node has, and reports whether it has any.
func (s *Service) sayPeople() bool {
	s.people.mu.Lock()
	var all []personStatus
	for key := range s.people.own {
		all = append(all, personStatus{key.account, key.user, viewingHolds.Milliseconds()})
	}
	s.people.mu.Unlock()
	for from := 0; from < len(all); from += maxStatements {
		s.publishPeople(peopleMessage{People: all[from:min(from+maxStatements, len(all))]})
	}
	return len(all) > 0
}

// repeatPeople says it again every ten seconds, as long as this node has anyone.
func (s *Service) repeatPeople() {
	p := &s.people
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.repeating {
		return
	}
	p.repeating = true
	time.AfterFunc(repeatEvery, func() {
		p.mu.Lock()
		p.repeating = false
		p.mu.Unlock()
		if s.sayPeople() {
			s.repeatPeople()
		}
	})
}
