package targeting

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"

	"parley/ent"
	entmessage "parley/ent/targetedmessage"
	"parley/ent/teammember"
	"parley/ent/user"
	"parley/internal/clock"
	"parley/internal/opt"
	"parley/internal/vocab"
)

// ShownPeople is how many people a heading shows at most (TM-4).
const ShownPeople = 3

// Heading is who welcomes a visitor (TM-4).
type Heading struct {
	// Name is the team's or as an admin wrote it; "": that of the people, or none.
	Name      string
	AvatarURL string
	// People are at most three, by name.
	People []*ent.User
}

// HeadingOf returns who a message's heading shows. Of more than three people it
// shows three at random, the same ones for the same session. ownerID is the
// owner of the visitor's contact, or ""; one who is deactivated, or none, gives
// way to the fallback.
func HeadingOf(ctx context.Context, client *ent.Client, m *ent.TargetedMessage, session, ownerID string) (Heading, error) {
	h := Heading{Name: m.Heading.Name, AvatarURL: m.Heading.AvatarURL}
	ids := m.Heading.UserIDs
	var err error
	switch m.Heading.Kind {
	case vocab.HeadingTeam:
		t, e := client.Team.Get(ctx, m.Heading.TeamID)
		if ent.IsNotFound(e) {
			return h, nil
		}
		if e != nil {
			return h, e
		}
		h.Name = t.Name
		ids, err = client.TeamMember.Query().Where(teammember.TeamID(t.ID)).Select(teammember.FieldUserID).Strings(ctx)
	case vocab.HeadingContactOwner:
		ids = []string{ownerID, m.Heading.FallbackID}
	case vocab.HeadingCustom:
		return h, nil
	}
	if err != nil {
		return h, err
	}
	h.People, err = client.User.Query().Where(user.IDIn(ids...), user.DeactivatedAt(clock.Micros(0))).Order(user.ByID()).All(ctx)
	if m.Heading.Kind == vocab.HeadingContactOwner {
		h.People = firstOf(h.People, ids)
	}
	h.People = choosePeople(h.People, session+m.ID)
	return h, err
}

// defaultHeading is that of a message which says nothing of its own: the widget's title,
// otherwise the inbox's name.
func defaultHeading(ctx context.Context, client *ent.Client, c *ent.Channel) (vocab.Heading, error) {
	h := entmessage.DefaultHeading
	if h.Name = c.Title; h.Name != "" {
		return h, nil
	}
	i, err := client.Inbox.Get(ctx, c.InboxID)
	if err == nil {
		h.Name = i.Name
	}
	return h, err
}

// leavesHeading reports whether the heading is left to the message's default.
func (in Settings) leavesHeading() bool { return opt.OrZero(in.Heading) == nil }

// firstOf returns the user whose id comes first.
func firstOf(users []*ent.User, ids []string) []*ent.User {
	for _, wanted := range ids {
		if i := slices.IndexFunc(users, func(u *ent.User) bool { return u.ID == wanted }); i >= 0 {
			return users[i : i+1]
		}
	}
	return nil
}

// choosePeople returns at most ShownPeople of the users, by name. The same seed
// chooses the same ones.
func choosePeople(users []*ent.User, seed string) []*ent.User {
	if len(users) > ShownPeople {
		hash := fnv.New64a()
		_, _ = hash.Write([]byte(seed)) // it never fails
		dice := rand.New(rand.NewPCG(hash.Sum64(), 0))
		dice.Shuffle(len(users), func(i, j int) { users[i], users[j] = users[j], users[i] })
		users = users[:ShownPeople]
	}
	slices.SortFunc(users, func(a, b *ent.User) int { return strings.Compare(a.Name, b.Name) })
	return users
}
