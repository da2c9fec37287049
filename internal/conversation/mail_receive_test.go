package conversation_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/ent/participant"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

var preset = &vocab.TicketPreset{Subject: "{{email.subject}}", Priority: vocab.PriorityNormal}

// IN-1, EM-3, EM-8, RT-1, AC-7: a mail begins a conversation that knows its
// subject and address; it is routed, also to who is away, and gets one ticket, to
// which an answer adds none.
func TestMailBegins(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		ben := d.AgentIDs[0]
		d.away(ben)
		d.goes(preset, among(ben))
		arrived := clock.Of(desk.Monday.Add(-time.Hour))
		var c *ent.Conversation
		events := d.EventsOf(func() {
			c = d.receives(d.mail("It is wrong", func(i *conversation.Inbound) { i.At = arrived; i.PossiblyRelatedID = d.ConversationIDs[0] }))
		})
		check.Same(t, []any{c.Kind, c.ContactID, c.Subject, c.Preview, c.ToAddress, c.PossiblyRelatedID, c.OpenedAt, c.LastMessageAt, c.WaitingSince, c.AssigneeID, c.Folder, c.Revision},
			[]any{vocab.Email, d.ContactID, "Invoice 7", "It is wrong", "help@example.com", d.ConversationIDs[0], arrived, arrived, arrived, ben, vocab.FolderMain, 1})
		var told []any
		for _, e := range events {
			told = append(told, e.Type, e.ActorID, e.Revision)
		}
		check.Same(t, told, []any{
			vocab.ConversationCreated, d.ContactID, 1, vocab.MessageCreated, d.ContactID, 1,
			vocab.ConversationRouted, "routing", 1, vocab.ConversationAssigned, "routing", 1, vocab.TicketCreated, d.ContactID, 1,
		})
		d.receives(d.mail("Still wrong", in(c)))
		check.Same(t, d.tickets(), []string{"Invoice 7"})
		m := check.Must(d.Store.Client(d.System).Message.Query().All(d.System))(t)
		first := m[len(m)-2]
		check.Same(t, []any{first.AuthorKind, first.AuthorID, first.Direction, first.Delivery}, []any{viewer.Visitor, d.ContactID, vocab.Incoming, vocab.DeliveryDelivered})
		people := check.Must(d.Store.Client(d.System).Participant.Query().Where(participant.ConversationID(c.ID)).Order(participant.ByAddress()).All(d.System))(t)
		check.Same(t, []string{people[0].Address, people[1].Address, people[1].Name}, []string{"carl@example.org", "dora@example.net", "Dora"})
	})
}

// RT-3: rules may ask for the subject and for whom the mail went to, Cc included.
func TestMailIsRoutedByItsHeader(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		when := func(who string, kind vocab.RoutingConditionKind, value string) vocab.RoutingRule {
			rule := among(who)
			rule.Conditions = []vocab.RoutingCondition{{Kind: kind, Operator: vocab.RoutingContains, Value: value}}
			return rule
		}
		d.goes(nil, when(d.AgentIDs[0], vocab.RouteBySubject, "INVOICE"), when(d.AgentIDs[1], vocab.RouteByToAddress, "carl@"), among(d.AdminID))
		d.has(d.receives(d.mail("By its subject")), d.AgentIDs[0])
		other := func(i *conversation.Inbound) { i.Subject = "Hello" }
		d.has(d.receives(d.mail("By a copy", other)), d.AgentIDs[1])
		alone := func(i *conversation.Inbound) { i.Recipients = nil }
		d.has(d.receives(d.mail("By nothing", other, alone)), d.AdminID)
	})
}

