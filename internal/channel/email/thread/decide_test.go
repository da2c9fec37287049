package thread_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parley/internal/channel/email/thread"
)

// Pitfall 5: who may join which conversation.
func TestDecide(t *testing.T) {
	t.Parallel()
	hers := thread.Conversation{ID: "hers", Participants: []string{"support@parley.test", "Ada@Example.com", "cc@example.org"}}
	other := thread.Conversation{ID: "other", Participants: []string{"bob@example.com"}}
	trashed, elsewhere := hers, hers
	trashed.ID, trashed.Deleted = "trashed", true
	elsewhere.ID, elsewhere.OtherInbox = "elsewhere", true
	type list = []thread.Conversation
	for name, tc := range map[string]struct {
		sender    string
		byToken   *thread.Conversation
		byHeaders list
		want      thread.Decision
	}{
		"nothing known":                   {"ada@example.com", nil, nil, thread.Decision{WhyNot: "NOTHING_FOUND"}},
		"token":                           {"ada@example.com", &hers, nil, thread.Decision{ConversationID: "hers", Why: "TOKEN"}},
		"token from elsewhere":            {"eve@example.net", &hers, nil, thread.Decision{ConversationID: "hers", Why: "TOKEN"}},
		"token before headers":            {"bob@example.com", &hers, list{other}, thread.Decision{ConversationID: "hers", Why: "TOKEN"}},
		"headers and participant":         {"ada@example.com", nil, list{hers}, thread.Decision{ConversationID: "hers", Why: "HEADERS"}},
		"case of the address":             {" ADA@EXAMPLE.COM ", nil, list{hers}, thread.Decision{ConversationID: "hers", Why: "HEADERS"}},
		"someone in Cc":                   {"cc@example.org", nil, list{hers}, thread.Decision{ConversationID: "hers", Why: "HEADERS"}},
		"headers alone":                   {"eve@example.net", nil, list{hers}, thread.Decision{WhyNot: "NOT_A_PARTICIPANT", PossiblyRelated: "hers"}},
		"colleague of the same domain":    {"grace@example.com", nil, list{hers}, thread.Decision{WhyNot: "NOT_A_PARTICIPANT", PossiblyRelated: "hers"}},
		"dots count":                      {"a.da@example.com", nil, list{hers}, thread.Decision{WhyNot: "NOT_A_PARTICIPANT", PossiblyRelated: "hers"}},
		"plus counts":                     {"ada+x@example.com", nil, list{hers}, thread.Decision{WhyNot: "NOT_A_PARTICIPANT", PossiblyRelated: "hers"}},
		"no sender":                       {"", nil, list{{ID: "odd", Participants: []string{""}}}, thread.Decision{WhyNot: "NOT_A_PARTICIPANT", PossiblyRelated: "odd"}},
		"second of the headers":           {"bob@example.com", nil, list{hers, other}, thread.Decision{ConversationID: "other", Why: "HEADERS"}},
		"nearest of two":                  {"eve@example.net", nil, list{other, hers}, thread.Decision{WhyNot: "NOT_A_PARTICIPANT", PossiblyRelated: "other"}},
		"trashed (IN-20)":                 {"ada@example.com", nil, list{trashed}, thread.Decision{WhyNot: "DELETED", PossiblyRelated: "trashed"}},
		"trashed by token (IN-20)":        {"ada@example.com", &trashed, nil, thread.Decision{WhyNot: "DELETED", PossiblyRelated: "trashed"}},
		"token trashed, headers not":      {"ada@example.com", &trashed, list{hers}, thread.Decision{ConversationID: "hers", Why: "HEADERS"}},
		"another inbox (EM-8)":            {"ada@example.com", nil, list{elsewhere}, thread.Decision{WhyNot: "OTHER_INBOX"}},
		"another inbox by token (EM-8)":   {"ada@example.com", &elsewhere, nil, thread.Decision{WhyNot: "OTHER_INBOX"}},
		"this inbox's one (EM-8)":         {"ada@example.com", &elsewhere, list{elsewhere, hers}, thread.Decision{ConversationID: "hers", Why: "HEADERS"}},
		"another inbox is not shown":      {"eve@example.net", &elsewhere, list{hers}, thread.Decision{WhyNot: "NOT_A_PARTICIPANT", PossiblyRelated: "hers"}},
		"international domain":            {"ada@Bücher.example", nil, list{{ID: "idn", Participants: []string{"ada@xn--bcher-kva.example"}}}, thread.Decision{ConversationID: "idn", Why: "HEADERS"}},
		"trashed one of another inbox":    {"ada@example.com", nil, list{{ID: "x", Deleted: true, OtherInbox: true}}, thread.Decision{WhyNot: "OTHER_INBOX"}},
		"participant of the trashed only": {"ada@example.com", nil, list{trashed, other}, thread.Decision{WhyNot: "DELETED", PossiblyRelated: "trashed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := thread.Decide(thread.Candidates{Sender: tc.sender, ByToken: tc.byToken, ByHeaders: tc.byHeaders})
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Pitfall 5: whatever the headers say, a sender joins only where they take part
// or bear a token, and never a deleted conversation or another inbox's (IN-20).
func TestDecideNeverLetsStrangersIn(t *testing.T) {
	t.Parallel()
	address := rapid.SampledFrom([]string{"", "a@x.test", "A@x.test", "b@x.test", "a@y.test", "ab@x.test"})
	conversation := rapid.Custom(func(t *rapid.T) thread.Conversation {
		return thread.Conversation{
			ID:           rapid.StringMatching("[a-z]{12}").Draw(t, "id"),
			Participants: rapid.SliceOfN(address, 0, 3).Draw(t, "participants"),
			Deleted:      rapid.Bool().Draw(t, "deleted"),
			OtherInbox:   rapid.Bool().Draw(t, "other"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		c := thread.Candidates{
			Sender:    address.Draw(t, "sender"),
			ByToken:   rapid.Ptr(conversation, true).Draw(t, "token"),
			ByHeaders: rapid.SliceOfN(conversation, 0, 4).Draw(t, "headers"),
		}
		d := thread.Decide(c)
		if (d.ConversationID == "") != (d.WhyNot != "") || (d.ConversationID == "") != (d.Why == "") {
			t.Fatalf("neither joined nor not: %+v", d)
		}
		if d.ConversationID == "" {
			return
		}
		if c.ByToken != nil && c.ByToken.ID == d.ConversationID {
			if c.ByToken.Deleted || c.ByToken.OtherInbox {
				t.Fatalf("joined %+v", *c.ByToken)
			}
			return
		}
		for _, found := range c.ByHeaders {
			if found.ID != d.ConversationID || found.Deleted || found.OtherInbox || c.Sender == "" {
				continue
			}
			for _, p := range found.Participants {
				if strings.EqualFold(p, c.Sender) {
					return
				}
			}
		}
		t.Fatalf("%q joined %q without a right to: %+v", c.Sender, d.ConversationID, c)
	})
}
