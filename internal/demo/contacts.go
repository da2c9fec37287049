package demo

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"parley/internal/clock"
	"parley/internal/company"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// person is a contact, with what the stories need to know of them.
type person struct {
	id, name, email, phone string
	first                  string // how agents address them
	tongue                 string
	madeAt, seenAt         clock.Micros
	part                   part
	// visitor are the visitors that they are, by chat channel.
	guests map[string]*visitor
}

// part is what a contact is there for.
type part int

const (
	client  part = iota
	pest         // writes only to be blocked
	machine      // a role address, whose mail is filtered
)

// visitor is a visitor on a chat channel: a contact, or someone unknown.
type visitor struct {
	id     string
	seenAt clock.Micros
}

// clientele are the contacts, those first who were known first.
type clientele struct {
	people []*person
	parts  [3][]*person // those of people who are of each part
	known  int          // of people, at the time that the stories have come to
}

// contactsFor returns how many contacts a set of conversations has.
func contactsFor(conversations int) int { return max(500, conversations/10) }

// oneIn is of how many contacts one is a pest, and one a machine.
const oneIn = 40

func (s *set) gatherContacts() {
	d := newDice("contacts", s.seed)
	n := contactsFor(s.total)
	taken := map[string]int{}
	for i := range n {
		p := newPerson(d, s.domain, taken)
		switch i % oneIn {
		case 0:
			p.part = machine
			p.makeMachine(d, s.domain(pick(d, hosts)), taken)
		case 1:
			p.part = pest
		}
		if p.part != client || d.chance(40) {
			p.madeAt = s.began.Add(-d.span(0, 30*24*time.Hour))
		} else {
			p.madeAt = s.began.Add(time.Duration(d.Float64() * float64(history)).Truncate(time.Microsecond))
		}
		s.crowd.people = append(s.crowd.people, p)
	}
	slices.SortStableFunc(s.crowd.people, func(a, b *person) int { return cmp.Compare(a.madeAt, b.madeAt) })
	for _, p := range s.crowd.people {
		p.id = s.ids.at(id.Contact, p.madeAt)
		s.crowd.parts[p.part] = append(s.crowd.parts[p.part], p)
	}
}

func newPerson(d dice, domain func(string) string, taken map[string]int) *person {
	t := tongues[tongueOf(d)]
	given, family := pick(d, t.given), pick(d, t.family)
	p := &person{tongue: t.code, first: given.name, name: given.name + " " + family.name, guests: map[string]*visitor{}}
	if t.familyFirst {
		p.name = family.name + " " + given.name
	}
	local := spelled(given) + "." + spelled(family)
	p.email = unique(local, domain(pick(d, hosts)), taken)
	if d.chance(35) {
		p.phone = fmt.Sprintf("%s%03d", t.phone, d.IntN(1000))
	}
	return p
}

// makeMachine gives the contact a role address and a firm's name.
func (p *person) makeMachine(d dice, host string, taken map[string]int) {
	role := pick(d, roleNames)
	p.name = strings.ToUpper(host[:1]) + strings.SplitN(host[1:], ".", 2)[0] + " " + role
	p.first, p.tongue, p.phone = p.name, "en", ""
	p.email = unique(role, host, taken)
}

// unique returns an address that no one else has.
func unique(local, host string, taken map[string]int) string {
	address := local + "@" + host
	if taken[address]++; taken[address] > 1 {
		return fmt.Sprintf("%s%d@%s", local, taken[address], host)
	}
	return address
}

func tongueOf(d dice) int {
	n := d.IntN(100)
	for i, t := range tongues {
		if n -= t.share; n < 0 {
			return i
		}
	}
	return 0
}

func spelled(w written) string { return strings.ToLower(cmp.Or(w.latin, w.name)) }

// writeContacts adds the contacts and reports each in the log.
func (s *set) writeContacts(b *batch) {
	for _, p := range s.crowd.people {
		b.add(contacts, p.id, p.name, p.email, p.phone, int64(0), int64(p.madeAt))
		b.add(contactEmails, s.ids.at("email", p.madeAt), p.id, p.email, company.DomainOf(p.email))
		changes := []vocab.FieldChange{{Field: "name"}, {Field: "email"}}
		if p.phone != "" {
			digits := strings.NewReplacer("+", "", " ", "").Replace(p.phone)
			b.add(contactPhones, s.ids.at("phone", p.madeAt), p.id, p.phone, "+"+digits, digits)
			changes = append(changes, vocab.FieldChange{Field: "phone"})
		}
		s.log.appendEvent(p.madeAt, actor{viewer.SystemKind, "import"}, store.Event{Type: vocab.ContactCreated, SubjectID: p.id, Changes: changes})
	}
}

// choosePerson returns someone who is known at the time, some much more often than
// others; a client.
func (c *clientele) choosePerson(d dice, at clock.Micros) *person {
	for c.known < len(c.people) && c.people[c.known].madeAt <= at {
		c.known++
	}
	for range 20 {
		p := c.people[int(math.Pow(d.Float64(), 1.6)*float64(c.known))]
		if p.part == client {
			return p
		}
	}
	return nil
}

// sightings are when contacts and their visitors were last there.
func (s *set) sightings() (people, guests []sighting) {
	for _, p := range s.crowd.people {
		if p.seenAt > 0 {
			people = append(people, sighting{p.id, p.seenAt})
		}
		for _, place := range s.places {
			if g := p.guests[place.chat.id]; g != nil {
				guests = append(guests, sighting{g.id, g.seenAt})
			}
		}
	}
	return people, guests
}