// RT-5: a preview says who would get a mail to a channel by its subject, its
// recipients and its sender, known or not, and does nothing.
func TestPreviewOfMail(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		ben, cleo := d.AgentIDs[0], d.AgentIDs[1]
		when := func(who string, kind vocab.RoutingConditionKind, property, value string) vocab.RoutingRule {
			rule := among(who)
			rule.Conditions = []vocab.RoutingCondition{{Kind: kind, Property: property, Operator: vocab.RoutingContains, Value: value}}
			return rule
		}
		d.goes(preset, when(ben, vocab.RouteBySubject, "", "INVOICE"), when(cleo, vocab.RouteByToAddress, "", "carl@"),
			when(ben, vocab.RouteByContactProperty, "email", "@example.net"), when(cleo, vocab.RouteByContactProperty, "name", "Dora"), among(d.AdminID))
		known := check.Must(contact.New(d.Store).Create(d.Agent(0), contact.CreateContactInput{Name: check.Ptr("Dora"), Email: check.Ptr("dora@example.org")}))(t)
		preview := func(change func(*conversation.RoutingPreviewInput)) int {
			in := conversation.RoutingPreviewInput{Conversation: conversation.RoutingPreviewConversation{
				Email: &conversation.RoutingPreviewEmail{ChannelID: d.channel.ID},
			}}
			change(&in)
			var rule int
			if told := d.Recorded(func() { rule = check.Must(d.PreviewRouting(d.Admin, in))(t).Rule }); len(told) > 0 {
				t.Errorf("the preview told %v", told)
			}
			return rule
		}
		check.Same(t, []int{
			preview(func(in *conversation.RoutingPreviewInput) {
				in.Conversation.Email.Subject = check.Ptr("Your invoice 7")
			}),
			preview(func(in *conversation.RoutingPreviewInput) { in.Conversation.Email.To = []string{"Carl@example.org"} }),
			preview(func(in *conversation.RoutingPreviewInput) {
				in.Person = &conversation.RoutingPreviewPerson{Address: check.Ptr("Nora@Example.net")}
			}),
			preview(func(in *conversation.RoutingPreviewInput) {
				in.Person = &conversation.RoutingPreviewPerson{Address: check.Ptr("dora@example.org")}
			}),
			preview(func(in *conversation.RoutingPreviewInput) {
				in.Person = &conversation.RoutingPreviewPerson{ContactID: &known.ID}
			}),
			preview(func(*conversation.RoutingPreviewInput) {}),
		}, []int{1, 2, 3, 4, 4, 5})
		check.Same(t, d.tickets(), []string{})

		chat := conversation.RoutingPreviewConversation{ConversationID: &d.ConversationIDs[0]}
		mail := conversation.RoutingPreviewConversation{Email: &conversation.RoutingPreviewEmail{ChannelID: d.channel.ID}}
		elsewhere := conversation.RoutingPreviewConversation{Email: &conversation.RoutingPreviewEmail{ChannelID: id.New(id.Channel)}}
		sender := func(address string) *conversation.RoutingPreviewPerson {
			return &conversation.RoutingPreviewPerson{Address: &address}
		}
		for _, c := range []struct {
			in    conversation.RoutingPreviewInput
			code  errs.Code
			field []string
		}{
			{conversation.RoutingPreviewInput{Conversation: elsewhere}, errs.NotFound, []string{"conversation", "email", "channelId"}},
			{conversation.RoutingPreviewInput{Conversation: chat, Person: sender("ada@example.net")}, errs.Invalid, []string{"person", "address"}},
			{conversation.RoutingPreviewInput{Conversation: mail, Person: sender("nobody")}, errs.Invalid, []string{"person", "address"}},
		} {
			_, err := d.PreviewRouting(d.Admin, c.in)
			check.Refused(t, err, c.code, c.field...)
		}
	})
}

