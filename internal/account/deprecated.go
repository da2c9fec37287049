package account

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"parley/ent"
	"parley/ent/apitoken"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
)

const (
	// deprecatedKept is how long a use is shown after it was last seen (API-26).
	deprecatedKept = 30 * 24 * time.Hour
	// deprecatedAgain is how long a use that is written is not written again.
	deprecatedAgain = 24 * time.Hour
	// deprecatedEvery is how often what is new is written.
	deprecatedEvery = 30 * time.Second
	// maxDeprecated bounds what a node remembers. Uses beyond it are recorded when they
	// come again.
	maxDeprecated = 10_000
)

// deprecatedUse is a token's use of a deprecated part of the schema, which its schema
// coordinate names: "Conversation.timeline".
type deprecatedUse struct{ accountID, tokenID, coordinate string }

// deprecatedUses are what tokens use, as far as this node has seen. A request only
// marks it here; few writes follow, however many requests come.
type deprecatedUses struct {
	mu      sync.Mutex
	pending map[deprecatedUse]clock.Micros // when it was seen; not written yet
	written map[deprecatedUse]clock.Micros // when it was seen that was written
}

// RecordDeprecated remembers that the viewer's token uses deprecated parts of the
// schema. Visitors have no one who could look at it, and sessions have no program.
func (s *Service) RecordDeprecated(ctx context.Context, coordinates []string) {
	v := viewer.FromContext(ctx)
	if v == nil || v.TokenID == "" || !v.IsStaff() || id.Is(v.TokenID, id.UserSession) {
		return
	}
	now := s.store.Now()
	u := &s.deprecated
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, coordinate := range coordinates {
		use := deprecatedUse{v.AccountID, v.TokenID, coordinate}
		if at, ok := u.written[use]; ok && now < at.Add(deprecatedAgain) {
			continue
		}
		if _, ok := u.pending[use]; !ok && len(u.pending) >= maxDeprecated {
			continue
		}
		if u.pending == nil {
			u.pending = map[deprecatedUse]clock.Micros{}
		}
		u.pending[use] = now
	}
}

// DeprecatedFieldsUsed returns the coordinates of the deprecated parts of the schema that
// a token used in the last 30 days, sorted. What other nodes saw comes within half a
// minute.
func (s *Service) DeprecatedFieldsUsed(t *ent.ApiToken) []string {
	seen := maps.Clone(t.DeprecatedUses)
	s.deprecated.mu.Lock()
	for use, at := range s.deprecated.pending {
		if use.tokenID == t.ID {
			if seen == nil {
				seen = map[string]clock.Micros{}
			}
			seen[use.coordinate] = at
		}
	}
	s.deprecated.mu.Unlock()
	recentUses(seen, s.store.Now())
	used := slices.AppendSeq([]string{}, maps.Keys(seen)) // empty, not null
	slices.Sort(used)
	return used
}

// DeprecatedFieldsUsedBy is DeprecatedFieldsUsed of the token that a viewer presented, who
// need not be one who sees tokens.
func (s *Service) DeprecatedFieldsUsedBy(ctx context.Context, v *viewer.Viewer) ([]string, error) {
	if id.Is(v.TokenID, id.UserSession) {
		return []string{}, nil
	}
	ctx = viewer.NewContext(ctx, viewer.System("deprecated-uses", v.AccountID))
	t, err := s.store.Client(ctx).ApiToken.Get(ctx, v.TokenID)
	if err != nil {
		return nil, fmt.Errorf("read what the token %s uses: %w", v.TokenID, err)
	}
	return s.DeprecatedFieldsUsed(t), nil
}

// recentUses drops what was not used for long.
func recentUses(seen map[string]clock.Micros, now clock.Micros) {
	maps.DeleteFunc(seen, func(_ string, at clock.Micros) bool { return at.Add(deprecatedKept) < now })
}

// FollowDeprecated writes what tokens use, when they were used, and when users were seen, until ctx ends, and
// then the rest.
func (s *Service) FollowDeprecated(ctx context.Context) error {
	every := time.NewTicker(deprecatedEvery)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			// What could not be written is tried again with the next.
			_ = errors.Join(s.WriteDeprecated(ctx), s.WriteSeen(ctx), s.WriteUsed(ctx))
		case <-ctx.Done():
			ctx = context.WithoutCancel(ctx)
			return errors.Join(s.WriteDeprecated(ctx), s.WriteSeen(ctx), s.WriteUsed(ctx))
		}
	}
}

// WriteDeprecated writes what tokens use and is not written yet, once per token.
func (s *Service) WriteDeprecated(ctx context.Context) error {
	byToken := map[deprecatedUse]map[string]clock.Micros{} // keyed without coordinate
	for use, at := range s.takeDeprecated() {
		token := deprecatedUse{accountID: use.accountID, tokenID: use.tokenID}
		if byToken[token] == nil {
			byToken[token] = map[string]clock.Micros{}
		}
		byToken[token][use.coordinate] = at
	}
	var failed []error
	for token, uses := range byToken {
		err := s.writeUses(ctx, token, uses)
		s.settleDeprecated(token, uses, err)
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

func (s *Service) takeDeprecated() map[deprecatedUse]clock.Micros {
	u := &s.deprecated
	u.mu.Lock()
	defer u.mu.Unlock()
	taken := u.pending
	u.pending = nil
	return taken
}

// settleDeprecated remembers what is written, or takes back what could not be.
func (s *Service) settleDeprecated(token deprecatedUse, uses map[string]clock.Micros, err error) {
	u := &s.deprecated
	u.mu.Lock()
	defer u.mu.Unlock()
	into := &u.written
	if err != nil {
		into = &u.pending
	}
	if *into == nil || len(*into)+len(uses) > maxDeprecated {
		*into = map[deprecatedUse]clock.Micros{}
	}
	for coordinate, at := range uses {
		(*into)[deprecatedUse{token.accountID, token.tokenID, coordinate}] = at
	}
}

func (s *Service) writeUses(ctx context.Context, token deprecatedUse, uses map[string]clock.Micros) error {
	ctx = viewer.NewContext(ctx, viewer.System("deprecated-uses", token.accountID))
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err := tx.Client.ApiToken.Query().Where(apitoken.ID(token.tokenID)).Modify(store.ForUpdate).Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read what the token %s uses: %w", token.tokenID, err)
		}
		seen := maps.Clone(t.DeprecatedUses)
		if seen == nil {
			seen = map[string]clock.Micros{}
		}
		for coordinate, at := range uses {
			seen[coordinate] = max(at, seen[coordinate])
		}
		recentUses(seen, tx.Now())
		return tx.Client.ApiToken.UpdateOneID(token.tokenID).SetDeprecatedUses(seen).Exec(ctx)
	})
}
