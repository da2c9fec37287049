package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"parley/internal/clock"
)

// schedules is how many random schedules are tried: PARLEY_SCHEDULES, e.g. 1000; left
// out: 15.
func schedules(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("PARLEY_SCHEDULES"), "15"))
	if err != nil {
		t.Fatalf("PARLEY_SCHEDULES: %v", err)
	}
	return n
}

// schedule is one round: two people who write by chat and mail while something is done
// with the contacts that they are.
type schedule struct {
	*api
	*testing.T
	site  *channel
	mail  *mailbox
	r     *rand.Rand
	name  string
	ids   [2]string
	chats [2]chat

	mu   sync.Mutex
	said [2][]string // what each of them wrote and the server took
	sent [2]int      // how many of it are mails
}

// eachSchedule runs a test on many schedules, each with its own seed.
func eachSchedule(t *testing.T, test func(s *schedule)) {
	t.Helper()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		site, mail := a.channel(), a.mailbox("support@shop.example")
		for seed := range schedules(t) {
			s := &schedule{api: a, T: t, site: site, mail: mail, r: rand.New(rand.NewPCG(uint64(seed), 1)), name: fmt.Sprintf("s%dx", seed)}
			s.begin()
			test(s)
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
	})
}

func (s *schedule) address(i int) string { return fmt.Sprintf("%s%d@people.example", s.name, i) }

// begin makes two contacts, each with a chat and a mail.
func (s *schedule) begin() {
	for i := range s.ids {
		made := s.do(adminToken, `mutation($in: CreateContactInput!) { createContact(input: $in) { contact { id } userErrors { code message } } }`, input("name", s.address(i), "email", s.address(i)))
		s.ids[i] = text(made, "createContact", "contact", "id")
		s.chats[i] = s.site.chat(s.word(i))
		s.do(adminToken, `mutation($in: LinkContactInput!) { linkContact(input: $in) { userErrors { code message } } }`, input("conversationId", s.chats[i].conversationID, "contactId", s.ids[i]))
		s.mails(i)
	}
	s.settle()
}

// word is a new text of one of them.
func (s *schedule) word(i int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	word := fmt.Sprintf("%sword%dof%d", s.name, len(s.said[i]), i)
	s.said[i] = append(s.said[i], word)
	return word
}

func (s *schedule) writes(i int) {
	word := s.word(i)
	got := s.ask(s.chats[i].visitor, `mutation($in: SendVisitorMessageInput!) { sendVisitorMessage(input: $in) { userErrors { code } } }`, input("conversationId", s.chats[i].conversationID, "text", word))
	if refused, _ := at(got.Data, "sendVisitorMessage", "userErrors").([]any); len(got.Errors)+len(refused) > 0 {
		s.takeBack(i, word)
	}
}

// takeBack forgets a word that the server did not take.
func (s *schedule) takeBack(i int, word string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said[i] = slices.DeleteFunc(s.said[i], func(w string) bool { return w == word })
}

func (s *schedule) mails(i int) {
	word := s.word(i)
	s.mail.forward(s.address(i), fmt.Sprintf("From: %[1]s\nTo: support@shop.example\nSubject: About %[2]s\nMessage-ID: <%[2]s@people.example>\nDate: Mon, 16 Nov 2026 11:00:00 +0000\n\n%[2]s\n", s.address(i), word))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent[i]++
}

// at once does all of these side by side, beginning in a random order.
func (s *schedule) atOnce(acts ...func()) {
	s.r.Shuffle(len(acts), func(i, j int) { acts[i], acts[j] = acts[j], acts[i] })
	var all sync.WaitGroup
	for _, act := range acts {
		all.Go(act)
	}
	all.Wait()
}

// settle waits until each mail that was taken became a message.
func (s *schedule) settle() {
	s.until("all mails are in", func() bool {
		left, err := s.store.Strings(s.Context(), "SELECT id FROM inbound_mails WHERE state = 'STORED'")
		if err != nil {
			s.Fatal(err)
		}
		return len(left) == 0
	})
}

// ownersOf are the contacts of the conversations that have a word, one for each message.
func (s *schedule) ownersOf(word string) []string {
	owners, err := s.store.Strings(s.Context(), "SELECT COALESCE(c.contact_id, '') FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.text LIKE '%"+word+"'")
	if err != nil {
		s.Fatal(err)
	}
	return owners
}

// contact is who an id or an address leads to now; "": no one.
func (s *schedule) contact(key, value string) string {
	return text(s.do(adminToken, `query($by: ContactKey!) { contact(by: $by) { id } }`, map[string]any{"by": map[string]any{key: value}}), "contact", "id")
}

