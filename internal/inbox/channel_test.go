package inbox_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/errs"
	"parley/internal/inbox"
	"parley/internal/secret"
)

// CH-1: an inbox has one chat channel, with a key of its own.
func TestCreateChannel(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		_, err := o.inboxes.CreateChannel(o.Admin, inbox.CreateChatChannelInput{InboxID: o.InboxIDs[0]})
		refused(t, err, errs.AlreadyExists, "inboxId")
		press, err := o.inboxes.Create(o.Admin, inbox.CreateInboxInput{Name: "Press"})
		must(t, err)
		c, err := o.inboxes.CreateChannel(o.Admin, inbox.CreateChatChannelInput{InboxID: press.ID})
		must(t, err)
		if len(c.Key) < 20 || strings.ToLower(c.Key) != c.Key {
			t.Fatalf("the key is %q", c.Key)
		}
		want := `<script async src="https://parley.example.com/widget.js" data-parley-key="` + c.Key + `"></script>`
		if got := o.inboxes.TrackingCode(c); got != want {
			t.Fatalf("the tracking code is %s", got)
		}
		_, err = o.inboxes.CreateChannel(o.Agent(0), inbox.CreateChatChannelInput{InboxID: press.ID})
		refused(t, err, errs.Forbidden, "")
		channels, err := o.inboxes.ChatChannels(o.Agent(0), list(press))
		must(t, err)
		if channels[0] != nil {
			t.Fatal("an agent sees the channel of an inbox that is not theirs")
		}
	})
}

func TestUpdateChannel(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		in := inbox.UpdateChatChannelInput{ChatChannelID: o.ChannelIDs[1], Title: ptr(" Talk \n to us"), AccentColor: ptr("#AABB01"), SendTranscript: ptr(false)}
		for range 2 {
			c, err := o.inboxes.UpdateChannel(o.Admin, in)
			must(t, err)
			if c.Title != "Talk to us" || c.AccentColor != "#aabb01" || c.SendTranscript {
				t.Fatalf("got %+v", c)
			}
		}
		if diff := cmp.Diff([]string{"CHANNEL_UPDATED " + o.ChannelIDs[1]}, o.events(t)); diff != "" {
			t.Fatal(diff)
		}
		_, err := o.inboxes.UpdateChannel(o.Admin, inbox.UpdateChatChannelInput{
			ChatChannelID: o.ChannelIDs[1], Title: ptr(strings.Repeat("x", 201)), AccentColor: ptr("red;}"),
		})
		if diff := cmp.Diff([]string{"INVALID accentColor", "TOO_LONG title"}, faults(err)); diff != "" {
			t.Fatal(diff)
		}
		_, err = o.inboxes.UpdateChannel(o.Admin, inbox.UpdateChatChannelInput{ChatChannelID: o.InboxIDs[1]})
		refused(t, err, errs.NotFound, "chatChannelId")
	})
}

// CH-8: the secret is shown once, kept sealed, and replaces the one before.
func TestIdentitySecret(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		c, err := o.Store.Client(o.Admin).Channel.Get(o.Admin, o.ChannelIDs[0])
		must(t, err)
		none, err := o.inboxes.IdentitySecret(t.Context(), c)
		must(t, err)
		if none != nil {
			t.Fatal("there is a secret before one was made")
		}
		in := inbox.CreateIdentitySecretInput{ChatChannelID: c.ID, IdempotencyKey: ptr("k")}
		first, _, err := o.inboxes.CreateIdentitySecret(o.Admin, in)
		must(t, err)
		again, c, err := o.inboxes.CreateIdentitySecret(o.Admin, in)
		must(t, err)
		key, err := o.inboxes.IdentitySecret(t.Context(), c)
		must(t, err)
		if first == "" || again != "" || string(key) != first || strings.Contains(c.IdentitySecret, first) {
			t.Fatalf("made %q, repeated %q, kept %q as %q", first, again, key, c.IdentitySecret)
		}
		second, c, err := o.inboxes.CreateIdentitySecret(o.Admin, inbox.CreateIdentitySecretInput{ChatChannelID: c.ID})
		must(t, err)
		key, err = o.inboxes.IdentitySecret(t.Context(), c)
		must(t, err)
		if second == first || string(key) != second {
			t.Fatal("the new secret does not replace the old one")
		}
		c.ID = o.ChannelIDs[1]
		if _, err := o.inboxes.IdentitySecret(t.Context(), c); err != secret.ErrDamaged { //nolint:errorlint // the very error
			t.Fatalf("another channel opens the secret: %v", err)
		}
	})
}
