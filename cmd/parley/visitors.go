package main

import (
	"slices"
	"strings"

	"parley/internal/channel/chat/visitor"
)

// checkVisitors refuses bounds below zero.
func (s *serverSettings) checkVisitors() (problems []error) {
	for name, n := range map[string]int{
		"PARLEY_VISITOR_MESSAGES": s.VisitorMessages, "PARLEY_VISITOR_CHATS": s.VisitorChats, "PARLEY_VISITOR_SESSIONS": s.VisitorSessions,
	} {
		if n < 0 {
			problems = append(problems, wrong(name, "is below 0", "a number, or 0 for no limit"))
		}
	}
	if s.MissedReplyDelay < 0 {
		problems = append(problems, wrong("PARLEY_MISSED_REPLY_DELAY", "is below 0", "a duration such as 10m, or 0 to send none"))
	}
	return problems
}

// sites are the origins of this server and of the pages that may call it, to which notices
// may lead (CH-6). nil, for *: all.
func (s *serverSettings) sites() []string {
	if slices.Contains(s.AllowedOrigins, "*") {
		return nil
	}
	sites := []string{}
	for _, origin := range append([]string{s.PublicURL}, s.AllowedOrigins...) {
		sites = append(sites, strings.ToLower(strings.TrimSuffix(origin, "/")))
	}
	return sites
}

// visitorOptions are the limits of visitors, and when replies are missed.
func (s *serverSettings) visitorOptions() visitor.Options {
	return visitor.Options{
		Limits: visitor.Limits{
			MessagesPerMinute: s.VisitorMessages, ChatsPerHour: s.VisitorChats, SessionsPerMinute: s.VisitorSessions, AddressesPerHour: s.VisitorAddresses,
			AnswersPerHour: s.VisitorAnswers,
		},
		MissedAfter: s.MissedReplyDelay,
		Sites:       s.sites(), LocalSites: s.loopbackOrigins, PublicURL: s.PublicURL,
	}
}