// CR-1, CR-6: whatever is written by chat and mail while contacts are merged, the other
// way round too, and parted again, is there once, with whom its writer is by then.
func TestMergesUnderAnySchedule(t *testing.T) {
	t.Parallel()
	eachSchedule(t, func(s *schedule) {
		from := s.r.IntN(2)
		into := 1 - from
		merge := func(into, from int) func() {
			return func() {
				s.codes(adminToken, "mergeContacts", "MergeContactsInput", "intoContactId", s.ids[into], "contactIds", []string{s.ids[from]})
			}
		}
		acts := []func(){merge(into, from)}
		if s.r.IntN(3) == 0 {
			acts = append(acts, merge(from, into)) // a circle: one of them comes too late
		}
		parted := s.r.IntN(3) == 0
		if parted {
			acts = append(acts, func() { s.codes(adminToken, "undoMergeContacts", "UndoMergeContactsInput", "contactId", s.ids[from]) })
		}
		if s.r.IntN(2) == 0 {
			acts = append(acts, func() {
				s.codes(adminToken, "updateContact", "UpdateContactInput", "contactId", s.ids[from], "city", "Graz")
			})
		}
		for range 1 + s.r.IntN(4) {
			i, mail := s.r.IntN(2), s.r.IntN(3) == 0
			acts = append(acts, func() {
				if mail {
					s.mails(i)
				} else {
					s.writes(i)
				}
			})
		}
		s.atOnce(acts...)
		s.settle()

		now := [2]string{s.contact("id", s.ids[0]), s.contact("id", s.ids[1])}
		if !parted && now[0] != now[1] {
			s.Errorf("they are merged, but are %v", now)
		}
		for i := range now {
			if got := s.contact("email", s.address(i)); got != now[i] {
				s.Errorf("%s leads to %q, the contact to %q", s.address(i), got, now[i])
			}
			for _, word := range s.said[i] {
				owners := s.ownersOf(word)
				// What came to the survivor before they were parted stays there.
				if len(owners) != 1 || owners[0] != now[i] && (!parted || owners[0] != now[1-i]) {
					s.Errorf("%s is with %v, want %s", word, owners, now[i])
				}
			}
		}
	})
}

// CR-5: whatever is written by chat and mail while a contact is erased: what was there
// before is gone, and what comes is of someone who is new, and is not lost.
func TestErasuresUnderAnySchedule(t *testing.T) {
	t.Parallel()
	eachSchedule(t, func(s *schedule) {
		before := slices.Clone(s.said[0])
		acts := []func(){func() { s.codes(adminToken, "eraseContact", "EraseContactInput", "contactId", s.ids[0]) }}
		switch s.r.IntN(3) {
		case 0:
			acts = append(acts, func() {
				s.codes(adminToken, "mergeContacts", "MergeContactsInput", "intoContactId", s.ids[0], "contactIds", []string{s.ids[1]})
			})
		case 1:
			acts = append(acts, func() {
				s.codes(adminToken, "updateContact", "UpdateContactInput", "contactId", s.ids[0], "city", s.word(0))
			})
		}
		merged := len(acts) > 1
		for range 1 + s.r.IntN(4) {
			i, mail := s.r.IntN(2), s.r.IntN(3) == 0
			acts = append(acts, func() {
				if mail {
					s.mails(i)
				} else {
					s.writes(i)
				}
			})
		}
		s.atOnce(acts...)
		s.settle()

		if got := s.contact("id", s.ids[0]); got != "" {
			s.Errorf("the erased contact is there: %s", got)
		}
		gone := &marks{planted: append(before, strings.ToLower(s.ids[0]))}
		for _, line := range gone.inDatabase(s.T, s.store) {
			table, word, _ := strings.Cut(line, ": ")
			if word != strings.ToLower(s.ids[0]) || !slices.Contains([]string{"events", "erasures", "idempotency_keys", "purged_ids", "audit_entries"}, table) {
				s.Errorf("there is still %s", line)
			}
		}
		kept, err := s.store.Strings(s.Context(), "SELECT action FROM audit_entries WHERE subject_id = $1 OR CAST(changes AS TEXT) LIKE $2", s.ids[0], "%"+s.ids[0]+"%")
		if err != nil || len(kept) != 1 || kept[0] != "CONTACT_ERASED" {
			s.Errorf("the audit log has %v of the erased contact (%v)", kept, err)
		}
		for i := range s.said {
			for _, word := range s.said[i] {
				owners := s.ownersOf(word)
				if slices.Contains(owners, s.ids[0]) || len(owners) > 1 {
					s.Errorf("%s is with %v", word, owners)
				}
				if other := i == 1 && !merged; other && (len(owners) != 1 || owners[0] != s.ids[1]) {
					s.Errorf("%s of another is with %v, want %s", word, owners, s.ids[1])
				}
			}
		}
	})
}
