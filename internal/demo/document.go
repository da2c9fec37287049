package demo

import "parley/internal/search"

// document is what search finds of a message; of a conversation's header where
// messageID is "" (IN-5).
type document struct {
	inboxID, conversationID, messageID string
	search.Doc
}

// wordsVersion is what the documents' terms are made by.
const wordsVersion = search.Version
