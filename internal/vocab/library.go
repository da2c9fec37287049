package vocab

// LibraryItemKind says what an item of the library is (CO-1).
type LibraryItemKind string

// Kinds of items.
const (
	SnippetItem     LibraryItemKind = "SNIPPET"
	TemplateItem    LibraryItemKind = "TEMPLATE"
	LinkItem        LibraryItemKind = "LINK"
	MeetingLinkItem LibraryItemKind = "MEETING_LINK"
	ArticleItem     LibraryItemKind = "ARTICLE"
	DocumentItem    LibraryItemKind = "DOCUMENT"
	VideoItem       LibraryItemKind = "VIDEO"
	QuoteItem       LibraryItemKind = "QUOTE"
)

// IsText reports whether items of the kind are text that is written into a message;
// others become cards of it.
func (k LibraryItemKind) IsText() bool { return k == SnippetItem || k == TemplateItem }

// LibraryAudience says who may use or edit an item.
type LibraryAudience string

// Audiences, from narrow to wide.
const (
	LibraryOwner    LibraryAudience = "OWNER"
	LibraryTeam     LibraryAudience = "TEAM"
	LibraryEveryone LibraryAudience = "EVERYONE"
)

// Within reports whether whoever is in the audience is also in the other one.
func (a LibraryAudience) Within(other LibraryAudience) bool {
	width := map[LibraryAudience]int{LibraryOwner: 1, LibraryTeam: 2, LibraryEveryone: 3}
	return width[a] <= width[other]
}

// LibraryContent is what an item says. Which fields it has depends on its kind.
type LibraryContent struct {
	// Subject and Cc are what a template is mailed with; "": the subject stays.
	Subject string   `json:"subject,omitempty"`
	Cc      []string `json:"cc,omitempty"`
	// A text is Markdown or HTML, in a language; "": not said.
	Markdown string `json:"markdown,omitempty"`
	HTML     string `json:"html,omitempty"`
	Language string `json:"language,omitempty"`
	// Variants are the text in other languages.
	Variants []LibraryVariant `json:"variants,omitempty"`
	// URL and Description are those of a link.
	URL         string `json:"url,omitempty"`
	Description string `json:"description,omitempty"`
	// Minutes is how long a meeting takes; 0: not said.
	Minutes int `json:"minutes,omitempty"`
	// UserLinks are the pages on which members of a team are booked.
	UserLinks []LibraryUserLink `json:"userLinks,omitempty"`
	// Article is what only an article has; nil for other kinds.
	Article *ArticleContent `json:"article,omitempty"`
	// AsksEmail and LinkDays are what the links of a document are like.
	AsksEmail bool `json:"asksEmail,omitempty"`
	LinkDays  int  `json:"linkDays,omitempty"`
	// Seconds is how long a video takes; 0: not said.
	Seconds int `json:"seconds,omitempty"`
	// Picture is where the picture of its card lies, below PicturePath; "": none.
	Picture string `json:"picture,omitempty"`
}

// LibraryVariant is a text in another language.
type LibraryVariant struct {
	Language string `json:"language"`
	// Name and Description are those of the item; empty: the item's name, and nothing.
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
	Subject     string `json:"subject,omitempty"`
	Markdown    string `json:"markdown,omitempty"`
	HTML        string `json:"html,omitempty"`
}

// LibraryUserLink is the page on which a user is booked.
type LibraryUserLink struct {
	UserID string `json:"userId"`
	URL    string `json:"url"`
}

// MessageCard is what stands beside a message's text: an item of the library, or a link,
// as it was when the message was sent (CO-6).
type MessageCard struct {
	Kind LibraryItemKind `json:"kind"`
	// LibraryItemID is the item that it was made of; "": a link that is none.
	LibraryItemID string `json:"item,omitempty"`
	// QuoteID is the quote that it leads to; "": none (CO-7).
	QuoteID     string `json:"quote,omitempty"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	URL         string `json:"url"`
	ButtonText  string `json:"button"`
	ImageURL    string `json:"image,omitempty"`
	// Seconds is how long a video takes; 0: not said.
	Seconds int `json:"seconds,omitempty"`
}
