package conversation_test

import (
	"testing"

	"parley/ent"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// filtering are the four mutations that change why a conversation is filtered.
func (d *suite) filtering() (spam, notSpam, block, unblock func(c string) error) {
	me := d.Agent(0)
	spam = func(c string) error {
		_, err := d.MarkAsSpam(me, conversation.MarkConversationAsSpamInput{Target: conversation.On(c)})
		return err
	}
	notSpam = func(c string) error {
		_, err := d.MarkAsNotSpam(me, conversation.MarkConversationAsNotSpamInput{Target: conversation.On(c)})
		return err
	}
	block = func(c string) error {
		_, err := d.BlockSender(me, conversation.BlockConversationSenderInput{Target: conversation.On(c)})
		return err
	}
	unblock = func(c string) error {
		_, err := d.UnblockConversationSender(me, conversation.UnblockConversationSenderInput{Target: conversation.On(c)})
		return err
	}
	return spam, notSpam, block, unblock
}

// IN-9: the reasons are a set; "not spam" clears all but BLOCKED_SENDER, and
// unblocking clears that one. Each change is told once.
func TestReasons(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		spam, notSpam, block, unblock := d.filtering()
		c := d.ConversationIDs[0]
		for _, step := range []struct {
			name   string
			do     func(string) error
			told   []string
			folder vocab.Folder
		}{
			{"spam", spam, []string{"CONVERSATION_FILTERED filtered:>SPAM"}, vocab.FolderFiltered},
			{"spam again", spam, []string{}, vocab.FolderFiltered},
			{"block", block, []string{"CONVERSATION_UPDATED filtered:SPAM>SPAM,BLOCKED_SENDER", "CONTACT_BLOCKED"}, vocab.FolderFiltered},
			{"block again", block, []string{}, vocab.FolderFiltered},
			{"not spam", notSpam, []string{"CONVERSATION_UPDATED filtered:SPAM,BLOCKED_SENDER>BLOCKED_SENDER"}, vocab.FolderFiltered},
			{"not spam again", notSpam, []string{}, vocab.FolderFiltered},
			{"unblock", unblock, []string{"CONVERSATION_UNFILTERED filtered:BLOCKED_SENDER>", "CONTACT_UNBLOCKED"}, vocab.FolderMain},
			{"unblock again", unblock, []string{}, vocab.FolderMain},
			{"block alone", block, []string{"CONVERSATION_FILTERED filtered:>BLOCKED_SENDER", "CONTACT_BLOCKED"}, vocab.FolderFiltered},
			{"unblock alone", unblock, []string{"CONVERSATION_UNFILTERED filtered:BLOCKED_SENDER>", "CONTACT_UNBLOCKED"}, vocab.FolderMain},
		} {
			got := d.Recorded(func() {
				if err := step.do(c); err != nil {
					t.Errorf("%s: %v", step.name, err)
				}
			})
			check.Same(t, got, step.told)
			check.Same(t, d.Row(c).Folder, step.folder)
		}
	})
}

// IN-9: every reason but the block goes with "not spam".
func TestNotSpamClearsEveryReasonButTheBlock(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		_, notSpam, _, _ := d.filtering()
		all := vocab.ReasonSpam.Bit() | vocab.ReasonRoleAddress.Bit() | vocab.ReasonPromotional.Bit() | vocab.ReasonAutoReply.Bit()
		for reasons, left := range map[vocab.FilteredReasons]vocab.FilteredReasons{
			all: 0, all.With(vocab.ReasonBlockedSender): vocab.ReasonBlockedSender.Bit(),
		} {
			d.AlterRow(d.ConversationIDs[0], func(u *ent.ConversationUpdateOne) { u.SetFiltered(reasons).SetFolder(vocab.FolderFiltered) })
			if err := notSpam(d.ConversationIDs[0]); err != nil {
				t.Fatal(err)
			}
			check.Same(t, d.Row(d.ConversationIDs[0]).Filtered, left)
		}
	})
}

