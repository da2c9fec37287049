package view

import (
	"context"
	"slices"

	"parley/ent"
	"parley/ent/contact"
	entconversation "parley/ent/conversation"
	entmessage "parley/ent/message"
	"parley/internal/paging"
	"parley/internal/search"
)

const (
	// excerptLength is the most characters of a hit's excerpt.
	excerptLength = 200
	// rankedHits is how many of the newest hits are ordered by relevance.
	rankedHits = 500
	// documentBits is how many bits of a rank the document's number has, below the
	// score.
	documentBits = 44
)

// SearchPage is one page of hits.
type SearchPage struct {
	paging.Connection[*SearchHit]
	// Truncated reports that there are more hits than are ordered by relevance.
	Truncated bool
}

// SearchHit is what a search found (IN-5). Message is nil if the words stand
// in the header: subject and contact. Excerpt is HTML in which <mark> marks
// the found words and all else is escaped.
type SearchHit struct {
	Conversation *ent.Conversation
	Message      *ent.Message
	Excerpt      string

	contact *ent.Contact
	// rank is the hit's place in its list, from the highest on.
	rank int64
}

// ranked makes a page of the newest hits, ordered by how much of the query stands
// in them as it was typed, then from the newest on.
func (q *searching) ranked(ctx context.Context) (*SearchPage, error) {
	forward := *q
	forward.page = paging.Page{}
	hits, err := forward.findHits(ctx, nil, rankedHits+1)
	if err != nil {
		return nil, err
	}
	truncated := len(hits) > rankedHits
	shown, err := q.service.loadHits(ctx, hits[:min(len(hits), rankedHits)])
	if err != nil {
		return nil, err
	}
	for _, h := range shown {
		h.rank |= int64(q.words.Score(h.texts()...)) << documentBits
	}
	shown = slices.DeleteFunc(shown, func(h *SearchHit) bool {
		return q.from != nil && (h.rank == *q.from || h.rank > *q.from != q.page.Backward())
	})
	slices.SortFunc(shown, func(a, b *SearchHit) int {
		if (a.rank > b.rank) != q.page.Backward() {
			return -1
		}
		return 1
	})
	found := q.build(shown[:min(len(shown), q.page.Limit()+1)])
	found.Truncated = truncated
	return found, nil
}

// loadHits loads what was found.
func (s *Service) loadHits(ctx context.Context, hits []hit) ([]*SearchHit, error) {
	var conversationIDs, messageIDs []string
	for _, h := range hits {
		conversationIDs = append(conversationIDs, h.conversationID)
		if h.messageID != "" {
			messageIDs = append(messageIDs, h.messageID)
		}
	}
	client := s.store.Client(ctx)
	conversations, err := client.Conversation.Query().Where(entconversation.IDIn(conversationIDs...)).All(ctx)
	if err != nil {
		return nil, err
	}
	messages, err := client.Message.Query().Where(entmessage.IDIn(messageIDs...)).All(ctx)
	if err != nil {
		return nil, err
	}
	contacts, err := s.contactsOf(ctx, conversations)
	if err != nil {
		return nil, err
	}
	byID := map[string]*ent.Conversation{}
	for _, c := range conversations {
		byID[c.ID] = c
	}
	said := map[string]*ent.Message{}
	for _, m := range messages {
		said[m.ID] = m
	}
	shown := make([]*SearchHit, 0, len(hits))
	for _, h := range hits {
		c, m := byID[h.conversationID], said[h.messageID]
		if c == nil || m == nil && h.messageID != "" {
			continue
		}
		shown = append(shown, &SearchHit{rank: h.document, Conversation: c, Message: m, contact: contacts[c.ContactID]})
	}
	return shown, nil
}

// texts are what was searched: the message's, or the header's.
func (h *SearchHit) texts() []string {
	if h.Message != nil {
		return []string{h.Message.Text}
	}
	texts := []string{h.Conversation.Subject}
	if h.contact != nil {
		texts = append(texts, h.contact.Name, h.contact.Email)
	}
	return texts
}

// excerpt marks the words in the first text that has them.
func (h *SearchHit) excerpt(words search.Query) string {
	for _, text := range h.texts() {
		if marked, ok := words.Excerpt(text, excerptLength); ok {
			return marked
		}
	}
	return ""
}

func (s *Service) contactsOf(ctx context.Context, list []*ent.Conversation) (map[string]*ent.Contact, error) {
	ids := make([]string, 0, len(list))
	for _, c := range list {
		if c.ContactID != "" {
			ids = append(ids, c.ContactID)
		}
	}
	contacts, err := s.store.Client(ctx).Contact.Query().Where(contact.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*ent.Contact, len(contacts))
	for _, c := range contacts {
		byID[c.ID] = c
	}
	return byID, nil
}
