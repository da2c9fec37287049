package conversation_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

func fine(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// prove has a visitor be identified.
func (d *suite) prove(visitor int) {
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Visitor.UpdateOneID(d.VisitorIDs[visitor]).SetIdentity(fmt.Sprint("user ", visitor)).Exec(ctx)
	})
}

func (d *suite) block(ctx context.Context, conversationID string, terms conversation.BlockTerms) (*conversation.Blocked, error) {
	return d.BlockSender(ctx, conversation.BlockConversationSenderInput{Target: conversation.On(conversationID), BlockTerms: terms})
}

// IN-10: a visitor whose address was merely typed is blocked without anyone else, and
// the agent is informed of that.
func TestBlockOfTypedAddress(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		d.prove(1) // of the same contact
		b, err := d.block(d.Agent(1), d.ConversationIDs[0], conversation.BlockTerms{})
		fine(t, err)
		check.Same(t, []any{b.Block.Sender, strings.Contains(b.Notice, "only this visitor")}, []any{d.VisitorIDs[0], true})
		check.Same(t, d.StartChat(0, "Me again").Folder, vocab.FolderFiltered)
		check.Same(t, d.StartChat(1, "I am the customer").Folder, vocab.FolderMain)

		// The other way round: the contact's block does not hold for who types its address.
		check.Must(d.UnblockConversationSender(d.Agent(1), conversation.UnblockConversationSenderInput{Target: conversation.On(d.ConversationIDs[0])}))(t)
		b, err = d.block(d.Agent(1), d.ConversationIDs[1], conversation.BlockTerms{})
		fine(t, err)
		check.Same(t, []string{b.Block.Sender, b.Notice}, []string{d.ContactID, ""})
		check.Same(t, d.StartChat(1, "Blocked").Folder, vocab.FolderFiltered)
		check.Same(t, d.StartChat(0, "Not blocked").Folder, vocab.FolderMain)
	})
}

// IN-10: after unblocking by one conversation, the others leave Filtered with the next
// message, whoever writes it, unless other reasons hold.
func TestUnblockedRunningChats(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		first := d.ConversationIDs[2]
		check.Must(d.block(d.Agent(1), first, conversation.BlockTerms{}))(t)
		second, spam, answered := d.StartChat(2, "second"), d.StartChat(2, "spam"), d.StartChat(2, "answered")
		check.Must(d.MarkAsSpam(d.Agent(1), conversation.MarkConversationAsSpamInput{Target: conversation.On(spam.ID)}))(t)
		check.Must(d.UnblockConversationSender(d.Agent(1), conversation.UnblockConversationSenderInput{Target: conversation.On(first)}))(t)
		check.Same(t, d.Row(second.ID).Folder, vocab.FolderFiltered)
		d.VisitorWrites(second.ID, 2, "Hello again")
		check.Same(t, d.Row(second.ID).Folder, vocab.FolderMain)
		d.VisitorWrites(spam.ID, 2, "Hello again")
		check.Same(t, d.Row(spam.ID).Filtered, vocab.ReasonSpam.Bit())
		_, _, err := d.SendMessage(d.Agent(1), conversation.SendMessageInput{Target: conversation.On(answered.ID), Text: check.Ptr("Hi")})
		fine(t, err)
		check.Same(t, d.Row(answered.ID).Folder, vocab.FolderMain)
	})
}

// IN-10: a block ends by itself; blocking again gives it other terms.
func TestBlockEnds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c, me := d.ConversationIDs[2], d.Agent(1)
		past, soon := d.Store.Now(), d.Store.Now().Add(time.Hour)
		_, err := d.block(me, c, conversation.BlockTerms{Until: &past})
		check.Same(t, strings.Join(errs.Of(err).Field, "."), "until")
		for range 2 {
			b, err := d.block(me, c, conversation.BlockTerms{Until: &soon, Reason: check.Ptr(" Rude ")})
			fine(t, err)
			check.Same(t, []any{b.Block.EndsAt, b.Block.Reason, b.Block.BlockedBy}, []any{soon, "Rude", d.AgentIDs[1]})
		}
		check.Same(t, d.StartChat(2, "Blocked").Folder, vocab.FolderFiltered)
		d.Clock.Advance(time.Hour)
		check.Same(t, d.StartChat(2, "Free").Folder, vocab.FolderMain)
		d.VisitorWrites(c, 2, "Free too")
		check.Same(t, d.Row(c).Folder, vocab.FolderMain)
		check.Same(t, len(d.blocked("")), 0)
	})
}

