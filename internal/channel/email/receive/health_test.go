package receive_test

import (
	"fmt"
	"testing"
	"time"

	"parley/internal/testkit"
	"parley/internal/testkit/mailroom"
	"parley/internal/testkit/mailserver"
	"parley/internal/vocab"
)

// EM-7: a dead mailbox server is an error, and what came meanwhile is there after.
func TestMailboxRecovers(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		p := mailroom.NewPost(t, db, mailserver.Options{})
		s := p.NewNode()
		c := p.Connects(s)
		p.Run(s)
		p.Until("the mailbox was read", func() bool { return p.ChannelNow(c).LastSyncAt.IsSet() })
		p.Box.Stop(t)
		for n := range 3 {
			p.Until(fmt.Sprintf("failure %d was noted", n+1), func() bool { return p.ChannelNow(c).Failures > n })
			if n < 2 {
				p.Clock.Advance(time.Minute)
			}
		}
		if got := p.ChannelNow(c); got.State != vocab.EmailError || got.StateReason != vocab.EmailConnectionFailed {
			t.Errorf("it is %s %s", got.State, got.StateReason)
		}
		p.Box.Put(t, p.Box.User, mailroom.MailText("meanwhile"))
		p.Box.Start(t)
		p.Clock.Advance(5 * time.Minute)
		p.Has("meanwhile")
		p.Until("the channel works", func() bool { return p.ChannelNow(c).State == vocab.EmailConnected })
	})
}
