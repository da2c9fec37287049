package tag

import (
	"context"
	"slices"
	"strconv"

	"parley/ent"
	enttag "parley/ent/tag"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// MaxWords is the most tags that a change of a conversation names.
	MaxWords = 50
	// MaxTags is the most tags that an account has; those merged do not count.
	MaxTags = 5_000
)

// CleanWords returns ids and names of tags as they are looked up: 1 to MaxWords, each
// one line. Errors blame tags and the place in it.
func CleanWords(words []string) ([]string, error) {
	switch n := len(words); {
	case n == 0:
		return nil, errs.New(errs.Required, "Pass at least one tag.").On("tags")
	case n > MaxWords:
		return nil, errs.Exceeds(MaxWords, "There are %d tags; at most %d are allowed.", n, MaxWords).On("tags")
	}
	clean := make([]string, len(words))
	for i, word := range words {
		if id.Is(word, id.Tag) {
			clean[i] = word
			continue
		}
		var err error
		if clean[i], err = cleanName(word, "tags", strconv.Itoa(i)); err != nil {
			return nil, err
		}
	}
	return clean, nil
}

// Use returns the tags that words name, so that conversations get them: until the
// transaction ends, none of them is merged. A name that no tag has makes one, which two
// who name it at the same moment share; where the account's tags are managed it is
// NOT_FOUND, as an unknown id is.
func Use(ctx context.Context, tx *store.Tx, words []string) ([]*ent.Tag, error) {
	words, err := CleanWords(words)
	if err != nil {
		return nil, err
	}
	found, err := find(ctx, tx.Client, words, store.ForShare)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(found, nil) {
		return found, nil
	}
	if err := createMissing(ctx, tx, words, found); err != nil {
		return nil, err
	}
	return find(ctx, tx.Client, words, store.ForShare)
}

func createMissing(ctx context.Context, tx *store.Tx, words []string, found []*ent.Tag) error {
	a, err := tx.Client.Account.Get(ctx, viewer.FromContext(ctx).AccountID)
	if err != nil {
		return err
	}
	for i, word := range words {
		switch {
		case found[i] != nil:
			continue
		case id.Is(word, id.Tag) || a.TagsManaged:
			return errs.New(errs.NotFound, "There is no tag %q.", errs.Clip(word)).On("tags", strconv.Itoa(i))
		}
		if _, err := insert(ctx, tx, id.New(id.Tag), word, "", "tags"); err != nil {
			return err
		}
	}
	return nil
}

// insert makes a tag, unless one of its name is there: it reports whether it did. Field
// is blamed where the account has too many.
func insert(ctx context.Context, tx *store.Tx, tagID, name, color, field string) (bool, error) {
	made, err := tx.Exec(ctx, `INSERT INTO tags (id, account_id, name, folded, color, created_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (account_id, folded) DO NOTHING`,
		tagID, viewer.FromContext(ctx).AccountID, name, foldName(name), color, int64(tx.Now()))
	if err != nil || made == 0 {
		return false, err
	}
	if err := checkCount(ctx, tx, field); err != nil {
		return false, err
	}
	tx.Append(ctx, store.Event{Type: vocab.TagCreated, SubjectID: tagID})
	return true, nil
}

func checkCount(ctx context.Context, tx *store.Tx, field string) error {
	n, err := tx.Client.Tag.Query().Where(enttag.MergedInto("")).Count(ctx)
	if err == nil && n > MaxTags {
		err = errs.Exceeds(MaxTags, "The account has %d tags, as many as are allowed. Use one of them, or merge some.", MaxTags).On(field)
	}
	return err
}
