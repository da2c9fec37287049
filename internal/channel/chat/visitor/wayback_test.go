package visitor_test

import (
	"cmp"
	"context"
	"strings"
	"testing"

	"parley/internal/channel/chat/visitor"
	"parley/internal/conversation"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit/check"
)

// CH-6: a notice of the team's leads to no page but those of its own sites, since the page
// that a visitor names is anyone's word; otherwise to the channel's hosted page.
func TestNoticesLeadHome(t *testing.T) {
	t.Parallel()
	const origin, hosted = "https://shop.example/prices?a=1#parley-link=", "https://parley.example/chat/KEY#parley-link="
	for name, c := range map[string]struct {
		options visitor.Options
		page    string
		want    string
	}{
		"of a site":           {visitor.Options{Sites: []string{"https://shop.example"}}, "", origin},
		"of any":              {visitor.Options{}, "", origin},
		"of another":          {visitor.Options{Sites: []string{"https://parley.example"}}, "", hosted},
		"of another scheme":   {visitor.Options{Sites: []string{"http://shop.example"}}, "", hosted},
		"of no machine":       {visitor.Options{Sites: []string{}}, "http://localhost:3000/", hosted},
		"of this machine":     {visitor.Options{Sites: []string{}, LocalSites: true}, "http://localhost:3000/", "http://localhost:3000/#parley-link="},
		"of a name like that": {visitor.Options{Sites: []string{}, LocalSites: true}, "http://localhost.evil.example/", hosted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mailing(t, func(w *world, box *postbox) {
				c.options.MissedAfter, c.options.PublicURL = delay, "https://parley.example"
				w.compose(conversation.Deps{}, c.options)
				w.leavesFrom(cmp.Or(c.page, "https://shop.example/prices?a=1#top"), "answer")
				w.clock.Advance(delay)
				notices := w.mailed(box)
				want := strings.Replace(c.want, "KEY", key(w.ChannelIDs[0]), 1)
				if len(notices) != 1 || !strings.Contains(notices[0].Text, "\n"+want) || !strings.Contains(notices[0].Text, "answer") {
					w.t.Errorf("want a link to %s: %+v", want, notices)
				}
			})
		})
	}
}

// CH-6, CO-4: what another letter had, as a transcript does, no notice has again.
func TestNoNoticeAfterALetter(t *testing.T) {
	t.Parallel()
	mailing(t, func(w *world, box *postbox) {
		_, conversationID := w.leaves("answer")
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			c := check.Must(tx.Client.Conversation.Get(ctx, conversationID))(w.t)
			_, err := w.WayBack(ctx, tx, c, check.Must(tx.Client.Visitor.Get(ctx, c.VisitorID))(w.t), c.LastVisibleNumber, id.New(id.Message))
			return err
		})
		w.clock.Advance(2 * delay)
		if notices := w.mailed(box); len(notices) != 0 {
			w.t.Errorf("%+v", notices)
		}
		w.answer(conversationID, "more", false)
		w.clock.Advance(delay)
		if notices := w.mailed(box); len(notices) != 1 || strings.Contains(notices[0].Text, "answer") {
			w.t.Errorf("%+v", notices)
		}
	})
}
