package vocab

// ArticleAudience says who may read an article (CO-11).
type ArticleAudience string

// Audiences.
const (
	ArticlePublic   ArticleAudience = "PUBLIC"
	ArticleContacts ArticleAudience = "CONTACTS"
	ArticleStaff    ArticleAudience = "STAFF"
)

// ArticleState says whether an article is finished.
type ArticleState string

// States.
const (
	ArticleDraft     ArticleState = "DRAFT"
	ArticlePublished ArticleState = "PUBLISHED"
)

// ArticleContent is what an article has beside its name, folder, language and Markdown.
type ArticleContent struct {
	Slug     string          `json:"slug"`
	Audience ArticleAudience `json:"audience"`
	State    ArticleState    `json:"state"`
}
