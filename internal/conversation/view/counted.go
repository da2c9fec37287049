package view

import (
	"context"
	"strconv"

	"parley/internal/errs"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// maxCountedViews is the most saved views that are counted at once.
	maxCountedViews = 50
	// maxCountedInboxes is the most inboxes whose built-in views are.
	maxCountedInboxes = 100
)

// Counted are views to count: the built-in ones of inboxes, and saved ones. Neither
// given: those of all inboxes that the viewer sees.
type Counted struct {
	InboxIDs     []string
	SavedViewIDs []string
}

// Check refuses too many views, and inboxes that the viewer does not see. It fills
// in what is left out.
func (c Counted) Check(ctx context.Context) (Counted, error) {
	v := viewer.FromContext(ctx)
	if c.InboxIDs == nil && c.SavedViewIDs == nil {
		c.InboxIDs = v.InboxIDs[:min(len(v.InboxIDs), maxCountedInboxes)]
	}
	if n := len(c.InboxIDs); n > maxCountedInboxes {
		return c, errs.Exceeds(maxCountedInboxes, "The views of at most %d inboxes can be counted at once, not of %d.", maxCountedInboxes, n).On("inboxIds")
	}
	if n := len(c.SavedViewIDs); n > maxCountedViews {
		return c, errs.Exceeds(maxCountedViews, "At most %d saved views can be counted at once, not %d.", maxCountedViews, n).On("savedViewIds")
	}
	for i, inbox := range c.InboxIDs {
		if !v.InInbox(inbox) {
			return c, errs.Of(NoInbox(inbox)).On("inboxIds", strconv.Itoa(i))
		}
	}
	return c, nil
}

// CountViews counts views: first those of each inbox, in the order of the SDL's enum,
// then the saved ones, in the order of their ids. Saved ones are exact up to 10,000
// open conversations, and unknown above and where Count does not know. What the viewer may not use is NOT_FOUND.
func (s *Service) CountViews(ctx context.Context, c Counted) ([]*ViewCount, error) {
	c, err := c.Check(ctx)
	if err != nil {
		return nil, err
	}
	all := []*ViewCount{}
	builtIn, err := s.ViewCounts(ctx, c.InboxIDs)
	if err != nil {
		return nil, err
	}
	for _, counts := range builtIn {
		for i := range counts {
			all = append(all, &counts[i])
		}
	}
	for i, id := range c.SavedViewIDs {
		count, err := s.countSaved(ctx, id)
		if e := errs.Of(err); e != nil && e.Code == errs.NotFound {
			return nil, e.On("savedViewIds", strconv.Itoa(i))
		}
		if err != nil {
			return nil, err
		}
		all = append(all, count)
	}
	return all, nil
}

func (s *Service) countSaved(ctx context.Context, savedViewID string) (*ViewCount, error) {
	sel, err := s.OpenOf(ctx, savedViewID)
	if err != nil {
		return nil, err
	}
	count := &ViewCount{SavedViewID: savedViewID, InboxID: sel.Saved.InboxID}
	unknown := &ViewCount{SavedViewID: savedViewID, InboxID: sel.Saved.InboxID, Unknown: true}
	p, err := sel.Plan(ctx)
	if err != nil {
		return nil, err
	}
	open, err := s.countRows(ctx, p)
	if err != nil {
		return nil, err
	}
	if open == nil {
		return unknown, nil
	}
	if count.Open = *open; count.Open == 0 {
		return count, nil
	}
	if !viewer.FromContext(ctx).IsUser() {
		return count, nil
	}
	unread := true
	sel.Filter.Unread = &unread
	if p, err = sel.Plan(ctx); err != nil {
		return nil, err
	}
	some, err := s.countRows(ctx, p)
	if err != nil {
		return nil, err
	}
	if some == nil {
		return unknown, nil
	}
	count.Unread = *some
	return count, nil
}

// OpenOf is the selection of the open conversations of a saved view.
func (s *Service) OpenOf(ctx context.Context, savedViewID string) (Selection, error) {
	return s.Resolve(ctx, Selection{SavedViewID: &savedViewID, Filter: Filter{Statuses: []vocab.ConversationStatus{vocab.Open}}})
}
