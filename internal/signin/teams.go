package signin

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"parley/ent"
	"parley/ent/team"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/oauth"
	"parley/internal/vocab"
)

// teamsOf are the teams that the provider decides on, and those of them that its claim's values put someone into.
func teamsOf(p *ent.IdentityProvider, who oauth.Identity) (managed, wanted []string) {
	if p.TeamClaim == "" || who.Elsewhere(p.TeamClaim) {
		return nil, nil
	}
	has := who.Values(p.TeamClaim)
	for _, m := range p.TeamMapping {
		managed = append(managed, m.TeamID)
		if slices.Contains(has, m.Value) {
			wanted = append(wanted, m.TeamID)
		}
	}
	return managed, wanted
}

// warnOfMissing logs the claims that are to decide on role and teams, and of which the provider says nothing: whoever
// signs in has none of their values then.
func (s *Service) warnOfMissing(ctx context.Context, p *ent.IdentityProvider, who oauth.Identity) {
	var deciding []string
	if len(p.RoleMapping) > 0 {
		deciding = append(deciding, p.RoleClaim)
	}
	if len(p.TeamMapping) > 0 && !slices.Contains(deciding, p.TeamClaim) {
		deciding = append(deciding, p.TeamClaim)
	}
	for _, claim := range deciding {
		if claim != "" && !who.Says(claim) {
			s.o.Log.WarnContext(ctx, "a claim that decides on roles or teams is missing", "provider", p.ID, "claim", claim)
		}
	}
}

// cleanTeamMapping checks which claim puts users into which teams, but for whether those are there.
func cleanTeamMapping(p *ent.IdentityProvider) []error {
	var faults []error
	if p.TeamClaim = strings.TrimSpace(p.TeamClaim); len(p.TeamClaim) > maxText {
		faults = append(faults, errs.Exceeds(maxText, "The claim has %d characters; at most %d are allowed.", len(p.TeamClaim), maxText).On("teamClaim"))
	}
	if len(p.TeamMapping) > maxTeams {
		faults = append(faults, errs.Exceeds(maxTeams, "There are %d values; at most %d are allowed.", len(p.TeamMapping), maxTeams).On("teamMapping"))
	}
	for i, m := range p.TeamMapping {
		if m.Value == "" || len(m.Value) > maxText {
			faults = append(faults, errs.New(errs.Invalid, "A value must have 1 to %d characters.", maxText).On("teamMapping", strconv.Itoa(i), "value"))
		}
	}
	if p.TeamMapping == nil {
		p.TeamMapping = []vocab.TeamMapping{}
	}
	if len(p.TeamMapping) > 0 && p.TeamClaim == "" {
		faults = append(faults, errs.New(errs.Required, "Name the claim whose values decide on teams.").On("teamClaim"))
	}
	return faults
}

// mappedTeams refuses teams that are not there, or are archived, unless they were mapped before: a team may be
// deleted while a provider names it. Errors: NOT_FOUND on [teamMapping, index, teamId].
func mappedTeams(ctx context.Context, client *ent.Client, wanted, held []vocab.TeamMapping) error {
	var faults []error
	for i, m := range wanted {
		if slices.ContainsFunc(held, func(h vocab.TeamMapping) bool { return h.TeamID == m.TeamID }) {
			continue
		}
		is := false
		if id.Is(m.TeamID, id.Team) {
			var err error
			if is, err = client.Team.Query().Where(team.ID(m.TeamID), team.ArchivedAt(0)).Exist(ctx); err != nil {
				return err
			}
		}
		if !is {
			faults = append(faults, errs.New(errs.NotFound, "There is no team %q in use.", errs.Clip(m.TeamID)).On("teamMapping", strconv.Itoa(i), "teamId"))
		}
	}
	return errors.Join(faults...)
}
