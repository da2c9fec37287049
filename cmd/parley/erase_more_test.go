package main

import (
	"fmt"
	"strings"
)

// plantMore puts marks in all that one can write of a contact beside the first round.
func (e *erasing) plantMore(site *channel, box *mailbox) {
	e.t.Helper()
	for _, object := range []string{"CONVERSATION", "TICKET", "DEAL"} {
		e.must(adminToken, "createProperty", "CreatePropertyInput", "property { id }", "object", object, "name", "remark", "kind", "LONG_TEXT")
	}
	chat := e.plantSecondChat(site)
	e.plantEngagements(chat)
	e.changeRecords()
	e.plantSecondContact()
	e.plantLetters(box)
	e.must(adminToken, "blockConversationSender", "BlockConversationSenderInput", "conversation { id }", "conversationId", chat, "reason", e.mark("They wrote of %s"))
}

// remark is a value of the property that all records have.
func (e *erasing) remark(of string) []map[string]any {
	return []map[string]any{{"name": "remark", "text": e.mark(of + " %s")}}
}

func (e *erasing) plantSecondChat(site *channel) string {
	visitor := site.visitor()
	for range 8 {
		e.must(visitor, "trackPageView", "TrackPageViewInput", "visitor { id }", "url", e.mark("https://shop.example/page/%s"), "title", e.mark("About %s"))
	}
	chat := text(e.must(visitor, "startChat", "StartChatInput", "conversation { id }", "targetedMessageId", site.shown, "text", e.mark("Again %s"), "pageUrl", e.mark("https://shop.example/%s")), "conversation", "id")
	e.must(adminToken, "linkContact", "LinkContactInput", "conversation { id }", "conversationId", chat, "contactId", e.contactID)
	e.must(adminToken, "setConversationProperties", "SetConversationPropertiesInput", "conversation { id }", "conversationId", chat, "properties", e.remark("The chat is about"))
	e.must(adminToken, "updateConversation", "UpdateConversationInput", "conversation { id }", "conversationId", chat, "externalId", e.mark("chat-%s"))
	for range 5 {
		e.must(visitor, "sendVisitorMessage", "SendVisitorMessageInput", "message { id }", "conversationId", chat, "text", e.mark("Once more %s"))
		for _, note := range []bool{false, true} {
			said := text(e.must(adminToken, "sendMessage", "SendMessageInput", "message { id }", "conversationId", chat, "text", e.mark("Said %s"), "note", note), "message", "id")
			e.must(adminToken, "editMessage", "EditMessageInput", "message { id }", "messageId", said, "text", e.mark("Edited %s"))
		}
	}
	for range 3 {
		e.must(adminToken, "sendMessage", "SendMessageInput", "message { id }", "conversationId", chat, "text", e.mark("See %s"),
			"links", []map[string]any{{"url": e.mark("https://shop.example/for/%s"), "title": e.mark("Made for %s")}})
	}
	e.must(adminToken, "saveDraft", "SaveDraftInput", "draft { id }", "conversationId", chat, "note", true, "markdown", e.mark("A note to be on %s"))
	e.notes = append(e.notes, e.planted[len(e.planted)-1])
	return chat
}

// plantEngagements logs one of each kind, and changes each: the texts of before are kept.
func (e *erasing) plantEngagements(chat string) {
	bodies := []func() map[string]any{
		func() map[string]any { return map[string]any{"note": map[string]any{"text": e.mark("Noted %s")}} },
		func() map[string]any {
			return map[string]any{"call": map[string]any{"direction": "INCOMING", "text": e.mark("Called on %s"), "recordingUrl": e.mark("https://calls.example/%s")}}
		},
		func() map[string]any {
			return map[string]any{"email": map[string]any{"subject": e.mark("On %s"), "text": e.mark("Wrote %s"), "from": e.mark("%s@from.example"), "to": []string{e.mark("%s@to.example")}}}
		},
		func() map[string]any {
			return map[string]any{"meeting": map[string]any{"title": e.mark("Met %s"), "startsAt": "2026-11-20T10:00:00Z", "place": e.mark("At %s"), "attendees": []string{e.mark("Uncle %s"), e.mark("Aunt %s")}, "text": e.mark("Minutes of %s")}}
		},
		func() map[string]any {
			return map[string]any{"task": map[string]any{"title": e.mark("Call %s"), "text": e.mark("Because of %s")}}
		},
	}
	for i, body := range bodies {
		of, id := "contactId", e.contactID
		if i%2 == 1 {
			of, id = "conversationId", chat
		}
		logged := text(e.must(adminToken, "logEngagement", "LogEngagementInput", "engagement { id }", of, id, "body", body(), "externalId", e.mark("log-%s")), "engagement", "id")
		e.must(adminToken, "updateEngagement", "UpdateEngagementInput", "engagement { id }", "engagementId", logged, "body", body())
	}
}

