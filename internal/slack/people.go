package slack

import (
	"context"
	"strings"
	"sync"
	"time"

	api "github.com/slack-go/slack"

	"parley/ent"
	"parley/ent/user"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/viewer"
)

const (
	// knownFor is how long what Slack says of a person is good.
	knownFor = 10 * time.Minute
	// mostKnown is how many people are remembered.
	mostKnown = 10_000
)

// people remember what Slack says of people.
type people struct {
	mu    sync.Mutex
	known map[personKey]*person
}

type personKey struct{ teamID, slackUser string }

// person is someone in Slack.
type person struct {
	name string
	// email is their address, if they are a member of the workspace who confirmed it; "": they are a
	// guest, a program, or of another company.
	email string
	bot   bool // a program
	until clock.Micros
}

// person asks who someone is.
func (r *runner) person(ctx context.Context, client *api.Client, slackUser string) (*person, error) {
	key, now := personKey{r.teamID, slackUser}, r.store.Now()
	r.people.mu.Lock()
	p := r.people.known[key]
	r.people.mu.Unlock()
	if p != nil && p.until > now {
		return p, nil
	}
	p = &person{name: "Someone", until: now.Add(knownFor)}
	err := r.call(ctx, "users.info", func(ctx context.Context) error {
		u, err := client.GetUserInfoContext(ctx, slackUser)
		if err != nil {
			return err
		}
		for _, name := range []string{u.Profile.DisplayName, u.RealName, u.Name} {
			if name = strings.Join(strings.Fields(name), " "); name != "" {
				p.name = errs.Clip(name)
				break
			}
		}
		p.bot = u.IsBot
		if !u.IsBot && !u.Deleted && !u.IsRestricted && !u.IsUltraRestricted && !u.IsStranger && u.IsEmailConfirmed && u.TeamID == r.teamID {
			p.email = strings.ToLower(u.Profile.Email)
		}
		return nil
	})
	if err != nil && !isCode(err, "user_not_found", "user_not_visible", "users_not_found") { // it knows no such person
		return nil, err
	}
	r.people.mu.Lock()
	defer r.people.mu.Unlock()
	if len(r.people.known) >= mostKnown {
		clear(r.people.known)
	}
	r.people.known[key] = p
	return p, nil
}

// userOf is the user of the account who has a person's address, as they are now; nil: no one
// has.
func (s *Service) userOf(ctx context.Context, accountID string, p *person) (*viewer.Viewer, error) {
	if p.email == "" {
		return nil, nil
	}
	u, err := s.store.Client(ctx).User.Query().Where(user.Email(p.email), user.DeactivatedAt(0)).First(ctx)
	if err != nil {
		return nil, ent.MaskNotFound(err)
	}
	v, err := s.viewers.ViewerOf(ctx, accountID, u.ID, "")
	if errs.Is(err, errs.Forbidden) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	as := *v
	as.Scopes = []string{viewer.ScopeAll}
	return &as, nil
}
