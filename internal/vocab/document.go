package vocab

// HasVersions reports whether items of the kind have one file, which a newer version takes
// the place of (CO-9, CO-12).
func (k LibraryItemKind) HasVersions() bool { return k == DocumentItem || k == VideoItem }

// QuickReply is an answer that a bot offers (CO-6).
type QuickReply struct {
	Text  string `json:"text"`
	Value string `json:"value"`
}
