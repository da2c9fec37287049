package visitor

import (
	"context"
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/pageview"
	"parley/internal/channel/chat/targeting"
	"parley/internal/contact"
	"parley/internal/id"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// keptPages is how many pages of a visitor are kept (CR-1).
	keptPages = 100
	maxTitle  = 500 // characters
)

// RecordView notes that the visitor was shown a targeted message, or opened it;
// each counts once (TM-10). A message that is not on is NOT_FOUND on
// targetedMessageId.
func (s *Service) RecordView(ctx context.Context, in RecordWidgetViewInput) (*ent.Visitor, error) {
	return s.actAsVisitor(ctx, "recordWidgetView", in.IdempotencyKey, in, func(ctx context.Context, tx *store.Tx, v *viewer.Viewer, me *ent.Visitor) error {
		m, err := targeting.Find(ctx, tx, v.ChannelID, in.TargetedMessageID)
		if err != nil {
			return err
		}
		if m == nil || m.State != vocab.TargetedOn {
			return notShown(in.TargetedMessageID)
		}
		return targeting.Saw(ctx, tx, m, me.ID, in.Kind)
	})
}

// TrackPage notes the page that the visitor is on, unless it is the one that
// they were on last (CR-1). The last 100 are kept.
func (s *Service) TrackPage(ctx context.Context, in TrackPageViewInput) (*ent.Visitor, error) {
	page, err := cleanURL(in.URL, "url")
	if err != nil {
		return nil, err
	}
	page, _, _ = strings.Cut(page, "#")
	return s.actAsVisitor(ctx, "trackPageView", in.IdempotencyKey, in, func(ctx context.Context, tx *store.Tx, _ *viewer.Viewer, me *ent.Visitor) error {
		last, err := lastPage(ctx, tx, me.ID)
		if err != nil || last == page {
			return err
		}
		err = tx.Client.PageView.Create().SetID(id.New(id.PageView)).SetInboxID(me.InboxID).SetVisitorID(me.ID).
			SetURL(page).SetTitle(titleOf(in.Title)).SetViewedAt(tx.Now()).Exec(ctx)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM page_views WHERE visitor_id = $1 AND account_id = $2 AND id NOT IN
			(SELECT id FROM page_views WHERE visitor_id = $1 ORDER BY viewed_at DESC, id DESC LIMIT $3)`, me.ID, me.AccountID, keptPages)
		if err != nil {
			return err
		}
		if err := contact.Touch(ctx, tx, me.ContactID); err != nil {
			return err
		}
		return recordSeen(ctx, tx, me)
	})
}

// lastPage returns the page that a visitor looked at last, or "".
func lastPage(ctx context.Context, tx *store.Tx, visitorID string) (string, error) {
	last, err := tx.Client.PageView.Query().Where(pageview.VisitorID(visitorID)).
		Order(pageview.ByViewedAt(sql.OrderDesc()), pageview.ByID(sql.OrderDesc())).First(ctx)
	if ent.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return last.URL, nil
}

// titleOf is a page's title as it is kept; what is no text is left out.
func titleOf(title *string) string {
	if title == nil {
		return ""
	}
	clean, err := richtext.Clean(*title, "title")
	if err != nil {
		return ""
	}
	clean = strings.Join(strings.Fields(clean), " ")
	if utf8.RuneCountInString(clean) > maxTitle {
		clean = string([]rune(clean)[:maxTitle])
	}
	return clean
}
