package graph_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"parley/internal/testkit"
)

// RT-2: what an assignment leaves, sets and clears, by which of user and team is
// given; and what is refused, with the field that is wrong.
func TestAssignConversationThroughTheAPI(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		ben, cleo, c := o.AgentIDs[0], o.AgentIDs[1], o.ConversationIDs[0]
		team := func(members string) string {
			var made struct {
				Data struct {
					CreateTeam struct{ Team struct{ ID string } }
				}
			}
			name := fmt.Sprintf("Team of %.40s", members)
			text := o.run(o.Admin, t, fmt.Sprintf(`mutation { createTeam(input: {name: %q, userIds: [%s]}) { team { id } userErrors { message } } }`, name, members))
			if err := json.Unmarshal([]byte(text), &made); err != nil || made.Data.CreateTeam.Team.ID == "" {
				t.Fatal(text, err)
			}
			return made.Data.CreateTeam.Team.ID
		}
		bens, cleos := team(fmt.Sprintf("%q", ben)), team(fmt.Sprintf("%q", cleo))
		names := strings.NewReplacer(ben, "ben", cleo, "cleo", bens, "bens", cleos, "cleos")
		assign := func(input string) string {
			var answer struct {
				Data struct {
					AssignConversation struct {
						Conversation *struct{ Assignee, AssignedTeam *struct{ ID string } }
						UserErrors   []struct {
							Code  string
							Field []string
						}
					}
				}
				Errors []struct{ Message string }
			}
			text := o.run(o.Agent(0), t, fmt.Sprintf(`mutation { assignConversation(input: {conversationId: %q %s}) {
				conversation { assignee { id } assignedTeam { id } } userErrors { code field } } }`, c, input))
			if err := json.Unmarshal([]byte(text), &answer); err != nil {
				t.Fatal(err)
			}
			done := answer.Data.AssignConversation
			switch {
			case len(answer.Errors) > 0:
				return answer.Errors[0].Message
			case len(done.UserErrors) > 0:
				return fmt.Sprint(done.UserErrors[0].Code, " ", done.UserErrors[0].Field)
			}
			who := []string{"no one", "no team"}
			if u := done.Conversation.Assignee; u != nil {
				who[0] = u.ID
			}
			if g := done.Conversation.AssignedTeam; g != nil {
				who[1] = g.ID
			}
			return names.Replace(strings.Join(who, ", "))
		}
		foreign := testkit.Account(t, o.Store).AgentIDs[0]
		user, group := func(id string) string { return fmt.Sprintf(", userId: %q", id) }, func(id string) string { return fmt.Sprintf(", teamId: %q", id) }
		for _, step := range []struct{ what, input, want string }{
			{"both, as given", fmt.Sprintf(`, userId: %q, teamId: %q`, ben, cleos), "ben, cleos"},
			{"only a user who is not in the team", user(ben), "ben, no team"},
			{"only a team with the assignee", group(bens), "ben, bens"},
			{"only a user who is in the team", user(ben), "ben, bens"},
			{"only a team without the assignee", group(cleos), "no one, cleos"},
			{"both again", fmt.Sprintf(`, userId: %q, teamId: %q`, ben, bens), "ben, bens"},
			{"another team, and the assignee stays", group(cleos) + ", keepAssignee: true", "ben, cleos"},
			{"no user", ", userId: null", "no one, cleos"},
			{"a user and no team", fmt.Sprintf(`, userId: %q, teamId: null`, cleo), "cleo, no team"},
			{"no team", ", teamId: null", "cleo, no team"},
			{"neither of them", ", userId: null, teamId: null", "no one, no team"},
			{"neither is given", "", "REQUIRED [userId]"},
			{"only keepAssignee", ", keepAssignee: true", "REQUIRED [userId]"},
			{"a team as a user", user(bens), "NOT_FOUND [userId]"},
			{"a user as a team", group(ben), "NOT_FOUND [teamId]"},
			{"no id at all", user("1 OR 1=1"), "NOT_FOUND [userId]"},
			{"an unknown user", user("user_01k9zzzzzzzzzzzzzzzzzzzzzz"), "NOT_FOUND [userId]"},
			{"a user of another account", user(foreign), "NOT_FOUND [userId]"},
			{"an unknown team", group("team_01k9zzzzzzzzzzzzzzzzzzzzzz"), "NOT_FOUND [teamId]"},
			{"a good user and an unknown team", user(ben) + group("team_01k9zzzzzzzzzzzzzzzzzzzzzz"), "NOT_FOUND [teamId]"},
			{"an old revision", user(ben) + ", expectedRevision: 99", "CONFLICT [expectedRevision]"},
		} {
			if got := assign(step.input); got != step.want {
				t.Errorf("%s: got %s, want %s", step.what, got, step.want)
			}
		}
		unknown := o.run(o.Agent(0), t, fmt.Sprintf(`mutation { assignConversation(input: {conversationId: %q, userId: %q}) { userErrors { code message field } } }`, c, "user_01k9zzzzzzzzzzzzzzzzzzzzzz"))
		theirs := o.run(o.Agent(0), t, fmt.Sprintf(`mutation { assignConversation(input: {conversationId: %q, userId: %q}) { userErrors { code message field } } }`, c, foreign))
		if strings.ReplaceAll(theirs, foreign, "user_01k9zzzzzzzzzzzzzzzzzzzzzz") != unknown {
			t.Errorf("a foreign user: %s, an unknown one: %s", theirs, unknown)
		}
	})
}
