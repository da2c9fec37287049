package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"

	"parley/graph"
	"parley/internal/clock"
)

// setup returns the steps of an inbox as "WHAT STATE", and the fixes by step.
func (a *api) setup(t *testing.T, inboxID string) (steps []string, fixes map[string]string) {
	t.Helper()
	data := a.do(adminToken, `query($id: ID!) { inbox(id: $id) { setup { id what state text channelId fixWith { mutation example } } } }`, map[string]any{"id": inboxID})
	items, _ := at(data, "inbox", "setup").([]any)
	fixes = map[string]string{}
	seen := map[string]bool{}
	for _, item := range items {
		what, state := text(item, "what"), text(item, "state")
		steps = append(steps, what+" "+state)
		if key := text(item, "id"); seen[key] || !strings.HasPrefix(key, inboxID) {
			t.Errorf("the key %s is listed twice, or is another inbox's", key)
		}
		seen[text(item, "id")] = true
		if text(item, "text") == "" {
			t.Errorf("%s has no text", what)
		}
		if example := text(item, "fixWith", "example"); example != "" {
			fixes[what] = example
			if _, errs := gqlparser.LoadQueryWithRules(graph.PublicSchema(), example, nil); errs != nil || !strings.Contains(example, text(item, "fixWith", "mutation")+"(") {
				t.Errorf("%s: %v\n%s", what, errs, example)
			}
		}
	}
	return steps, fixes
}

// DX-6: a new inbox says step by step what it lacks, and each step is done by the mutation that
// it names.
func TestSetupOfAnInbox(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		made := a.do(adminToken, `mutation { createInbox(input: {name: "Sales"}) { inbox { id } } }`, nil)
		inboxID := text(made, "createInbox", "inbox", "id")
		check := func(want ...string) map[string]string {
			t.Helper()
			steps, fixes := a.setup(t, inboxID)
			if diff := cmp.Diff(want, steps); diff != "" {
				t.Fatalf("(-want +got)\n%s", diff)
			}
			return fixes
		}
		run := func(example string, replace ...string) {
			t.Helper()
			a.do(adminToken, strings.NewReplacer(replace...).Replace(example), nil)
		}
		me := a.do(adminToken, `{ viewer { actor { ... on User { id seat } } } }`, nil)
		a.do(adminToken, fmt.Sprintf(`mutation { updateUser(input: {userId: %q, seat: NONE}) { userErrors { message } } setAvailability(input: {availability: AWAY}) { userErrors { message } } }`,
			text(me, "viewer", "actor", "id")), nil)

		fixes := check("MEMBERS TODO", "AVAILABILITY WARN", "CHANNEL TODO")
		run(fixes["MEMBERS"])
		fixes = check("MEMBERS DONE", "AVAILABILITY WARN", "CHANNEL TODO")
		run(fixes["AVAILABILITY"])
		run(fixes["CHANNEL"])
		fixes = check("MEMBERS DONE", "AVAILABILITY DONE", "CHANNEL DONE", "TARGETED_MESSAGE TODO", "SNIPPET TODO", "MAIL_SENDER WARN")
		run(fixes["TARGETED_MESSAGE"]) // there is one then, as a draft
		_, fixes = a.setup(t, inboxID)
		run(fixes["TARGETED_MESSAGE"])
		run(fixes["SNIPPET"], "<who edits the site>", "site@example.com")
		fixes = check("MEMBERS DONE", "AVAILABILITY DONE", "CHANNEL DONE", "TARGETED_MESSAGE DONE", "SNIPPET TODO", "ROUTING WARN", "MAIL_SENDER WARN")
		run(fixes["ROUTING"])
		data := a.do(adminToken, `query($id: ID!) { inbox(id: $id) { chatChannel { key } } }`, map[string]any{"id": inboxID})
		a.do("", `mutation($in: StartVisitorSessionInput!) { startVisitorSession(input: $in) { userErrors { message } } }`, input("channelKey", text(data, "inbox", "chatChannel", "key")))
		check("MEMBERS DONE", "AVAILABILITY DONE", "CHANNEL DONE", "TARGETED_MESSAGE DONE", "SNIPPET DONE", "ROUTING DONE", "MAIL_SENDER WARN")
	})
}

// DX-6: a forwarding address waits for its first mail, and for its signature.
func TestSetupOfAForwardingAddress(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		made := a.do(adminToken, `mutation { createInbox(input: {name: "Office"}) { inbox { id } } }`, nil)
		inboxID := text(made, "createInbox", "inbox", "id")
		a.do(adminToken, `mutation($in: BeginEmailChannelInput!) { beginEmailChannel(input: $in) { userErrors { message } } }`,
			input("inboxId", inboxID, "provider", "FORWARDING", "address", "office@shop.example", "acceptTerms", true))
		steps, fixes := a.setup(t, inboxID)
		for _, want := range []string{"CHANNEL DONE", "CONNECTION DONE", "FORWARDING TODO", "SIGNATURE WARN", "ROUTING WARN"} {
			if !slices.Contains(steps, want) {
				t.Errorf("got %v; want %s", steps, want)
			}
		}
		a.do(adminToken, fixes["SIGNATURE"], nil)
		a.do(adminToken, fixes["ROUTING"], nil)
		steps, _ = a.setup(t, inboxID)
		for _, want := range []string{"SIGNATURE DONE", "ROUTING DONE"} {
			if !slices.Contains(steps, want) {
				t.Errorf("got %v; want %s", steps, want)
			}
		}
	})
}

// DX-6, EM-2: a mailbox that is reached without encryption is warned of.
func TestSetupOfAnUnencryptedMailbox(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		made := a.do(adminToken, `mutation { createInbox(input: {name: "Office"}) { inbox { id } } }`, nil)
		inboxID := text(made, "createInbox", "inbox", "id")
		channel := text(a.do(adminToken, `mutation($in: BeginEmailChannelInput!) { beginEmailChannel(input: $in) { emailChannel { id } userErrors { message } } }`,
			input("inboxId", inboxID, "provider", "FORWARDING", "address", "office@shop.example", "acceptTerms", true)), "beginEmailChannel", "emailChannel", "id")
		for security, want := range map[string]string{"TLS": "CONNECTION DONE", "NONE": "CONNECTION WARN"} {
			statement := fmt.Sprintf(`UPDATE email_channels SET imap = '{"host":"mail.shop.example","port":143,"security":"%s"}' WHERE id = '%s'`, security, channel)
			if _, err := a.store.Writer().ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
			if steps, _ := a.setup(t, inboxID); !slices.Contains(steps, want) {
				t.Errorf("with %s: got %v; want %s", security, steps, want)
			}
		}
	})
}