// Pitfall 14: spam concerns this thread alone, a block the sender; neither
// closes, unassigns or answers for anyone.
func TestSpamAndBlockAreNotTheSame(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		spam, _, block, unblock := d.filtering()
		c, other := d.ConversationIDs[0], d.ConversationIDs[1]
		d.prove(0)
		d.prove(1)
		d.MustAssign(c, d.AgentIDs[0])
		for _, do := range []func(string) error{spam, block} {
			if err := do(c); err != nil {
				t.Fatal(err)
			}
			check.Same(t, []any{d.Row(c).Status, d.Row(c).AssigneeID}, []any{vocab.Open, d.AgentIDs[0]})
			check.Same(t, d.Row(other).Filtered, vocab.FilteredReasons(0)) // older ones stay
		}
		d.VisitorWrites(other, 1, "Moves with its next message")
		check.Same(t, d.Row(other).Folder, vocab.FolderFiltered)

		// IN-9: unblocking clears the reason in this conversation alone. IN-10:
		// future ones come through.
		if err := unblock(c); err != nil {
			t.Fatal(err)
		}
		check.Same(t, d.Row(c).Filtered, vocab.ReasonSpam.Bit())
		check.Same(t, d.Row(other).Filtered, vocab.ReasonBlockedSender.Bit())
		check.Same(t, d.StartChat(0, "Anew").Folder, vocab.FolderMain)
	})
}

// IN-10: without a contact the token is blocked, with a proved one the contact. A block
// of the token holds when a contact is linked later.
func TestWhoIsBlocked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		me := d.Agent(1)
		d.prove(0)
		for c, sender := range map[string]string{d.ConversationIDs[0]: d.ContactID, d.ConversationIDs[2]: d.VisitorIDs[2]} {
			events := d.EventsOf(func() {
				check.Must(d.BlockSender(me, conversation.BlockConversationSenderInput{Target: conversation.On(c)}))(t)
			})
			check.Same(t, events[1].SubjectID, sender)
		}
		c := d.StartChat(2, "Hello")
		check.Same(t, c.Folder, vocab.FolderFiltered)
		check.Must(d.LinkContact(me, conversation.LinkContactInput{Target: conversation.On(c.ID), ContactID: d.ContactID}))(t)
		check.Must(d.UnblockConversationSender(me, conversation.UnblockConversationSenderInput{Target: conversation.On(c.ID)}))(t)
		check.Same(t, d.StartChat(2, "Hello").Folder, vocab.FolderMain)
	})
}

// IN-13: the trash is no place to sort; only restore and purge work there.
func TestNothingChangesInTrash(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c, me := d.ConversationIDs[0], d.Agent(0)
		d.MustDelete(c)
		spam, notSpam, block, unblock := d.filtering()
		for name, do := range map[string]func(string) error{
			"spam": spam, "not spam": notSpam, "block": block, "unblock": unblock, "close": d.close,
			"reopen": func(c string) error {
				_, err := d.Reopen(me, conversation.ReopenConversationInput{Target: conversation.On(c)})
				return err
			},
			"assign": func(c string) error { _, err := d.TryAssign(c, &d.AgentIDs[0], nil); return err },
			"claim": func(c string) error {
				_, err := d.Claim(me, conversation.ClaimConversationInput{Target: conversation.On(c)})
				return err
			},
			"unassign": func(c string) error {
				_, err := d.Assign(me, conversation.AssignConversationInput{Target: conversation.On(c), Assignment: desk.Nobody})
				return err
			},
			"send": func(c string) error {
				_, _, err := d.SendMessage(me, conversation.SendMessageInput{Target: conversation.On(c), Text: check.Ptr("Hi"), Note: true})
				return err
			},
			"take over": func(c string) error {
				_, err := d.TakeOver(me, conversation.TakeOverConversationInput{Target: conversation.On(c)})
				return err
			},
			"hand off": func(c string) error {
				_, err := d.HandOff(me, conversation.HandOffConversationInput{Target: conversation.On(c)})
				return err
			},
			"link": func(c string) error {
				_, err := d.LinkContact(me, conversation.LinkContactInput{Target: conversation.On(c), ContactID: d.ContactID})
				return err
			},
			"unlink": func(c string) error {
				_, err := d.UnlinkContact(me, conversation.UnlinkContactInput{Target: conversation.On(c)})
				return err
			},
		} {
			if err := do(c); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s in the trash: %v", name, err)
			}
		}
		check.Same(t, d.Row(c).Revision, 2)
	})
}
