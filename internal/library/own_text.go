package library

import (
	"context"
	"slices"

	"parley/internal/errs"
	"parley/internal/library/placeholder"
)

// CheckOwnText checks the placeholders of a Markdown that Parley sends by itself, such as a
// bot's flow: INVALID at path, also for one without a fallback, since no one is there to
// enter a value.
func (s *Service) CheckOwnText(ctx context.Context, markdown string, path ...string) error {
	if !placeholder.MayHave(markdown) {
		return nil
	}
	t := placeholder.Markdown(markdown)
	if err := s.checkPlaceholders(ctx, t, path...); err != nil {
		return err
	}
	at := slices.IndexFunc(t.Pieces, func(p placeholder.Piece) bool { return p.Name != "" && p.Fallback == nil })
	if at < 0 {
		return nil
	}
	name := t.Pieces[at].Name
	return errs.New(errs.Invalid, "{{%s}} needs a fallback, such as {{%s | \"there\"}}: no one is there to enter a value.", name, name).On(path...)
}

// FillOwnText fills the placeholders of such a text. What stands for nothing any longer stays
// as it is.
func (s *Service) FillOwnText(ctx context.Context, of Occasion, markdown string) (string, error) {
	filled, _, err := s.Fill(ctx, of, Text{Markdown: &markdown})
	if err != nil {
		return "", err
	}
	return *filled.Markdown, nil
}
