package inbox

import (
	"fmt"
	"strconv"

	"parley/ent"
	"parley/internal/vocab"
)

// fix returns a mutation with an example of its input, which asks for the errors too.
func fix(mutation, input string, values ...any) *SetupFix {
	return &SetupFix{
		Mutation: mutation,
		Example:  fmt.Sprintf("mutation { "+mutation+"(input: {"+input+"}) { userErrors { code message field } } }", values...),
	}
}

func fixChannel(inboxID string) *SetupFix {
	return fix("createChatChannel", `inboxId: %q`, inboxID)
}

// fixMembers gives a member a seat, or the inbox a member.
func fixMembers(inboxID string, members []*ent.User) *SetupFix {
	if len(members) == 0 {
		return fix("updateInboxMembers", `inboxId: %q, addUserIds: ["<a user's id>"]`, inboxID)
	}
	return fix("updateUser", `userId: %q, seat: SERVICE`, members[0].ID)
}

func fixAvailability(members []*ent.User) *SetupFix {
	for _, u := range members {
		if u.Seat != vocab.SeatNone {
			return fix("setAvailability", `userId: %q, availability: AVAILABLE`, u.ID)
		}
	}
	return nil
}

// fixMessage publishes the first message of a channel, or creates one.
func fixMessage(channelID string, messages []*ent.TargetedMessage) *SetupFix {
	switch {
	case len(messages) == 0:
		return fix("createTargetedMessage", `channelId: %q, name: "Welcome", welcomeMessage: "Hello! How can we help?"`, channelID)
	case messages[0].State == vocab.TargetedOff:
		return fix("setTargetedMessageState", `targetedMessageId: %q, on: true`, messages[0].ID)
	}
	return fix("publishTargetedMessage", `targetedMessageId: %q`, messages[0].ID)
}

func fixSnippet(channelID string) *SetupFix {
	return fix("sendTrackingCode", `channelId: %q, email: "<who edits the site>"`, channelID)
}

func fixChatRouting(m *ent.TargetedMessage, members []*ent.User) *SetupFix {
	if m == nil {
		return nil
	}
	return fix("updateTargetedMessage", `targetedMessageId: %q, routing: %s`, m.ID, exampleRouting(members))
}

func fixMailRouting(m *ent.EmailChannel, members []*ent.User) *SetupFix {
	return fix("updateEmailChannel", `channelId: %q, routing: %s`, m.ID, exampleRouting(members))
}

// exampleRouting chooses among a member, by turns.
func exampleRouting(members []*ent.User) string {
	userID := "<a member's id>"
	if len(members) > 0 {
		userID = members[0].ID
	}
	return `{rules: [{target: USERS, userIds: [` + strconv.Quote(userID) + `], method: ROUND_ROBIN}]}`
}

// fixConnection connects a mailbox again; that of a forwarding address is not signed in to.
func fixConnection(m *ent.EmailChannel) *SetupFix {
	return fix("reconnectEmailChannel", `channelId: %q`, m.ID)
}

func fixSignature(m *ent.EmailChannel) *SetupFix {
	return fix("updateEmailChannel", `channelId: %q, dkimSelector: "parley"`, m.ID)
}