// IN-9: what is filtered is neither routed nor ticketed; once a person says that
// it is no spam, it is both, as if new.
func TestFilteredMail(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		d.goes(preset, among(d.AgentIDs[0]))
		c := d.receives(d.mail("Buy now", because(vocab.ReasonPromotional)))
		check.Same(t, []any{c.Folder, c.AssigneeID, d.tickets(), d.why(c)}, []any{vocab.FolderFiltered, "", []string{}, []string{}})
		spam := conversation.MarkConversationAsNotSpamInput{Target: conversation.On(c.ID)}
		check.Must(d.MarkAsNotSpam(d.Agent(1), spam))(t)
		check.Same(t, []any{d.Row(c.ID).Folder, d.Row(c.ID).AssigneeID, d.tickets(), d.why(c)},
			[]any{vocab.FolderMain, d.AgentIDs[0], []string{"Invoice 7"}, []string{"UNFILTERED 1 ben"}})
		check.Must(d.MarkAsSpam(d.Agent(1), conversation.MarkConversationAsSpamInput{Target: conversation.On(c.ID)}))(t)
		check.Must(d.MarkAsNotSpam(d.Agent(1), spam))(t)
		check.Same(t, len(d.tickets()), 1)
	})
}

// IN-7, IN-18: mail reopens a closed conversation and wakes a snoozed one; what a
// machine wrote joins, and does neither, nor is it unread or waited for.
func TestMailReopens(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		c := d.receives(d.mail("It broke"))
		d.MustClose(c.ID)
		got := d.Recorded(func() { d.receives(d.mail("I am on holiday", in(c), byMachine)) })
		check.Same(t, got, []string{"MESSAGE_CREATED"})
		now := d.Row(c.ID)
		check.Same(t, []any{now.Status, now.LastNumber, now.LastIncomingNumber, now.WaitingSince}, []any{vocab.Closed, 2, 1, clock.Never})
		got = d.Recorded(func() { d.receives(d.mail("It broke again", in(c))) })
		check.Same(t, got, []string{"MESSAGE_CREATED", "CONVERSATION_REOPENED status:CLOSED>OPEN"})
		check.Same(t, d.Row(c.ID).LastIncomingNumber, 3)

		until := clock.Of(desk.Monday.Add(24 * time.Hour))
		check.Must(d.Snooze(d.Agent(0), conversation.SnoozeConversationInput{Target: conversation.On(c.ID), Until: until}))(t)
		d.receives(d.mail("I am on holiday", in(c), byMachine))
		check.Same(t, d.Row(c.ID).SnoozedUntil, until)
		d.receives(d.mail("Now", in(c)))
		check.Same(t, d.Row(c.ID).SnoozedUntil.IsSet(), false)
	})
}

// IN-20: into spam a mail joins and stays filtered; into the trash none comes.
func TestMailIntoSpamAndTrash(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		d.goes(preset, among(d.AgentIDs[0]))
		c := d.receives(d.mail("Buy now", because(vocab.ReasonPromotional)))
		d.MustClose(c.ID)
		c = d.receives(d.mail("Buy today", in(c), because(vocab.ReasonPromotional)))
		check.Same(t, []any{c.Folder, c.Status, c.AssigneeID, len(d.tickets())}, []any{vocab.FolderFiltered, vocab.Open, "", 0})
		d.MustDelete(c.ID)
		_, err := d.comes(d.mail("Buy", in(c)))
		check.Refused(t, err, errs.NotFound, "conversationId")
	})
}

// IN-20: a person's mail takes a machine's thread out of Filtered, which is routed and
// ticketed as if new, and unread. A machine's does not, nor does one that has a reason of
// its own; spam stays spam.
func TestPersonJoinsMachinesThread(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		d.goes(preset, among(d.AgentIDs[0]))
		for _, r := range []vocab.FilteredReason{vocab.ReasonRoleAddress, vocab.ReasonPromotional, vocab.ReasonAutoReply} {
			before := len(d.tickets())
			c := d.receives(d.mail("Your order", because(r)))
			d.receives(d.mail("Sent", in(c), byMachine))
			c = d.receives(d.mail("Buy", in(c), because(vocab.ReasonPromotional)))
			check.Same(t, []any{c.Folder, c.AssigneeID, len(d.tickets())}, []any{vocab.FolderFiltered, "", before})
			got := d.Recorded(func() { c = d.receives(d.mail("Where is it?", in(c))) })
			check.Same(t, slices.ContainsFunc(got, func(e string) bool { return strings.HasPrefix(e, "CONVERSATION_UNFILTERED") }), true)
			check.Same(t, []any{c.Folder, c.AssigneeID, len(d.tickets()), c.LastIncomingNumber}, []any{vocab.FolderMain, d.AgentIDs[0], before + 1, c.LastNumber})
		}
		c := d.receives(d.mail("Buy now", because(vocab.ReasonPromotional, vocab.ReasonSpam)))
		c = d.receives(d.mail("Where is it?", in(c)))
		check.Same(t, c.Filtered.List(), []vocab.FilteredReason{vocab.ReasonSpam})
	})
}

