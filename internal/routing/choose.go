package routing

import (
	"cmp"
	"slices"

	"parley/internal/vocab"
)

// Candidate is a user whom a rule names, as they are now. Its zero value may
// get nothing.
type Candidate struct {
	UserID string
	// TeamID is the team by which the rule names the user; "": by themselves.
	TeamID string
	// Seated: the user has a seat (AC-4).
	Seated bool
	// Member: the user is a member of the conversation's inbox (AC-3).
	Member bool
	// Available: the user takes new chats (AC-7).
	Available   bool
	Deactivated bool
	// LeftOut: the user takes no part in automatic assignment (RT-7).
	LeftOut bool
	// Offers are how many the user was offered within the last minute; see
	// Case.OfferPerMinute.
	Offers int
	// Capacity is how many open chats the user may have at once; 0: any number.
	Capacity int
	// Chats and Open are the user's open chats, and open conversations of any
	// kind, of the whole account, without those that are filtered or snoozed.
	Chats, Open int
}

// Case is what a choice is about.
type Case struct {
	// Kind of the conversation: only chats go by who is available, and count
	// against a capacity.
	Kind vocab.ChannelKind
	// OnlyAvailable passes over who is away for e-mail too (AC-8).
	OnlyAvailable bool
	// OfferPerMinute is how many offers a user gets within a minute (RT-7); 0: any
	// number.
	OfferPerMinute int
	// Passed are users who are passed over this time, and why (RT-8).
	Passed map[string]vocab.RoutingSkipReason
	// Last is whom the rule chose last; "": no one yet.
	Last string
}

// Decision is who gets a conversation, and why (RT-5).
type Decision struct {
	// Rule is the number of the rule that held, from 1; 0: there was none. The API
	// counts from 0, as the paths of errors do.
	Rule   int
	Target vocab.RoutingTarget
	// AssigneeID is who gets it; "": no one could.
	AssigneeID string
	// TeamID is the team that gets it, with or without one of its members.
	TeamID string
	// Candidates are all whom the rule names, in the rule's order.
	Candidates []vocab.RoutingCandidate
}

// Choose decides among the candidates of a rule, which stand in the rule's
// order: the owner before the fallback, users as listed, the members of teams
// team by team (RT-1, RT-2). Someone who is there twice counts once. Routing to
// teams chooses the team with the person; with no one eligible, the first team.
func Choose(rule vocab.RoutingRule, candidates []Candidate, of Case) Decision {
	d := Decision{Target: rule.Target, Candidates: []vocab.RoutingCandidate{}}
	if rule.Target == vocab.RouteUnassigned {
		return d
	}
	candidates = withoutRepeats(candidates)
	eligible := []Candidate{}
	for _, c := range candidates {
		why := c.unfit(of)
		if why == "" {
			eligible = append(eligible, c)
		}
		d.Candidates = append(d.Candidates, vocab.RoutingCandidate{UserID: c.UserID, Skipped: why})
	}
	if rule.Target == vocab.RouteTeams && len(rule.TeamIDs) > 0 {
		d.TeamID = rule.TeamIDs[0]
	}
	if len(eligible) == 0 {
		return d
	}
	chosen := pickCandidate(rule, eligible, turnsAfter(candidates, of.Last))
	d.AssigneeID = chosen.UserID
	if rule.Target == vocab.RouteTeams {
		d.TeamID = chosen.TeamID
	}
	for i := range d.Candidates {
		c := &d.Candidates[i]
		switch {
		case c.UserID == chosen.UserID:
			c.Chosen = true
		case c.Skipped == "":
			c.Skipped = vocab.SkipNotNext
		}
	}
	return d
}

// pickCandidate chooses one of the eligible. turn reports who is next: the lowest
// first.
func pickCandidate(rule vocab.RoutingRule, eligible []Candidate, turn map[string]int) Candidate {
	if rule.Target == vocab.RouteContactOwner {
		return eligible[0] // the owner, else the fallback
	}
	return slices.MinFunc(eligible, func(a, b Candidate) int {
		if rule.Method == vocab.FewestOpen && a.Open != b.Open {
			return cmp.Compare(a.Open, b.Open)
		}
		return cmp.Compare(turn[a.UserID], turn[b.UserID])
	})
}

// turnsAfter numbers the candidates from 0, beginning behind the last one who was
// chosen and going round. One who is no candidate any longer was before the first.
func turnsAfter(candidates []Candidate, last string) map[string]int {
	n := len(candidates)
	at := slices.IndexFunc(candidates, func(c Candidate) bool { return c.UserID == last })
	turn := make(map[string]int, n)
	for i, c := range candidates {
		turn[c.UserID] = (i - at - 1 + n) % n
	}
	return turn
}

// withoutRepeats leaves out who stands before already, and who is no one.
func withoutRepeats(candidates []Candidate) []Candidate {
	seen := map[string]bool{"": true}
	unique := make([]Candidate, 0, len(candidates))
	for _, c := range candidates {
		if !seen[c.UserID] {
			seen[c.UserID] = true
			unique = append(unique, c)
		}
	}
	return unique
}

// unfit reports why a user cannot get the conversation; "": they can (RT-2).
func (c Candidate) unfit(of Case) vocab.RoutingSkipReason {
	kind := of.Kind.Abilities()
	switch {
	case c.Deactivated:
		return vocab.SkipDeactivated
	case !c.Member:
		return vocab.SkipNotAMember
	case !c.Seated:
		return vocab.SkipNoSeat
	case c.LeftOut:
		return vocab.SkipNotAutoAssigned
	case of.Passed[c.UserID] != "":
		return of.Passed[c.UserID]
	case !c.Available && (kind.OnlyToAvailable || of.OnlyAvailable):
		return vocab.SkipAway
	case kind.TakesCapacity && c.Capacity > 0 && c.Chats >= c.Capacity:
		return vocab.SkipAtCapacity
	case of.OfferPerMinute > 0 && c.Offers >= of.OfferPerMinute:
		return vocab.SkipOfferLimit
	}
	return ""
}
