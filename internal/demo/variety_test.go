package demo_test

import (
	"fmt"
	"slices"
	"strings"

	"parley/internal/vocab"
)

// variety: every kind and state is there.
func (c *checker) variety() {
	c.Helper()
	seen := map[string]bool{}
	saw := func(condition bool, what string) {
		if condition {
			seen[what] = true
		}
	}
	for _, one := range c.conversations {
		for _, what := range []any{one.Kind, one.Status, one.Folder, one.BotState, one.Priority} {
			seen[fmt.Sprint(what)] = true
		}
		for _, reason := range one.Filtered.List() {
			seen[string(reason)] = true
		}
		seen[fmt.Sprint(one.Status, " ", one.BotState)] = true
		saw(one.Status == vocab.Open && one.AssigneeID == "" && one.AssignedTeamID != "", "with a team alone")
		saw(one.Status == vocab.Open && one.WaitingSince.IsSet() && one.AssigneeID != "", "asked")
		saw(one.Status == vocab.Open && !one.WaitingSince.IsSet() && one.BotState == vocab.BotNone, "answered")
		saw(len(one.Tags) > 1, "tags")
		saw(one.VisitorID != "" && one.ContactID == "", "unknown")
		saw(one.TargetedMessageID != "" && one.OriginURL != "", "begun from a targeted message")
		for _, m := range c.messages[one.ID] {
			saw(len(m.Mentions) > 0, "mention")
			saw(m.HTML != "", "HTML")
			saw(m.EditedAt.IsSet(), "edited")
			saw(m.DeletedAt.IsSet(), "deleted")
			saw(strings.ContainsRune(m.Text, 'ü'), "German")
			saw(strings.ContainsRune(m.Text, '。'), "Japanese")
			seen[string(m.Direction)] = true
		}
	}
	for _, e := range c.events {
		seen[string(e.Type)] = true
	}
	for _, u := range c.users {
		for _, what := range []any{u.Role, u.Seat, u.Availability} {
			seen[fmt.Sprint(what)] = true
		}
	}
	greetings, err := c.store.Client(c.ctx).TargetedMessage.Query().All(c.ctx)
	if err != nil {
		c.Fatal(err)
	}
	for _, g := range greetings {
		seen["targeted "+string(g.State)] = true
	}
	var missing []string
	for _, what := range strings.Split("CHAT EMAIL OPEN CLOSED MAIN SNOOZED BOT FILTERED TRASH NONE ACTIVE ENDED HANDED_OFF TAKEN_OVER "+
		"LOW NORMAL HIGH URGENT SPAM BLOCKED_SENDER ROLE_ADDRESS PROMOTIONAL AUTO_REPLY INCOMING OUTGOING NOTE "+
		"ADMIN AGENT SALES SERVICE AVAILABLE AWAY tags unknown asked answered mention HTML edited deleted German Japanese "+
		"CONVERSATION_CREATED CONVERSATION_ASSIGNED CONVERSATION_CLOSED CONVERSATION_REOPENED CONVERSATION_FILTERED CONVERSATION_DELETED "+
		"CONVERSATION_UPDATED CONVERSATION_READ BOT_HANDED_OFF BOT_TAKEN_OVER MESSAGE_CREATED MESSAGE_UPDATED MESSAGE_DELETED CONTACT_CREATED "+
		"CONTACT_BLOCKED USER_CREATED TEAM_CREATED INBOX_CREATED MEMBER_ADDED CHANNEL_CREATED TARGETED_MESSAGE_CREATED "+
		"TARGETED_MESSAGE_PUBLISHED TARGETED_MESSAGE_UPDATED TOKEN_CREATED", " ") {
		if !seen[what] {
			missing = append(missing, what)
		}
	}
	for _, what := range []string{
		"OPEN ENDED", "OPEN ACTIVE", "OPEN HANDED_OFF", "CLOSED ENDED", "with a team alone", "begun from a targeted message",
		"targeted ON", "targeted OFF", "targeted DRAFT",
	} {
		if !seen[what] {
			missing = append(missing, what)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		c.Errorf("there is nothing that is %v", missing)
	}
}
