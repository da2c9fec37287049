package library

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"parley/ent"
	entfile "parley/ent/libraryfile"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// maxPictures is the most pictures of an article.
	maxPictures = 50
	// pictureScheme begins the source of a picture in a text; the id of its upload follows.
	pictureScheme = "cid:"
)

// pictureTypes are what a picture of an article may be.
var pictureTypes = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}

// isPicture refuses uploads that an article cannot show.
func isPicture(item *ent.LibraryItem, a *ent.Attachment, path ...string) error {
	if item.Kind == vocab.ArticleItem && !slices.Contains(pictureTypes, a.ContentType) {
		return errs.New(errs.Invalid, "The file is of the type %s: an article has PNG, JPEG, GIF and WebP pictures.", a.ContentType).On(path...)
	}
	return nil
}

// checkPictures refuses an article that shows uploads that are not its own: others are not
// given to its readers.
func checkPictures(ctx context.Context, tx *store.Tx, item *ent.LibraryItem) error {
	if item.Kind != vocab.ArticleItem {
		return nil
	}
	shown := picturesIn(saidIn(item))
	if len(shown) == 0 {
		return nil
	}
	has, err := tx.Client.LibraryFile.Query().Where(entfile.ItemID(item.ID), entfile.PositionGT(0)).IDs(ctx)
	if err != nil {
		return err
	}
	for _, fileID := range shown {
		if !slices.Contains(has, fileID) {
			return errs.New(errs.Invalid, "The text shows the picture %q, which is not among the article's files: name it in attachmentIds too.", errs.Clip(fileID)).On("markdown")
		}
	}
	return nil
}

// picturesIn are the uploads that texts show, in their order.
func picturesIn(all []vocab.LibraryVariant) []string {
	var ids []string
	for _, v := range all {
		if !strings.Contains(v.Markdown, pictureScheme) {
			continue
		}
		withPictures(richtext.FromMarkdown(v.Markdown), func(fileID string) string {
			if id.Is(fileID, id.Attachment) && !slices.Contains(ids, fileID) {
				ids = append(ids, fileID)
			}
			return ""
		})
	}
	return ids
}

// withPictures gives the pictures of sanitised HTML that are uploads the addresses at which
// its reader gets them.
func withPictures(text string, address func(fileID string) string) string {
	if !strings.Contains(text, pictureScheme) {
		return text
	}
	var out strings.Builder
	for z := html.NewTokenizer(strings.NewReader(text)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			return out.String()
		}
		raw := string(z.Raw())
		if kind == html.StartTagToken || kind == html.SelfClosingTagToken {
			if t := z.Token(); t.Data == "img" {
				for i, a := range t.Attr {
					if fileID, is := strings.CutPrefix(a.Val, pictureScheme); is && a.Key == "src" {
						t.Attr[i].Val = address(fileID)
						raw = t.String()
					}
				}
			}
		}
		out.WriteString(raw)
	}
}

// pictureOf is where a picture of an article lies, below the host, for whoever has a token.
func (k *KnowledgeBase) pictureOf(slug, fileID, token string) string {
	address := KnowledgePath + k.Key + "/" + url.PathEscape(slug) + "/" + fileID
	if token != "" {
		address += "?t=" + url.QueryEscape(token)
	}
	return address
}

// ArticlePicture returns a picture of an article, to whoever may read that. NOT_FOUND also for
// what they may not.
func (s *Service) ArticlePicture(ctx context.Context, key, slug, fileID string, r Reader) (*ent.LibraryFile, error) {
	if !id.Is(fileID, id.Attachment) {
		return nil, noPage()
	}
	ctx, k, audiences, err := s.openBase(ctx, key, r)
	if err != nil {
		return nil, err
	}
	hit, err := s.articleAt(ctx, k, audiences, slug)
	if err != nil {
		return nil, err
	}
	if hit == nil {
		return nil, noPage()
	}
	f, err := s.store.Client(ctx).LibraryFile.Query().Where(entfile.ID(fileID), entfile.ItemID(hit.ID), entfile.PositionGT(0)).Only(ctx)
	if ent.IsNotFound(err) {
		err = noPage()
	}
	return f, err
}