// blocked are the senders whom the second inbox's chat channel blocks.
func (d *suite) blocked(query string) (senders []string) {
	pages, err := d.BlockedSenders(d.Agent(1), []string{d.ChannelIDs[1]}, &query, paging.PageArgs{})
	fine(d.T, err)
	for _, e := range pages[0].Edges {
		senders = append(senders, e.Node.Sender)
	}
	return senders
}

// IN-10: blocked senders are searched by name, address and reason, as they are written.
func TestBlockedSendersAreSearched(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Visitor.UpdateOneID(d.VisitorIDs[2]).SetName("Élodie").SetEmail("troll_1@example.net").Exec(ctx)
		})
		check.Must(d.block(d.Agent(1), d.ConversationIDs[2], conversation.BlockTerms{Reason: check.Ptr("100% rude")}))(t)
		for query, want := range map[string]int{"": 1, "LODIE": 1, "troll_1@": 1, "trollx1": 0, "0% r": 1, "1%e": 0, "nobody": 0, "%": 1} {
			if got := len(d.blocked(query)); got != want {
				t.Errorf("%q: got %d, want %d", query, got, want)
			}
		}
	})
}

// IN-10: members block, or only admins, as the account says; only admins block a domain.
func TestWhoMayBlock(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		_, err := d.block(d.Agent(1), d.ConversationIDs[2], conversation.BlockTerms{Domain: check.Ptr(true)})
		check.Same(t, errs.Of(err).Code, errs.Forbidden)
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Account.UpdateOneID(d.AccountID).SetWhoMayBlock(vocab.AdminsBlock).Exec(ctx)
		})
		_, _, block, unblock := d.filtering()
		for _, do := range []func(string) error{block, unblock} {
			check.Same(t, errs.Of(do(d.ConversationIDs[0])).Code, errs.Forbidden)
		}
		check.Same(t, d.Row(d.ConversationIDs[0]).Filtered, vocab.FilteredReasons(0))
	})
}

// IN-10: the domain of a mail's sender is blocked by admins, on one channel or on all.
func TestBlockOfDomain(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		from := func(address string) func(*conversation.Inbound) {
			return func(in *conversation.Inbound) { in.From, in.ContactID = vocab.Mailbox{Address: address}, "" }
		}
		c := d.receives(d.mail("first", from("one@bad.example")))
		b, err := d.BlockSender(d.Admin, conversation.BlockConversationSenderInput{
			Target: conversation.On(c.ID), BlockTerms: conversation.BlockTerms{Domain: check.Ptr(true), AllChannels: check.Ptr(true)},
		})
		fine(t, err)
		check.Same(t, []any{b.Block.Sender, b.Block.AllChannels}, []any{"@bad.example", true})
		check.Same(t, d.receives(d.mail("second", from("Two@Bad.example"))).Folder, vocab.FolderFiltered)
		check.Same(t, d.receives(d.mail("third", from("three@notbad.example"))).Folder, vocab.FolderMain)
		_, err = d.UnblockConversationSender(d.Agent(0), conversation.UnblockConversationSenderInput{Target: conversation.On(c.ID)})
		check.Same(t, errs.Of(err).Code, errs.Forbidden)
		check.Must(d.UnblockConversationSender(d.Admin, conversation.UnblockConversationSenderInput{Target: conversation.On(c.ID)}))(t)
		check.Same(t, d.receives(d.mail("fourth", from("four@bad.example"))).Folder, vocab.FolderMain)
	})
}

// IN-10: another inbox's block is no one's matter here.
func TestBlockStaysInInbox(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		d.prove(0)
		check.Must(d.block(d.Agent(1), d.ConversationIDs[0], conversation.BlockTerms{AllChannels: check.Ptr(true)}))(t)
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Visitor.UpdateOneID(d.VisitorIDs[2]).SetIdentity("same").SetContactID(d.ContactID).Exec(ctx)
		})
		c := d.StartChat(2, "In the other inbox")
		check.Same(t, c.Folder, vocab.FolderMain)
	})
}
