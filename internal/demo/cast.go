package demo

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	accounts "parley/internal/account"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// colleague is a user of the set.
type colleague struct {
	name, address string
	role          vocab.UserRole
	seat          vocab.Seat
	availability  vocab.UserAvailability
	id            string
}

func (c *colleague) actor() actor { return actor{viewer.Kind(c.role), c.id} }

// first is how others call them.
func (c *colleague) first() string { return strings.Fields(c.name)[0] }

func colleagues() []*colleague {
	return []*colleague{
		{name: "Ines Albrecht", address: "ines", role: vocab.RoleAdmin, seat: vocab.SeatService, availability: vocab.Available},
		{name: "Tomasz Nowak", address: "tomasz", role: vocab.RoleAgent, seat: vocab.SeatService, availability: vocab.Available},
		{name: "Keira Lindqvist", address: "keira", role: vocab.RoleAgent, seat: vocab.SeatService, availability: vocab.Available},
		{name: "Rafael Monteiro", address: "rafael", role: vocab.RoleAgent, seat: vocab.SeatService, availability: vocab.Away},
		{name: "Yuki Tanabe", address: "yuki", role: vocab.RoleAgent, seat: vocab.SeatService, availability: vocab.Available},
		{name: "Solveig Dahl", address: "solveig", role: vocab.RoleAgent, seat: vocab.SeatService, availability: vocab.Available},
		{name: "Devon Marsh", address: "devon", role: vocab.RoleAdmin, seat: vocab.SeatNone, availability: vocab.Available},
		{name: "Camille Roy", address: "camille", role: vocab.RoleAgent, seat: vocab.SeatSales, availability: vocab.Available},
		{name: "Anton Berger", address: "anton", role: vocab.RoleAgent, seat: vocab.SeatSales, availability: vocab.Away},
		{name: "Leila Haddad", address: "leila", role: vocab.RoleAgent, seat: vocab.SeatSales, availability: vocab.Available},
		{name: "Oskar Winter", address: "oskar", role: vocab.RoleAgent, seat: vocab.SeatService, availability: vocab.Available},
		{name: "Nadia Petrova", address: "nadia", role: vocab.RoleAgent, seat: vocab.SeatNone, availability: vocab.Away},
	}
}

// demoAdmin and demoAgent have the set's tokens.
const (
	demoAdmin = 0
	demoAgent = 1
)

// team is a team of the set; members are places in the list of colleagues.
type team struct {
	name    string
	members []int
	id      string
}

func teamsOfSet() []*team {
	return []*team{
		{name: "First line", members: []int{1, 2, 3, 4}},
		{name: "Technicians", members: []int{4, 5, 6}},
		{name: "Back office", members: []int{0, 10, 11}},
	}
}

// robot is a bot of the set.
type robot struct{ name, id string }

// stage is a chat or e-mail channel.
type stage struct {
	kind vocab.ChannelKind
	id   string
}

// place is an inbox with all that conversations in it need.
type place struct {
	name, title, color string
	page               string // where its visitors are
	direct, teams      []int  // members: colleagues and teams
	bot                int
	share              int // of a hundred conversations
	mail               bool
	id                 string
	chat               stage
	email              *stage
	members            []int // direct and through teams
	greetings          []*greeting
	flag               topicPlace
}

func places() []*place {
	return []*place{
		{name: "Support", title: "Help is here", color: "#2457d6", page: "https://www.northwind.example/help/", direct: []int{0, 1, 5, 6}, teams: []int{0, 1}, share: 55, mail: true, flag: support},
		{name: "Sales", title: "Talk to sales", color: "#0f7b6c", page: "https://www.northwind.example/shop/", direct: []int{0, 1, 7, 8, 9}, teams: []int{0}, share: 25, flag: sales},
		{name: "Billing", title: "Questions about a bill", color: "#8a3ffc", page: "https://www.northwind.example/account/", direct: []int{0, 10}, teams: []int{2}, bot: 1, share: 20, mail: true, flag: billing},
	}
}

