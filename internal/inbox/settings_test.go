package inbox_test

import (
	"strings"
	"testing"

	"parley/internal/inbox"
	"parley/internal/opt"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// IN-21, IN-22, IN-23, RT-8, RT-9, AC-15: an inbox's settings are what a new one has until
// someone changes them, and each fault is on its field.
func TestUpdateSettings(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		update := func(change func(*inbox.UpdateInboxSettingsInput)) (vocab.InboxSettings, error) {
			in := inbox.UpdateInboxSettingsInput{InboxID: o.InboxIDs[0]}
			change(&in)
			i, err := o.inboxes.UpdateSettings(o.Admin, in)
			if err != nil {
				return vocab.InboxSettings{}, err
			}
			return i.Settings, nil
		}
		_, err := update(func(in *inbox.UpdateInboxSettingsInput) {
			in.AssignOnReply, in.CloseSilentChatsAfter, in.PassOnAfter = opt.Null[vocab.AssignOnReply](), opt.Of(0), opt.Of(7*24*60+1)
			in.NoAnswerSeconds, in.FarewellText = opt.Of(9), opt.Of(strings.Repeat("x", 5001))
		})
		check.Same(t, check.Faults(err), []string{
			"INVALID closeSilentChatsAfter", "INVALID noAnswerSeconds", "INVALID passOnAfter", "REQUIRED assignOnReply", "TOO_LONG farewellText",
		})
		on := check.Must(update(func(in *inbox.UpdateInboxSettingsInput) {
			in.CloseSilentChatsAfter, in.OnClose = opt.Of(30), opt.Of(vocab.OnCloseRelease)
		}))(t)
		now := o.Store.Now()
		check.Same(t, on, vocab.InboxSettings{CloseSilentChatsAfter: 30, CloseSilentChatsSince: now, OnClose: vocab.OnCloseRelease})
		longer := check.Must(update(func(in *inbox.UpdateInboxSettingsInput) { in.CloseSilentChatsAfter = opt.Of(60) }))(t)
		check.Same(t, longer.CloseSilentChatsSince, now)
		off := check.Must(update(func(in *inbox.UpdateInboxSettingsInput) { in.CloseSilentChatsAfter = opt.Null[int]() }))(t)
		check.Same(t, off, vocab.InboxSettings{OnClose: vocab.OnCloseRelease})

		// CO-5: what contacts are asked is set as a whole, kept by what leaves it out, and ended by null.
		asks := vocab.RatingSettings{Scale: vocab.RatingThumbs, Media: []vocab.RatingMedium{vocab.RatingByMail, vocab.RatingInChat, vocab.RatingByMail}, Question: " All \n well? "}
		asked := check.Must(update(func(in *inbox.UpdateInboxSettingsInput) { in.Rating = opt.Of(asks) }))(t)
		want := vocab.RatingSettings{Scale: vocab.RatingThumbs, Media: []vocab.RatingMedium{vocab.RatingInChat, vocab.RatingByMail}, Question: "All well?"}
		check.Same(t, *asked.Rating, want)
		kept := check.Must(update(func(in *inbox.UpdateInboxSettingsInput) { in.ShowQueuePosition = opt.Of(true) }))(t)
		check.Same(t, *kept.Rating, want)
		if none := check.Must(update(func(in *inbox.UpdateInboxSettingsInput) { in.Rating = opt.Null[vocab.RatingSettings]() }))(t); none.Rating != nil {
			t.Errorf("contacts are still asked: %+v", none.Rating)
		}
	})
}
