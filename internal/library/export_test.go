package library

import (
	"parley/internal/store"
	"parley/internal/vocab"
)

// ArticleStatements are a list of articles, behind one, and a search, of an account.
func ArticleStatements(account string) map[string]*store.Statement {
	audiences := []vocab.ArticleAudience{vocab.ArticlePublic}
	list, found := &store.Statement{}, &store.Statement{}
	listSQL(list, account, audiences, &ArticleHit{ID: "x", categoryKey: "part 1", titleKey: "article 100"}, 10)
	ArticleSearch{Audiences: audiences}.write(found, account, []string{"some", "wor"})
	return map[string]*store.Statement{"list": list, "search": found}
}
