package settings_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/internal/channel/chat/settings"
	"parley/internal/channel/chat/wording"
	"parley/internal/errs"
	"parley/internal/mail"
	"parley/internal/testkit/check"
)

// choices makes texts of locale, key, text and so on.
func choices(words ...string) []wording.Choice {
	var list []wording.Choice
	for i := 0; i < len(words); i += 3 {
		list = append(list, wording.Choice{Locale: words[i], Key: words[i+1], Text: words[i+2]})
	}
	return list
}

func channelOf(t *testing.T, o *office) *ent.Channel {
	t.Helper()
	c, err := o.Store.Client(o.Admin).Channel.Get(o.Admin, o.ChannelIDs[0])
	check.NoError(t, err)
	return c
}

// CH-2: a developer gets the code by mail, once, and answers to the admin.
func TestSendTrackingCode(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		in := settings.SendTrackingCodeInput{ChannelID: o.ChannelIDs[0], Email: "Dev@Example.net", Note: check.Ptr("Please,\r\nthis week."), IdempotencyKey: check.Ptr("k")}
		for range 2 {
			_, err := o.settings.SendTrackingCode(o.Admin, in)
			check.NoError(t, err)
		}
		sent := o.jobs.TakenArgs()
		if len(sent) != 1 {
			t.Fatalf("%d notices were posted", len(sent))
		}
		notice, ok := sent[0].(mail.Notice)
		if !ok || notice.To != "dev@example.net" || notice.ReplyTo != "ada@example.com" {
			t.Fatalf("posted %+v", sent[0])
		}
		for _, part := range []string{"Ada Admin asks you", "\n\nPlease,\nthis week.\n\n", "\n" + o.settings.TrackingCode(channelOf(t, o)) + "\n", "add https://parley.example.com to "} {
			if !strings.Contains(notice.Text, part) {
				t.Errorf("%q is not in the notice:\n%s", part, notice.Text)
			}
		}
		if told := o.events(t); len(told) != 0 {
			t.Errorf("the log tells of %v", told)
		}
	})
}

func TestSendTrackingCodeRefuses(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		in := settings.SendTrackingCodeInput{ChannelID: o.ChannelIDs[0], Email: "nobody", Note: check.Ptr(strings.Repeat("é", settings.MaxNote+1))}
		_, err := o.settings.SendTrackingCode(o.Admin, in)
		if diff := cmp.Diff([]string{"INVALID email", "TOO_LONG note"}, check.Faults(err)); diff != "" {
			t.Error(diff)
		}
		in = settings.SendTrackingCodeInput{ChannelID: o.ChannelIDs[0], Email: "dev@example.net"}
		_, err = o.settings.SendTrackingCode(o.Agent(0), in)
		check.Refused(t, err, errs.Forbidden)
		in.ChannelID = "channel_1"
		_, err = o.settings.SendTrackingCode(o.Admin, in)
		check.Refused(t, err, errs.NotFound, "channelId")
		if sent := o.jobs.TakenArgs(); len(sent) != 0 {
			t.Errorf("posted %v", sent)
		}
	})
}
