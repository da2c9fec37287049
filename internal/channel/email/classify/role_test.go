package classify_test

import (
	"strings"
	"testing"

	"parley/internal/channel/email/classify"
	"parley/internal/vocab"
)

// IN-11: addresses of offices and machines.
func TestRoleAddresses(t *testing.T) {
	t.Parallel()
	const (
		offices = `marketing sales support billing accounts hr jobs admin abuse webmaster hostmaster press events
			Sales sales2 sales-team sales_team human.resources customer-service customerservice help-desk sales+eu
			vertrieb buchhaltung kundenservice ventas facturation soporte atendimento klantenservice podpora`
		machines = `noreply no-reply no.reply no_reply noreply123 no-reply-2 NoReply do-not-reply donotreply do_not_reply.7
			noreply+ada noreply-orders orders-noreply orders.no-reply mynoreplybot keine-antwort nicht-antworten ne-pas-repondre
			mailer-daemon MAILER-DAEMON postmaster bounce bounces bounce+ada=example.com bounce-12345-ada bounces-77
			newsletter news-letter store.newsletter newsletters notifications notification-x calendar-notification
			auto-reply autoresponder campaigns promo reminders alerts`
		people = `ada ada.lovelace ada2 info contact hello office kontakt mail shop john.sales salesman ada+newsletter
			marketingfan supporter adminova christopher.null auto.schmidt helpmann benoit.presse car-owner m.postfixova
			salesforce-ada bouncer noor reply repley "ada"`
	)
	for _, tc := range []struct {
		names string
		role  bool
		quiet bool
	}{{offices, true, false}, {machines, true, true}, {people, false, false}} {
		for _, name := range strings.Fields(tc.names) {
			v := classify.Classify(facts("From: " + name + "@example.com"))
			if got := len(v.Reasons) == 1 && v.Reasons[0].Reason == vocab.ReasonRoleAddress; got != tc.role || v.NoAutoAnswer != tc.quiet {
				t.Errorf("%s: role %t, no answers %t; %v", name, got, v.NoAutoAnswer, v.Reasons)
			}
		}
	}
}

// Pitfall 16: whom the team has written to is not filtered for the address
// alone; auto-replies and bulk mail still are.
func TestRoleExemption(t *testing.T) {
	t.Parallel()
	known := func(lines ...string) classify.Facts {
		f := facts(append(lines, "From: billing@example.com")...)
		f.WrittenBefore = true
		return f
	}
	check(t, facts("From: billing@example.com"), "ROLE_ADDRESS/ROLE_ADDRESS")
	check(t, known(), "allowed=WRITTEN_BEFORE")
	check(t, known("Auto-Submitted: auto-replied"), "AUTO_REPLY/AUTO_SUBMITTED automatic answer allowed=WRITTEN_BEFORE")
	check(t, known("Precedence: bulk"), "PROMOTIONAL/PRECEDENCE_BULK quiet allowed=WRITTEN_BEFORE")
	blocked := known()
	blocked.Blocked = true
	check(t, blocked, "BLOCKED_SENDER/BLOCKED allowed=WRITTEN_BEFORE")
	person := facts()
	person.WrittenBefore = true
	check(t, person, "")
}
