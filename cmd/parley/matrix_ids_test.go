package main

import (
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"parley/graph"
	"parley/internal/id"
	"parley/internal/viewer"
)

// administered are the kinds of objects that admins see in all inboxes (AC-3); contacts
// while the account shows them to all (AC-14).
var administered = []string{id.Contact, id.Inbox, id.Channel, id.SlackChannel, id.TargetedMessage, id.PersonalMailbox, id.Task, id.SavedView, id.UserSession}

// hides reports whether a caller does not see objects of a kind that belong to an
// inbox of others.
func hides(prefix string, caller viewer.Kind) bool {
	return caller != viewer.Admin || !slices.Contains(administered, prefix)
}

// strangers are ids of a kind that a caller may not see, by what they are.
func strangers(kind string, caller viewer.Kind, w, foreign *world) map[string]string {
	prefix := prefixOf(kind)
	ids := map[string]string{"of another account": foreign.own[kind], "unknown": id.New(prefix)}
	if w.other[kind] != "" && hides(prefix, caller) {
		ids["of another inbox"] = w.other[kind]
	}
	if caller == viewer.Visitor && kind == id.Conversation {
		ids["of another visitor"] = w.ConversationIDs[1]
	}
	return ids
}

// changing is what is new in each answer: ids, and texts with a number.
var changing = regexp.MustCompile(`[a-z]+_[0-9a-hjkmnp-tv-z]{26}|\bx\d+\b`)

// sought are the answers that tell whether the id was looked for.
var sought = regexp.MustCompile(`"NOT_FOUND"|"NOT_A_MEMBER"|"r":(null|\[null\])`)

// silent are places whose ids only narrow what is listed, or are looked at later, as those of
// an action are when it is accepted, or stand behind another fault, of which a query has one.
var silent = regexp.MustCompile(`^query\.sessions\(userId$|^mutation\.receiveMessage\(input\.attachmentIds$|^query\.auditLog\(filter\.|filter\.(inboxIds|contactIds|contactListId|assignees\.(user|team)Ids|ownerIds|companyIds|pipelineIds|stageIds|contactId|companyId|dealId|ticketId|assigneeIds|authorIds|conversationId)$|^query\.events|^subscription\.events|` +
	`^mutation\.(create|update)LibraryItem\(input\.(userLinks\.userId|imageAttachmentId)$|` +
	`^mutation\.proposeAction\(input\.(conversationId$|action\.)|^query\.simulateBot\(input\.flow\.flow\.steps\.routing\.rules\.conditions\.|` +
	`^mutation\.bulkChangeConversations\(input\.(userId|teamId|selection\.conversationIds)`)

// API-12, AC-3: each place in which a call takes an id answers alike to the id of
// an object of another inbox or account, and to one that never was. A new
// argument is here by itself. An id that the caller chooses is in use, whosever it is.
func TestForeignIDsAreUnknown(t *testing.T) {
	t.Parallel()
	eachLab(t, func(t *testing.T, l *lab) {
		s := &strangeness{lab: l, t: t, own: l.world(), foreign: l.world()}
		for _, c := range l.calls() {
			for _, p := range l.places(c) {
				reached := silent.MatchString(c.String()+"("+p.String()) || p.chosen()
				for _, kind := range s.kinds(c, p) {
					for _, caller := range kindsOfCallers {
						if c.admits(caller) {
							reached = s.compare(c, p, kind, caller) || reached
						}
					}
				}
				if !reached {
					t.Errorf("%s(%s): no one's call comes to look for the id: give it in 'also' what it needs besides", c, p)
				}
			}
		}
	})
}

// Only root fields take ids, so that the test above tries all of them.
func TestOnlyRootFieldsTakeIDs(t *testing.T) {
	t.Parallel()
	l := &lab{t: t, schema: graph.PublicSchema(graph.Federation)}
	for name, def := range l.schema.Types {
		if def.Kind != ast.Object || def == l.schema.Query || def == l.schema.Mutation || def == l.schema.Subscription {
			continue
		}
		for _, f := range def.Fields {
			if places := l.places(&call{"", f}); len(places) > 0 {
				t.Errorf("%s.%s takes ids in %v: have TestForeignIDsAreUnknown try them too", name, f.Name, places)
			}
		}
	}
}

// strangeness compares the answers to ids that a caller may not see.
type strangeness struct {
	*lab
	t            *testing.T
	own, foreign *world
	turn         int
}

// kinds are what the ids of a place may be of.
func (s *strangeness) kinds(c *call, p *place) []string {
	kind := p.kindOf(c)
	switch kind {
	case "":
		s.t.Errorf("%s(%s): what are the ids of? Say it in kindsOfIDs", c, p)
		return nil
	case anyKind:
		return slices.Sorted(maps.Keys(s.foreign.own))
	case id.Channel:
		return []string{id.Channel, emailChannel, customChannel}
	}
	return []string{kind}
}

// compare compares the answers, and reports whether the id was looked for.
func (s *strangeness) compare(c *call, p *place, kind string, caller viewer.Kind) (reached bool) {
	answers := map[string]string{}
	for what, value := range strangers(kind, caller, s.own, s.foreign) {
		s.turn++
		document := (&writer{lab: s.lab, call: c, world: s.own, at: p, value: value, turn: s.turn}).document(s.brief(c.field.Type, 1))
		answers[what] = changing.ReplaceAllString(s.run(s.own.as(caller), document).raw, "·")
	}
	reference := "unknown"
	if p.chosen() {
		reference = "of another account"
		delete(answers, "unknown")
	}
	for what, answer := range answers {
		if answer != answers[reference] {
			s.t.Errorf("%s calls %s(%s) with the id of a %s %s:\n got %.600s\nwant %.600s", caller, c, p, kind, what, answer, answers[reference])
		}
	}
	return sought.MatchString(answers["unknown"])
}
