package privacy

import (
	"maps"
	"path"
	"slices"
	"time"

	"parley/ent"
	entattachment "parley/ent/attachment"
	"parley/ent/channelmessage"
	"parley/ent/channelsender"
	entconversation "parley/ent/conversation"
	entemail "parley/ent/email"
	"parley/ent/inboundmail"
	entmessage "parley/ent/message"
	"parley/ent/messagerevision"
	"parley/ent/participant"
	entrating "parley/ent/rating"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// message is a message as an archive has it.
type message struct {
	ID     string              `json:"id"`
	At     time.Time           `json:"at"`
	From   string              `json:"from"`
	Note   bool                `json:"note,omitempty"`
	Text   string              `json:"text,omitempty"`
	HTML   string              `json:"html,omitempty"`
	Cards  []vocab.MessageCard `json:"cards,omitempty"`
	Mail   *mailOf             `json:"mail,omitempty"`
	Files  []string            `json:"files,omitempty"`
	Before []string            `json:"before,omitempty"` // what it said before it was edited
	Gone   bool                `json:"deleted,omitempty"`
}

// mailOf is the head of a message that is a mail.
type mailOf struct {
	Subject string          `json:"subject"`
	From    vocab.Mailbox   `json:"from"`
	To      []vocab.Mailbox `json:"to"`
	Cc      []vocab.Mailbox `json:"cc,omitempty"`
	Bcc     []vocab.Mailbox `json:"bcc,omitempty"`
}

// eachConversation visits the conversations of the contact and of its visitors.
func (a *archive) eachConversation(visit func(c *ent.Conversation) error) error {
	visitors, err := a.s.store.Strings(a.ctx, "SELECT id FROM visitors WHERE contact_id = $1", a.contact.ID)
	if err != nil {
		return err
	}
	const page = 50
	for after := ""; ; {
		some, err := a.s.store.Client(a.ctx).Conversation.Query().
			Where(entconversation.Or(entconversation.ContactID(a.contact.ID), entconversation.VisitorIDIn(visitors...)), entconversation.IDGT(after)).
			Order(entconversation.ByID()).Limit(page).All(a.ctx)
		if err != nil {
			return err
		}
		for _, c := range some {
			if err := visit(c); err != nil {
				return err
			}
			after = c.ID
		}
		if len(some) < page {
			return nil
		}
	}
}

// addAmongSenders adds what the contact wrote by custom channels in conversations of others,
// such as groups, and of those nothing else.
func (a *archive) addAmongSenders() error {
	client := a.s.store.Client(a.ctx)
	senders, err := client.ChannelSender.Query().Where(channelsender.ContactID(a.contact.ID)).IDs(a.ctx)
	if err != nil || len(senders) == 0 {
		return err
	}
	rows, err := client.ChannelMessage.Query().Where(channelmessage.SenderIDNEQ(""), channelmessage.SenderIDIn(senders...), channelmessage.Echo(false)).
		Select(channelmessage.FieldID, channelmessage.FieldConversationID).Order(channelmessage.ByConversationID()).All(a.ctx)
	if err != nil {
		return err
	}
	theirs := map[string]map[string]bool{}
	for _, row := range rows {
		if theirs[row.ConversationID] == nil {
			theirs[row.ConversationID] = map[string]bool{}
		}
		theirs[row.ConversationID][row.ID] = true
	}
	for _, conversationID := range slices.Sorted(maps.Keys(theirs)) {
		c, err := client.Conversation.Get(a.ctx, conversationID)
		if ent.IsNotFound(err) || err == nil && c.ContactID == a.contact.ID {
			continue
		}
		if err != nil {
			return err
		}
		if err := a.addConversation(c, theirs[conversationID]); err != nil {
			return err
		}
	}
	return nil
}

// addAmongOthers adds what the contact wrote by mail in conversations of others, and of
// those nothing else.
func (a *archive) addAmongOthers() error {
	if err := a.addAmongSenders(); err != nil {
		return err
	}
	addresses := a.addresses
	if len(addresses) == 0 {
		return nil
	}
	client := a.s.store.Client(a.ctx)
	ids, err := client.Participant.Query().Where(participant.AccountID(viewer.FromContext(a.ctx).AccountID), participant.AddressIn(addresses...)).
		Unique(true).Select(participant.FieldConversationID).Strings(a.ctx)
	if err != nil {
		return err
	}
	for _, conversationID := range ids {
		c, err := client.Conversation.Get(a.ctx, conversationID)
		if ent.IsNotFound(err) || err == nil && c.ContactID == a.contact.ID {
			continue
		}
		if err != nil {
			return err
		}
		mails, err := client.Email.Query().Where(entemail.ConversationID(c.ID)).All(a.ctx)
		if err != nil {
			return err
		}
		theirs := map[string]bool{}
		for _, m := range mails {
			if slices.Contains(addresses, m.From.Address) {
				theirs[m.ID] = true
			}
		}
		if len(theirs) == 0 {
			continue
		}
		if err := a.addConversation(c, theirs); err != nil {
			return err
		}
	}
	return nil
}

// addConversation adds what was said, with mails and files; of a conversation of others
// only the messages in theirs.
func (a *archive) addConversation(c *ent.Conversation, theirs map[string]bool) error {
	folder := "conversations/" + c.ID
	list, byID, err := a.messagesOf(c, theirs)
	if err != nil {
		return err
	}
	if err := a.addFiles(c, folder, byID); err != nil {
		return err
	}
	mails, err := a.s.store.Client(a.ctx).InboundMail.Query().Where(inboundmail.ConversationID(c.ID), inboundmail.BlobKeyNEQ("")).Order(inboundmail.ByID()).All(a.ctx)
	if err != nil {
		return err
	}
	for _, m := range mails {
		if theirs != nil && !theirs[m.MessageID] {
			continue
		}
		if err := a.addBlob(folder+"/mails/"+m.ID+".eml", m.BlobKey); err != nil {
			return err
		}
	}
	about := map[string]any{"id": c.ID, "kind": c.Kind, "messages": list}
	if theirs == nil {
		properties, err := a.valuesOf(vocab.PropertyOfConversation, []string{c.ID})
		if err != nil {
			return err
		}
		about["subject"], about["status"], about["openedAt"], about["originUrl"] = c.Subject, c.Status, c.OpenedAt.Time().UTC(), c.OriginURL
		about["externalId"], about["properties"] = c.ExternalID, properties[0]
		if about["ratings"], err = a.ratings(c); err != nil {
			return err
		}
		if err := a.addMachines(c, about); err != nil {
			return err
		}
	}
	return a.addJSON(folder+"/conversation.json", about)
}

// messagesOf are a conversation's messages, or those of them that are theirs.
func (a *archive) messagesOf(c *ent.Conversation, theirs map[string]bool) (list []*message, byID map[string]*message, err error) {
	client := a.s.store.Client(a.ctx)
	rows, err := client.Message.Query().Where(entmessage.ConversationID(c.ID)).Order(entmessage.ByNumber()).All(a.ctx)
	if err != nil {
		return nil, nil, err
	}
	mails, err := client.Email.Query().Where(entemail.ConversationID(c.ID)).All(a.ctx)
	if err != nil {
		return nil, nil, err
	}
	revisions, err := client.MessageRevision.Query().Where(messagerevision.ConversationID(c.ID)).Order(messagerevision.ByID()).All(a.ctx)
	if err != nil {
		return nil, nil, err
	}
	list, byID = []*message{}, map[string]*message{}
	for _, m := range rows {
		if theirs != nil && !theirs[m.ID] {
			continue
		}
		byID[m.ID] = &message{
			ID: m.ID, At: m.CreatedAt.Time().UTC(), From: string(m.AuthorKind), Note: m.Direction == vocab.Note,
			Text: m.Text, HTML: m.HTML, Cards: m.Cards, Gone: m.DeletedAt.IsSet(),
		}
		list = append(list, byID[m.ID])
	}
	for _, e := range mails {
		if m := byID[e.ID]; m != nil {
			m.Mail = &mailOf{e.Subject, e.From, e.To, e.Cc, e.Bcc}
		}
	}
	for _, r := range revisions {
		if m := byID[r.MessageID]; m != nil {
			m.Before = append(m.Before, r.Text)
		}
	}
	return list, byID, nil
}

// addFiles adds the files of messages.
func (a *archive) addFiles(c *ent.Conversation, folder string, of map[string]*message) error {
	files, err := a.s.store.Client(a.ctx).Attachment.Query().Where(entattachment.ConversationID(c.ID), entattachment.MessageIDNEQ("")).Order(entattachment.ByID()).All(a.ctx)
	if err != nil {
		return err
	}
	for _, f := range files {
		m := of[f.MessageID]
		if m == nil {
			continue
		}
		name := folder + "/files/" + f.ID + " " + path.Base(f.FileName)
		m.Files = append(m.Files, name)
		if f.Scan == vocab.ScanInfected {
			continue
		}
		if err := a.addBlob(name, f.BlobKey); err != nil {
			return err
		}
	}
	return nil
}

// ratings are what was answered after closes (CO-5).
func (a *archive) ratings(c *ent.Conversation) ([]map[string]any, error) {
	rows, err := a.s.store.Client(a.ctx).Rating.Query().Where(entrating.ConversationID(c.ID), entrating.ScoreGT(0)).Order(entrating.ByCloseNumber()).All(a.ctx)
	if err != nil {
		return nil, err
	}
	list := []map[string]any{}
	for _, r := range rows {
		list = append(list, map[string]any{"score": r.Score, "comment": r.Comment, "givenAt": moment(r.GivenAt)})
	}
	return list, nil
}