func (e *erasing) changeRecords() {
	got := e.do(adminToken, `query($by: ContactKey!) { contact(by: $by) { tickets { nodes { id } } deals { nodes { id } } } pipelines(object: DEAL) { nodes { stages { id kind } } } }`,
		map[string]any{"by": map[string]any{"id": e.contactID}})
	e.must(adminToken, "updateTicket", "UpdateTicketInput", "ticket { id }", "ticketId", text(got, "contact", "tickets", "nodes", 0, "id"),
		"subject", e.mark("Now %s"), "description", e.mark("It was %s"), "definedProperties", e.remark("The ticket is about"))
	lost := ""
	stages, _ := at(got, "pipelines", "nodes", 0, "stages").([]any)
	for _, stage := range stages {
		if text(stage, "kind") == "LOST" {
			lost = text(stage, "id")
		}
	}
	e.must(adminToken, "updateDeal", "UpdateDealInput", "deal { id }", "dealId", text(got, "contact", "deals", "nodes", 0, "id"),
		"name", e.mark("Sold to %s"), "stageId", lost, "lostReason", e.mark("Lost to %s"), "definedProperties", e.remark("The deal is about"))
}

// plantSecondContact merges a contact that has all facts of its own.
func (e *erasing) plantSecondContact() {
	other := e.must(adminToken, "createContact", "CreateContactInput", "contact { id }",
		"name", e.mark("Twin %s"), "firstName", e.mark("%s"), "lastName", e.mark("%s"), "jobTitle", e.mark("Head of %s"), "city", e.mark("%s ville"),
		"externalId", e.mark("crm-%s"), "avatarUrl", e.mark("https://pictures.example/%s.png"), "emails", []map[string]any{{"email": e.mark("%s@twin.example"), "label": e.mark("%s")}},
		"phones", []map[string]any{{"number": "+43 1 5559999", "label": e.mark("%s")}}, "properties", []map[string]any{{"name": "text", "text": e.mark("twin %s")}})
	e.must(adminToken, "logEngagement", "LogEngagementInput", "engagement { id }", "contactId", text(other, "contact", "id"), "body", map[string]any{"note": map[string]any{"text": e.mark("The twin likes %s")}})
	e.must(adminToken, "mergeContacts", "MergeContactsInput", "contact { id }", "intoContactId", e.contactID, "contactIds", []string{text(other, "contact", "id")})
}

// plantLetters writes mails both ways.
func (e *erasing) plantLetters(m *mailbox) {
	for range 7 {
		e.mails(m, "")
	}
	for range 2 {
		e.must(adminToken, "startEmailConversation", "StartEmailConversationInput", "conversation { id }", "channelId", m.channelID, "to", []string{e.email}, "subject", e.mark("We ask of %s"), "text", e.mark("How is %s"))
	}
	const html = "From: Dora <%[1]s>\nTo: support@shop.example\nSubject: %[2]s\nMessage-ID: <%[3]s@mail.example>\nMIME-Version: 1.0\nContent-Type: text/html\n\n<p>%[4]s</p><blockquote>%[5]s</blockquote><img src=\"https://pictures.example/%[6]s.png\" alt=\"%[7]s\">\n"
	m.forward(e.email, fmt.Sprintf(html, e.email, e.mark("Styled %s"), e.mark("%s"), e.mark("in bold %s"), e.mark("as said %s"), e.mark("%s"), e.mark("a picture of %s")))
	last := e.planted[len(e.planted)-4]
	e.until("the last mail is in", func() bool {
		rows, err := e.store.Strings(e.t.Context(), "SELECT id FROM messages WHERE text LIKE '%"+strings.ToLower(last)+"%'")
		return err == nil && len(rows) > 0
	})
}
