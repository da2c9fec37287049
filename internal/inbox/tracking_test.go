package inbox_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/inbox"
	"parley/internal/mail"
	"parley/internal/wording"
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
	must(t, err)
	return c
}

// CH-2: a developer gets the code by mail, once, and answers to the admin.
func TestSendTrackingCode(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		in := inbox.SendTrackingCodeInput{ChatChannelID: o.ChannelIDs[0], Email: "Dev@Example.net", Note: ptr("Please,\r\nthis week."), IdempotencyKey: ptr("k")}
		for range 2 {
			_, err := o.inboxes.SendTrackingCode(o.Admin, in)
			must(t, err)
		}
		sent := o.jobs.taken()
		if len(sent) != 1 {
			t.Fatalf("%d letters were posted", len(sent))
		}
		letter, ok := sent[0].(mail.Letter)
		if !ok || letter.To != "dev@example.net" || letter.ReplyTo != "ada@example.com" {
			t.Fatalf("posted %+v", sent[0])
		}
		for _, part := range []string{"Ada Admin asks you", "\n\nPlease,\nthis week.\n\n", "\n" + o.inboxes.TrackingCode(channelOf(t, o)) + "\n", "have https://parley.example.com."} {
			if !strings.Contains(letter.Text, part) {
				t.Errorf("%q is not in the letter:\n%s", part, letter.Text)
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
		in := inbox.SendTrackingCodeInput{ChatChannelID: o.ChannelIDs[0], Email: "nobody", Note: ptr(strings.Repeat("é", inbox.MaxNote+1))}
		_, err := o.inboxes.SendTrackingCode(o.Admin, in)
		if diff := cmp.Diff([]string{"INVALID email", "TOO_LONG note"}, faults(err)); diff != "" {
			t.Error(diff)
		}
		in = inbox.SendTrackingCodeInput{ChatChannelID: o.ChannelIDs[0], Email: "dev@example.net"}
		_, err = o.inboxes.SendTrackingCode(o.Agent(0), in)
		refused(t, err, errs.Forbidden, "")
		in.ChatChannelID = "channel_1"
		_, err = o.inboxes.SendTrackingCode(o.Admin, in)
		refused(t, err, errs.NotFound, "chatChannelId")
		if sent := o.jobs.taken(); len(sent) != 0 {
			t.Errorf("posted %v", sent)
		}
	})
}
