package settings_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/internal/channel/chat/settings"
	"parley/internal/errs"
	"parley/internal/inbox"
	"parley/internal/opt"
	"parley/internal/secret"
	"parley/internal/testkit/check"
)

// CH-1: an inbox has one chat channel, with a key of its own.
func TestCreateChannel(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		_, err := o.settings.CreateChannel(o.Admin, settings.CreateChatChannelInput{InboxID: o.InboxIDs[0]})
		check.Refused(t, err, errs.AlreadyExists, "inboxId")
		press, err := o.inboxes.Create(o.Admin, inbox.CreateInboxInput{Name: "Press"})
		check.NoError(t, err)
		c, err := o.settings.CreateChannel(o.Admin, settings.CreateChatChannelInput{InboxID: press.ID})
		check.NoError(t, err)
		if len(c.Key) < 20 || strings.ToLower(c.Key) != c.Key {
			t.Fatalf("the key is %q", c.Key)
		}
		want := `<script async src="https://parley.example.com/widget.js" data-parley-key="` + c.Key + `"></script>`
		if got := o.settings.TrackingCode(c); got != want {
			t.Fatalf("the tracking code is %s", got)
		}
		_, err = o.settings.CreateChannel(o.Agent(0), settings.CreateChatChannelInput{InboxID: press.ID})
		check.Refused(t, err, errs.Forbidden)
		channels, err := o.inboxes.ChatChannels(o.Agent(0), []*ent.Inbox{press})
		check.NoError(t, err)
		if channels[0] != nil {
			t.Fatal("an agent sees the channel of an inbox that is not theirs")
		}
	})
}

func TestUpdateChannel(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		in := settings.UpdateChatChannelInput{ChannelID: o.ChannelIDs[1], Title: opt.Of(" Talk \n to us"), AccentColor: opt.Of("#AABB01"), SendTranscript: opt.Of(false)}
		for range 2 {
			c, err := o.settings.UpdateChannel(o.Admin, in)
			check.NoError(t, err)
			if c.Title != "Talk to us" || c.AccentColor != "#aabb01" || c.SendTranscript {
				t.Fatalf("got %+v", c)
			}
		}
		if diff := cmp.Diff([]string{"CHANNEL_UPDATED " + o.ChannelIDs[1]}, o.events(t)); diff != "" {
			t.Fatal(diff)
		}
		_, err := o.settings.UpdateChannel(o.Admin, settings.UpdateChatChannelInput{
			ChannelID: o.ChannelIDs[1], Title: opt.Of(strings.Repeat("x", 201)), AccentColor: opt.Of("red;}"),
		})
		if diff := cmp.Diff([]string{"INVALID accentColor", "TOO_LONG title"}, check.Faults(err)); diff != "" {
			t.Fatal(diff)
		}
		_, err = o.settings.UpdateChannel(o.Admin, settings.UpdateChatChannelInput{ChannelID: o.InboxIDs[1]})
		check.Refused(t, err, errs.NotFound, "channelId")
	})
}

// CH-8: the secret is shown once, kept sealed, and replaces the one before.
func TestIdentitySecret(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		c, err := o.Store.Client(o.Admin).Channel.Get(o.Admin, o.ChannelIDs[0])
		check.NoError(t, err)
		none, err := o.settings.IdentitySecret(t.Context(), c)
		check.NoError(t, err)
		if none != nil {
			t.Fatal("there is a secret before one was made")
		}
		in := settings.CreateIdentitySecretInput{ChannelID: c.ID, IdempotencyKey: check.Ptr("k")}
		first, _, err := o.settings.CreateIdentitySecret(o.Admin, in)
		check.NoError(t, err)
		again, c, err := o.settings.CreateIdentitySecret(o.Admin, in)
		check.NoError(t, err)
		key, err := o.settings.IdentitySecret(t.Context(), c)
		check.NoError(t, err)
		if first == "" || again != "" || string(key) != first || strings.Contains(c.IdentitySecret, first) {
			t.Fatalf("made %q, repeated %q, kept %q as %q", first, again, key, c.IdentitySecret)
		}
		second, c, err := o.settings.CreateIdentitySecret(o.Admin, settings.CreateIdentitySecretInput{ChannelID: c.ID})
		check.NoError(t, err)
		key, err = o.settings.IdentitySecret(t.Context(), c)
		check.NoError(t, err)
		if second == first || string(key) != second {
			t.Fatal("the new secret does not replace the old one")
		}
		c.ID = o.ChannelIDs[1]
		if _, err := o.settings.IdentitySecret(t.Context(), c); err != secret.ErrDamaged { //nolint:errorlint // the very error
			t.Fatalf("another channel opens the secret: %v", err)
		}
	})
}

// IB-3: the chat channel of a deleted inbox looks gone.
func TestChannelOfADeletedInbox(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		check.Must(o.inboxes.Delete(o.Admin, inbox.DeleteInboxInput{InboxID: o.InboxIDs[0], ConfirmName: "Sales"}))(t)
		_, err := o.settings.UpdateChannel(o.Admin, settings.UpdateChatChannelInput{ChannelID: o.ChannelIDs[0], Title: opt.Of("Back")})
		check.Refused(t, err, errs.NotFound, "channelId")
	})
}