// setUp adds people, inboxes and what belongs to them, as of before the first
// conversation, and reports them in the log.
func (s *set) setUp(b *batch) {
	at := s.began.Add(-31 * 24 * time.Hour)
	record := func(e store.Event) {
		at++
		s.log.appendEvent(at, actor{viewer.SystemKind, "demo"}, e)
	}
	for _, c := range s.colleagues {
		c.id = s.ids.at(id.User, at)
		b.add(users, c.id, c.name, c.address+"@"+s.domain("northwind"), string(c.role), string(c.seat), string(c.availability), int64(at))
		record(store.Event{Type: vocab.UserCreated, SubjectID: c.id, Changes: []vocab.FieldChange{went("role", string(c.role)), went("seat", string(c.seat))}})
	}
	for _, t := range s.teams {
		t.id = s.ids.at(id.Team, at)
		b.add(teams, t.id, s.label(t.name), int64(at))
		changes := []vocab.FieldChange{}
		for _, m := range t.members {
			b.add(teamMembers, s.ids.at("member", at), t.id, s.colleagues[m].id)
			changes = append(changes, went("members", s.colleagues[m].id))
		}
		record(store.Event{Type: vocab.TeamCreated, SubjectID: t.id, Changes: changes})
	}
	for i, name := range []string{"Robin", "Penny"} {
		s.bots[i] = robot{name, s.ids.at(id.Bot, at)}
		b.add(bots, s.bots[i].id, name, int64(at))
	}
	s.addTags(b, at, record)
	for _, p := range s.places {
		s.addPlace(b, p, at, record)
	}
}

// addPlace adds an inbox with its members and channels.
func (s *set) addPlace(b *batch, p *place, at clock.Micros, record func(store.Event)) {
	p.id = s.ids.at(id.Inbox, at)
	b.add(inboxes, p.id, s.label(p.name), int64(at))
	record(store.Event{Type: vocab.InboxCreated, InboxID: p.id, SubjectID: p.id})
	p.members = slices.Clone(p.direct)
	for _, u := range p.direct {
		b.add(inboxUsers, s.ids.at("member", at), p.id, s.colleagues[u].id)
		record(store.Event{Type: vocab.MemberAdded, InboxID: p.id, SubjectID: s.colleagues[u].id})
	}
	for _, t := range p.teams {
		p.members = append(p.members, s.teams[t].members...)
		b.add(inboxTeams, s.ids.at("member", at), p.id, s.teams[t].id)
		record(store.Event{Type: vocab.MemberAdded, InboxID: p.id, SubjectID: s.teams[t].id})
	}
	slices.Sort(p.members)
	p.members = slices.Compact(p.members)
	p.chat = s.addChannel(b, p, vocab.Chat, at, record)
	if p.mail {
		email := s.addChannel(b, p, vocab.Email, at, record)
		address := strings.ToLower(p.name) + "@" + s.domain("northwind")
		b.add(emailChannels, email.id, p.id, address, jsonText([]string{}), string(vocab.EmailForwarding), string(vocab.EmailConnected),
			int64(at), int64(at), int64(at))
		b.add(channelAddresses, s.ids.at("address", at), p.id, email.id, address)
		p.email = &email
	}
	s.addGreetings(b, p, at, record)
}

// addChannel adds a channel.
func (s *set) addChannel(b *batch, p *place, kind vocab.ChannelKind, at clock.Micros, record func(store.Event)) stage {
	channel := stage{kind, s.ids.at(id.Channel, at)}
	key := fmt.Sprintf("demo%016x", s.ids.dice.Uint64())
	b.add(channels, channel.id, p.id, string(kind), key, p.color, p.title, int64(at))
	record(store.Event{Type: vocab.ChannelCreated, InboxID: p.id, SubjectID: channel.id})
	return channel
}

// issueTokens makes a token for an admin and one for an agent. They are random,
// whatever the seed.
func (s *set) issueTokens(b *batch) (admin, agent string) {
	issue := func(name string, of *colleague) string {
		text, hash := secret.NewToken(accounts.TokenPrefix)
		tokenID := s.ids.at(id.APIToken, s.now)
		b.add(apiTokens, tokenID, hash, name, of.id, `["*"]`, int64(clock.Never), int64(s.now))
		s.log.appendEvent(s.now, actor{viewer.SystemKind, "demo"}, store.Event{
			Type: vocab.TokenCreated, SubjectID: tokenID, Changes: []vocab.FieldChange{went("user", of.id), went("scopes", "*")},
		})
		return text
	}
	return issue("Demo admin", s.colleagues[demoAdmin]), issue("Demo agent", s.colleagues[demoAgent])
}

// went is a field that got a value.
func went(field, to string) vocab.FieldChange { return vocab.FieldChange{Field: field, To: &to} }

func jsonText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // only lists of strings and rules come here
	}
	return string(text)
}