// CH-6: an answer by mail to a notice of a chat joins it as the visitor's message, reopens
// it, and leaves no participants; CR-10: its contact was seen.
func TestMailIntoChat(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		c := d.StartChat(0, "Hello")
		d.MustClose(c.ID)
		got := d.receives(d.mail("By mail", in(c)))
		check.Same(t, []any{got.ID, got.Kind, got.Status, got.LastIncomingNumber, got.LastVisibleNumber}, []any{c.ID, vocab.Chat, vocab.Open, 2, 2})
		last := check.Must(d.Store.Client(d.System).Message.Query().Where(entmessage.ConversationID(c.ID)).Order(entmessage.ByNumber(entsql.OrderDesc())).First(d.System))(t)
		check.Same(t, []any{last.AuthorKind, last.AuthorID, last.Text}, []any{viewer.Visitor, c.VisitorID, "By mail"})
		n := check.Must(d.Store.Client(d.System).Participant.Query().Where(participant.ConversationID(c.ID)).Count(d.System))(t)
		check.Same(t, n, 0)
		check.Same(t, check.Must(d.Store.Client(d.System).Contact.Get(d.System, d.ContactID))(t).LastSeenAt.IsSet(), true)
	})
}

// IN-10: once its sender is blocked, a thread goes to Filtered, and so do their new
// ones; into the thread of another a blocked sender's mail comes unnoticed.
func TestBlockedMail(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		open := d.receives(d.mail("Before"))
		carl := func(i *conversation.Inbound) { i.ContactID = ""; i.From.Address = "carl@example.org" }
		theirs := d.receives(d.mail("Of Carl's", carl))
		blocked := d.receives(d.mail("Block me"))
		check.Must(d.BlockSender(d.Agent(0), conversation.BlockConversationSenderInput{Target: conversation.On(blocked.ID)}))(t)
		reasons := vocab.ReasonBlockedSender.Bit()
		check.Same(t, d.Row(open.ID).Filtered, vocab.FilteredReasons(0))
		check.Same(t, d.receives(d.mail("Into the old one", in(open))).Filtered, reasons)
		check.Same(t, d.receives(d.mail("A new one")).Filtered, reasons)

		d.MustClose(theirs.ID)
		got := d.Recorded(func() { d.receives(d.mail("As a copy", in(theirs))) })
		check.Same(t, got, []string{"MESSAGE_CREATED"})
		check.Same(t, []any{d.Row(theirs.ID).Status, d.Row(theirs.ID).LastIncomingNumber}, []any{vocab.Closed, 1})

		// Who is no contact is blocked by their address.
		check.Must(d.BlockSender(d.Agent(0), conversation.BlockConversationSenderInput{Target: conversation.On(theirs.ID)}))(t)
		check.Same(t, d.receives(d.mail("Of Carl's again", carl)).Filtered, reasons)
		check.Must(d.UnblockConversationSender(d.Agent(0), conversation.UnblockConversationSenderInput{Target: conversation.On(theirs.ID)}))(t)
		check.Same(t, d.receives(d.mail("Of Carl's at last", carl)).Filtered, vocab.FilteredReasons(0))
	})
}

