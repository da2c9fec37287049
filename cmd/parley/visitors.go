package main

import (
	"strings"
	"time"

	"parley/internal/visitor"
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
		problems = append(problems, wrong("PARLEY_MISSED_REPLY_DELAY", "is below 0", "a time such as 10m, or 0 for no letters"))
	}
	return problems
}

// sites are the origins of this server and of the pages that may call it. *
// names none: letters then lead to this server's pages alone.
func (s *serverSettings) sites() []string {
	sites := []string{}
	for _, origin := range append([]string{s.PublicURL}, s.AllowedOrigins...) {
		if origin != "*" {
			sites = append(sites, strings.ToLower(strings.TrimSuffix(origin, "/")))
		}
	}
	return sites
}

// guard gives visitors their limits, and has missed replies mailed. It is called
// before the queue starts.
func (s *serverSettings) guard(a *app) {
	a.visitors.Limit(visitor.Limits{
		MessagesPerMinute: s.VisitorMessages, ChatsPerHour: s.VisitorChats, SessionsPerMinute: s.VisitorSessions,
	})
	a.visitors.MissAfter(s.MissedReplyDelay)
	a.visitors.LinkTo(s.sites()...)
	a.queue.Periodic("forget-visitors-traces", time.Hour, a.visitors.Forget)
	if s.MissedReplyDelay > 0 {
		a.queue.Periodic("mail-missed-replies", min(max(s.MissedReplyDelay/2, time.Second), time.Minute), a.visitors.MailMissed)
	}
}
