package main

import "strconv"

// channel is a chat channel with a published targeted message.
type channel struct {
	api                            *api
	inboxID, channelID, key, shown string
}

// chat is a chat and its visitor's token.
type chat struct{ conversationID, visitor string }

// channel makes an inbox with the admin in it, and its chat channel.
func (a *api) channel() *channel {
	a.t.Helper()
	if a.channels++; a.channels > 1 {
		return a.channelNamed("Support " + strconv.Itoa(a.channels))
	}
	return a.channelNamed("Support")
}

func (a *api) channelNamed(name string) *channel {
	a.t.Helper()
	c := &channel{api: a}
	inbox := a.do(adminToken, `mutation($in: CreateInboxInput!) { createInbox(input: $in) { inbox { id } userErrors { message } } }`, input("name", name))
	c.inboxID = text(inbox, "createInbox", "inbox", "id")
	made := a.do(adminToken, `mutation($in: CreateChatChannelInput!) { createChatChannel(input: $in) { chatChannel { id key } userErrors { message } } }`,
		input("inboxId", c.inboxID))
	c.channelID, c.key = text(made, "createChatChannel", "chatChannel", "id"), text(made, "createChatChannel", "chatChannel", "key")
	message := a.do(adminToken, `mutation($in: CreateTargetedMessageInput!) { createTargetedMessage(input: $in) { targetedMessage { id } userErrors { message } } }`,
		input("channelId", c.channelID, "name", "Welcome", "welcomeMessage", "Hello!"))
	c.shown = text(message, "createTargetedMessage", "targetedMessage", "id")
	a.do(adminToken, `mutation($in: PublishTargetedMessageInput!) { publishTargetedMessage(input: $in) { userErrors { message } } }`,
		input("targetedMessageId", c.shown))
	return c
}

// visitor begins a session and returns its token.
func (c *channel) visitor() string {
	c.api.t.Helper()
	data := c.api.do("", `mutation($in: StartVisitorSessionInput!) { startVisitorSession(input: $in) { token userErrors { message } } }`,
		input("channelKey", c.key))
	return text(data, "startVisitorSession", "token")
}

// chat begins a chat of a new visitor.
func (c *channel) chat(words string) chat {
	c.api.t.Helper()
	visitor := c.visitor()
	data := c.api.do(visitor, `mutation($in: StartChatInput!) { startChat(input: $in) { conversation { id } userErrors { message } } }`,
		input("targetedMessageId", c.shown, "text", words, "pageUrl", "https://shop.example/"))
	return chat{text(data, "startChat", "conversation", "id"), visitor}
}

// input makes the variables of a mutation whose argument is $in.
func input(pairs ...any) map[string]any {
	in := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		in[pairs[i].(string)] = pairs[i+1]
	}
	return map[string]any{"in": in}
}