// AC-8: a mail in the conversation of someone who is away, and wants it so, is
// routed among who is there; one of a machine is not, and without the switch
// the owner keeps it.
func TestMailReassigns(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		ben, cleo := d.AgentIDs[0], d.AgentIDs[1]
		d.goes(nil, among(ben, cleo))
		c := d.receives(d.mail("Hello"))
		d.away(ben)
		d.receives(d.mail("Anybody?", in(c)))
		d.has(c, ben)
		d.person(ben, func(u *ent.UserUpdateOne) { u.SetReassignRepliesWhenAway(true) })
		d.receives(d.mail("I am on holiday", in(c), byMachine))
		d.has(c, ben)
		d.receives(d.mail("Anybody there?", in(c)))
		d.has(c, cleo)
		check.Same(t, d.why(c), []string{"STARTED 1 ben cleo:NOT_NEXT", "OWNER_AWAY 1 cleo ben:AWAY"})
	})
}

// IN-7: what the system has to say reopens nothing and reaches the team alone.
func TestAddSystem(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		c := d.receives(d.mail("Hello"))
		d.MustClose(c.ID)
		before, messageID := d.Row(c.ID), id.New(id.Message)
		got := d.Recorded(func() {
			d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
				_, err := d.AddSystem(ctx, tx, c.ID, messageID, "The mail to eve@example.org bounced.")
				return err
			})
		})
		check.Same(t, got, []string{"MESSAGE_CREATED"})
		now := d.Row(c.ID)
		check.Same(t, []any{now.Status, now.Preview, now.LastMessageAt, now.LastIncomingNumber}, []any{vocab.Closed, before.Preview, before.LastMessageAt, before.LastIncomingNumber})
		m := check.Must(d.Store.Client(d.System).Message.Get(d.System, messageID))(t)
		check.Same(t, []any{m.Direction, m.VisibleNumber, m.AuthorKind}, []any{vocab.SystemMessage, 0, viewer.SystemKind})
	})
}

// IN-9, IN-11: another judgement takes the place of the first one, unless a person
// said otherwise meanwhile; what leaves Filtered is routed and ticketed.
func TestRefilter(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		d.goes(preset, among(d.AgentIDs[0]))
		promotional, role := vocab.ReasonPromotional.Bit(), vocab.ReasonRoleAddress.Bit()
		refilter := func(c *ent.Conversation, old, new vocab.FilteredReasons) (done bool) {
			d.Write(d.System, func(ctx context.Context, tx *store.Tx) (err error) {
				done, err = d.Refilter(ctx, tx, c.ID, old, new)
				return err
			})
			return done
		}
		c := d.receives(d.mail("News", because(vocab.ReasonPromotional)))
		check.Same(t, []any{refilter(c, promotional, role), d.Row(c.ID).Filtered}, []any{true, role})
		check.Same(t, []any{refilter(c, promotional, 0), d.Row(c.ID).Filtered}, []any{false, role})
		check.Must(d.MarkAsSpam(d.Agent(0), conversation.MarkConversationAsSpamInput{Target: conversation.On(c.ID)}))(t)
		check.Same(t, []any{refilter(c, role, 0), d.Row(c.ID).Filtered}, []any{true, vocab.ReasonSpam.Bit()})

		other := d.receives(d.mail("More news", because(vocab.ReasonPromotional)))
		check.Same(t, refilter(other, promotional, 0), true)
		check.Same(t, []any{d.Row(other.ID).AssigneeID, d.tickets()}, []any{d.AgentIDs[0], []string{"Invoice 7"}})

		kept := d.receives(d.mail("Wanted news", because(vocab.ReasonPromotional)))
		check.Must(d.MarkAsNotSpam(d.Agent(0), conversation.MarkConversationAsNotSpamInput{Target: conversation.On(kept.ID)}))(t)
		check.Same(t, []any{refilter(kept, promotional, role), d.Row(kept.ID).Filtered}, []any{false, vocab.FilteredReasons(0)})
		d.MustDelete(kept.ID)
		check.Same(t, refilter(kept, 0, role), false)
	})
}
