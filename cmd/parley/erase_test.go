package main

import (
	"archive/zip"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/attachment"
	"parley/internal/attachment/blob"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// marks are words that are planted where a contact's data can lie.
type marks struct {
	planted []string
	texts   map[string]string // what a mark stands in
}

// mark is a new word; text goes around it.
func (m *marks) mark(text string) string {
	word := fmt.Sprintf("zqx%03dmark", len(m.planted))
	m.planted = append(m.planted, word)
	if m.texts == nil {
		m.texts = map[string]string{}
	}
	m.texts[word] = text
	return fmt.Sprintf(text, word)
}

// found are the marks that a text has.
func (m *marks) found(text string) (list []string) {
	text = strings.ToLower(text)
	for _, word := range m.planted {
		if strings.Contains(text, word) {
			list = append(list, word)
		}
	}
	return list
}

// inDatabase are the marks that any row of any table has, as "table: word".
func (m *marks) inDatabase(t *testing.T, s *store.Store) (list []string) {
	t.Helper()
	names, row := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'search_index%'", ""
	if s.Postgres() {
		names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
	}
	tables, err := s.Strings(t.Context(), names)
	must(t, err)
	for _, table := range tables {
		if row = "CAST(t AS TEXT)"; !s.Postgres() {
			columns, err := s.Strings(t.Context(), "SELECT 'COALESCE(CAST(\"' || name || '\" AS TEXT), '''')' FROM pragma_table_info('"+table+"')")
			must(t, err)
			row = strings.Join(columns, " || ' ' || ")
		}
		rows, err := s.Strings(t.Context(), "SELECT "+row+` FROM "`+table+`" AS t`)
		must(t, err)
		for _, word := range m.found(strings.Join(rows, "\n")) {
			list = append(list, table+": "+word)
		}
	}
	return list
}

// inFolder are the marks that files below a folder have.
func (m *marks) inFolder(t *testing.T, folder string) (list []string) {
	t.Helper()
	must(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.Contains(path, "outbox") { // what went out
			return err
		}
		content, err := os.ReadFile(path)
		for _, word := range m.found(string(content)) {
			list = append(list, filepath.Base(path)+": "+word)
		}
		return err
	}))
	return list
}

// CR-5: an archive has everything of a contact; an erasure reaches all of it, wherever it
// lies: rows, the search index, the write-ahead log, files and a back-up made afterwards. What others
// wrote stays.
func TestErasedContactIsNowhere(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		folder := ""
		turned := clock.At(time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC))
		s := db.Open(t, turned, func(o *store.Options) { folder = filepath.Dir(o.File) })
		a := serveTest(t, s)
		m := &marks{}
		e := &erasing{api: a, marks: m, turned: turned}
		e.plant()
		before := m.inDatabase(t, s)
		lies := map[string]bool{}
		for _, line := range before {
			_, word, _ := strings.Cut(line, ": ")
			lies[word] = true
		}
		for _, word := range m.planted {
			if !lies[word] && !slices.Contains(e.inFiles, word) {
				t.Errorf("%s of %q was planted nowhere", word, m.texts[word])
			}
		}
		t.Logf("%d words in %d places", len(m.planted), len(before))
		if len(m.planted) < 200 {
			t.Errorf("only %d words are planted", len(m.planted))
		}
		e.fetchArchive()

		done := at(a.do(adminToken, `mutation($in: EraseContactInput!) { eraseContact(input: $in) { certificate { id state counts { kind count } } userErrors { code field message } } }`,
			input("contactId", e.contactID)), "eraseContact")
		if text(done, "certificate", "state") != "ROWS_ERASED" {
			t.Fatalf("%+v", done)
		}
		// AC-17: of what was done to the contact the audit log keeps that it was erased; who fetched
		// everything of it did so of someone.
		if about := a.entriesOf(map[string]any{"subjectId": e.contactID}); len(about) != 1 || text(about[0], "action") != "CONTACT_ERASED" {
			t.Errorf("about the contact: %v", about)
		}
		if fetched := a.entriesOf(map[string]any{"actions": []string{"EXPORTED"}}); len(fetched) == 0 || text(fetched[0], "detail") != "contact.zip" || at(fetched[0], "subjectId") != nil {
			t.Errorf("exported: %v", fetched)
		}
		for _, e := range a.entriesOf(map[string]any{"actions": []string{"CONTACT_MERGED", "CONTACT_ERASED"}}) {
			if changes, _ := at(e, "changes").([]any); len(changes) > 0 || text(e, "action") == "CONTACT_MERGED" && at(e, "subjectId") != nil {
				t.Errorf("of a merge is left: %v", e)
			}
			if text(e, "action") == "CONTACT_ERASED" && !strings.HasPrefix(text(e, "credentialId"), "token_") {
				t.Errorf("erased by no token: %v", e)
			}
		}
		counts := map[string]any{}
		list, _ := at(done, "certificate", "counts").([]any)
		for _, one := range list {
			counts[text(one, "kind")] = at(one, "count")
		}
		for table, n := range map[string]float64{"contacts": 1, "conversations": 13, "tickets": 1, "deals": 1, "visitors": 2, "contact_emails": 4, "engagements": 7, "contact_merges": 3, "channel_senders": 1, "channel_messages": 4, "channel_files": 1, "blocks": 1, "page_views": 8, "library_openings": 1, "quotes": 1, "quote_versions": 2, "quote_views": 1, "quote_logos": 1} {
			if counts[table] != n {
				t.Errorf("%v of %s, want %v: %v", counts[table], table, n, counts)
			}
		}
		if left := m.inDatabase(t, s); len(left) > 0 {
			t.Errorf("rows have %v", left)
		}
		e.othersStay()

		turned.Advance(26 * time.Hour)                                             // a day later, what was deleted is overwritten and files are gone
		overwrite := func() bool { return s.OverwriteDeleted(t.Context()) == nil } // unless someone reads just then
		a.until("a round of overwriting ends", overwrite)
		// The program's own round may have begun before the erasure: then that one was ended.
		turned.Advance(26 * time.Hour)
		a.until("a round of overwriting begins and ends", overwrite)
		blobs, err := blob.Open(t.Context(), "", a.dataDir)
		must(t, err)
		keys, err := secret.Parse(secret.GenerateKey())
		must(t, err)
		must(t, attachment.New(s, blobs, keys, nil, "", attachment.Options{}).RemoveOrphans(t.Context()))
		must(t, blobs.Close())
		state := a.do(adminToken, `query($id: ID!) { erasure(id: $id) { state rowsErasedAt actor { ... on User { displayName } } } erasures { nodes { id } } }`,
			map[string]any{"id": text(done, "certificate", "id")})
		if text(state, "erasure", "state") != "ERASED" || text(state, "erasures", "nodes", 0, "id") != text(done, "certificate", "id") {
			t.Errorf("the certificate: %v", state)
		}
		if left := m.inFolder(t, a.dataDir); len(left) > 0 {
			t.Errorf("files have %v", left)
		}
		if folder == "." || folder == "" {
			return
		}
		backup := filepath.Join(folder, "backup.db")
		raw, err := sql.Open("sqlite3", filepath.Join(folder, "parley.db"))
		must(t, err)
		_, err = raw.ExecContext(t.Context(), "VACUUM INTO '"+backup+"'")
		must(t, errors.Join(err, raw.Close()))
		if left := m.inFolder(t, folder); len(left) > 0 {
			t.Errorf("the database, its log or the back-up has %v; rows have %v", left, m.inDatabase(t, s))
		}
	})
}

// erasing is a contact with data everywhere.
type erasing struct {
	*api
	*marks
	turned           *clock.Turned
	contactID, email string
	archive          []string // marks that an archive has
	notes            []string // marks that are not the contact's: the team's own, and others'
	inFiles          []string // marks that are in files alone
	others           chat     // a conversation that is none of theirs
	thread           string
	group            string // a custom channel's thread of others
}

// must does a mutation that succeeds, and returns its payload.
func (e *erasing) must(token, mutation, inputType, selection string, pairs ...any) any {
	e.t.Helper()
	done := e.do(token, "mutation($in: "+inputType+"!) { "+mutation+"(input: $in) { "+selection+" userErrors { code field message } } }", input(pairs...))
	if problems, _ := at(done, mutation, "userErrors").([]any); len(problems) > 0 {
		e.t.Fatalf("%s: %v", mutation, problems)
	}
	return at(done, mutation)
}

// plant puts marks wherever a contact's data can lie.
func (e *erasing) plant() {
	e.t.Helper()
	e.plantContact()
	site := e.channel()
	e.plantChat(site)
	box := e.mailbox("support@shop.example")
	e.plantMail(box)
	e.plantRecords()
	e.plantGroup()
	e.plantMore(site, box)
	e.archive = append(e.archive, e.planted...)
	e.others = site.chat("Another person's question")
}

func (e *erasing) plantContact() {
	for _, kind := range []string{"TEXT", "LONG_TEXT"} {
		e.must(adminToken, "createProperty", "CreatePropertyInput", "property { id }", "object", "CONTACT", "name", strings.ToLower(kind), "kind", kind)
	}
	e.email = e.mark("%s@person.example")
	made := e.must(adminToken, "createContact", "CreateContactInput", "contact { id }",
		"name", e.mark("Dora %s"), "firstName", e.mark("%s"), "lastName", e.mark("%s"), "jobTitle", e.mark("Head of %s"), "city", e.mark("%s town"),
		"externalId", e.mark("crm-%s"), "avatarUrl", e.mark("https://pictures.example/%s.png"),
		"emails", []map[string]any{{"email": e.email, "primary": true, "label": e.mark("%s")}, {"email": e.mark("%s@other.example")}},
		"phones", []map[string]any{{"number": "+43 1 5551234", "label": e.mark("%s")}},
		"properties", []map[string]any{{"name": "text", "text": e.mark("a %s value")}, {"name": "long_text", "text": e.mark("much about %s")}})
	e.contactID = text(made, "contact", "id")
	list := text(e.must(adminToken, "createContactList", "CreateContactListInput", "contactList { id }", "name", "Fair"), "contactList", "id")
	e.must(adminToken, "addContactsToList", "AddContactsToListInput", "contactList { id }", "contactListId", list, "contactIds", []string{e.contactID})
	e.upload(adminToken, `mutation($in: ImportContactsInput!) { importContacts(input: $in) { task { id } userErrors { message } } }`, "people.csv",
		"email,language\n"+e.email+",not a language "+e.mark("%s")+"\n", map[string]any{})
	e.notes = append(e.notes, e.planted[len(e.planted)-1])
}

func (e *erasing) plantChat(site *channel) {
	visitor := site.visitor()
	upload := e.upload(visitor, visitorUpload, e.mark("%s.txt"), e.mark("the file says %s"), map[string]any{})
	e.inFiles = append(e.inFiles, e.planted[len(e.planted)-1])
	began := e.must(visitor, "startChat", "StartChatInput", "conversation { id }", "targetedMessageId", site.shown, "text", e.mark("My question is %s"),
		"pageUrl", e.mark("https://shop.example/%s"), "email", e.email, "attachmentIds", []string{text(upload.Data, "uploadVisitorAttachment", "attachment", "id")})
	chat := text(began, "conversation", "id")
	e.must(adminToken, "linkContact", "LinkContactInput", "conversation { id }", "conversationId", chat, "contactId", e.contactID)
	e.must(visitor, "sendVisitorMessage", "SendVisitorMessageInput", "message { id }", "conversationId", chat, "text", e.mark("And also %s"))
	said := text(e.must(adminToken, "sendMessage", "SendMessageInput", "message { id }", "conversationId", chat, "text", e.mark("We know of %s")), "message", "id")
	e.must(adminToken, "editMessage", "EditMessageInput", "message { id }", "messageId", said, "text", e.mark("We meant %s"))
	e.must(adminToken, "sendMessage", "SendMessageInput", "message { id }", "conversationId", chat, "text", e.mark("Note that %s"), "note", true)
	e.plantOpening(chat)
	e.must(adminToken, "proposeReply", "ProposeReplyInput", "proposal { id }", "conversationId", chat, "markdown", e.mark("Propose %s"), "reason", e.mark("Because of %s"),
		"sources", []map[string]any{{"title": e.mark("Source %s")}})
	e.must(adminToken, "proposeAction", "ProposeActionInput", "proposal { id }", "conversationId", chat,
		"action", map[string]any{"createTicket": map[string]any{"conversationId": chat, "subject": e.mark("Ticket on %s")}})
	e.must(adminToken, "annotate", "AnnotateInput", "annotation { id }", "conversationId", chat, "kind", "SUMMARY", "value", e.mark("They ask for %s"))
	e.must(adminToken, "annotate", "AnnotateInput", "annotation { id }", "conversationId", chat, "kind", "SUMMARY", "value", e.mark("They ask again for %s"))
	e.must(adminToken, "annotate", "AnnotateInput", "annotation { id }", "conversationId", chat, "messageId", said, "kind", "intent", "value", e.mark("It says %s"))
	e.plantRun(site.inboxID, chat)
	e.must(adminToken, "saveDraft", "SaveDraftInput", "draft { id }", "conversationId", chat, "markdown", e.mark("A draft on %s"))
	e.notes = append(e.notes, e.planted[len(e.planted)-1])
}

// plantRun has a bot think about the chat.
func (e *erasing) plantRun(inboxID, chat string) {
	e.t.Helper()
	account, err := e.store.Strings(e.t.Context(), "SELECT account_id FROM conversations WHERE id = $1", chat)
	must(e.t, err)
	ctx := viewer.NewContext(e.t.Context(), viewer.System("test", account[0]))
	run := id.New(id.AgentRun)
	must(e.t, e.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(
			tx.Client.AgentRun.Create().SetID(run).SetInboxID(inboxID).SetConversationID(chat).SetBotID(id.New(id.Bot)).SetState(vocab.RunDone).SetTurn(1).
				SetReason(vocab.TurnByContact).SetCreatedAt(tx.Now()).SetEndedAt(tx.Now()).Exec(ctx),
			tx.Client.AgentStep.Create().SetID(id.New(id.AgentStep)).SetInboxID(inboxID).SetConversationID(chat).SetRunID(run).SetNumber(1).SetTurn(1).
				SetKind(vocab.StepThought).SetText(e.mark("They want %s")).SetCreatedAt(tx.Now()).Exec(ctx))
	}))
}

// plantOpening has a document of the chat opened by someone who says who they are.
func (e *erasing) plantOpening(chat string) {
	file := e.upload(adminToken, staffUpload, "prices.txt", "Two for one", map[string]any{"to": map[string]any{"conversationId": chat}})
	item := e.must(adminToken, "createLibraryItem", "CreateLibraryItemInput", "libraryItem { id }", "kind", "DOCUMENT", "name", "Prices", "asksForEmail", true,
		"attachmentIds", []string{text(file.Data, "uploadAttachment", "attachment", "id")})
	sent := e.must(adminToken, "sendMessage", "SendMessageInput", "message { cards { url } }", "conversationId", chat, "libraryItemIds", []string{text(item, "libraryItem", "id")})
	e.turned.Advance(10 * time.Second)
	if got := e.fetches(text(at(sent, "message", "cards", 0), "url"), url.Values{"email": {e.mark("%s@reader.example")}}); !strings.Contains(got.body, "prices.txt") {
		e.t.Errorf("the document: %d %s", got.status, got.body)
	}
}

const fromThem = `From: %[1]s <%[2]s>
To: support@shop.example
Subject: %[3]s
Message-ID: <%[4]s@mail.example>
In-Reply-To: %[5]s
Date: Mon, 16 Nov 2026 11:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

%[6]s

> %[7]s
--b
Content-Type: text/plain; name=%[8]s.txt
Content-Disposition: attachment; filename=%[8]s.txt

%[9]s
--b--
`

// mails has the contact write a mail, in answer to another or not.
func (e *erasing) mails(m *mailbox, answer string) {
	m.forward(e.email, fmt.Sprintf(fromThem, e.mark("Dora %s"), e.email, e.mark("About %s"), e.mark("%s"), answer, e.mark("I write of %s"), e.mark("quoted %s"), e.mark("%s"), e.mark("contents %s")))
	e.inFiles = append(e.inFiles, e.planted[len(e.planted)-1])
}

func (e *erasing) plantMail(m *mailbox) {
	e.mails(m, "")
	own := at(m.conversations("ALL", 1)[0], "id")
	e.must(adminToken, "sendMessage", "SendMessageInput", "message { id }", "conversationId", own, "text", e.mark("Our answer on %s"))
	m.forward("ada@example.com", strings.Replace(question, "To: support@shop.example\n", "To: support@shop.example\nCc: "+e.mark("Dora %s")+" <"+e.email+">\n", 1))
	e.notes = append(e.notes, e.planted[len(e.planted)-1]) // another wrote it
	for _, c := range m.conversations("ALL", 2) {
		if at(c, "id") != own {
			e.thread = text(c, "id")
		}
	}
	e.mails(m, "<question@mail.example.com>")
	e.until("the answer is in the thread", func() bool {
		got := e.do(adminToken, `query($id: ID!) { conversation(id: $id) { messageCount } }`, map[string]any{"id": e.thread})
		return at(got, "conversation", "messageCount") == float64(2)
	})
	e.must(adminToken, "sendMessage", "SendMessageInput", "message { id }", "conversationId", e.thread, "text", "An answer to both", "replyAll", true)
}

// plantGroup has the contact write among others in a thread of a custom channel, and in one that
// is another contact's by hand.
func (e *erasing) plantGroup() {
	e.t.Helper()
	m := e.medium(nil)
	e.group = m.begun("group")
	key := e.mark("key-%s")
	them := map[string]any{"key": key, "name": e.mark("Dora %s"), "email": e.mark("%s@medium.example"), "phone": "+43 1 " + e.mark("%s")}
	first := m.brings("group", "2", e.mark("In the group I say %s"), "sender", them, "files", []any{map[string]any{"url": "http://127.0.0.1:9/a", "fileName": e.mark("%s.pdf")}})
	e.notes = append(e.notes, e.planted[len(e.planted)-1]) // it was not to be had
	m.brings("group", e.mark("id-%s"), e.mark("And also %s"), "sender", them)
	e.notes = append(e.notes, e.planted[len(e.planted)-2])
	m.brings("group", "4", "Others say this")
	own := text(m.brings(key, "1", "Alone", "sender", them), "conversation", "id")
	other := text(e.must(adminToken, "createContact", "CreateContactInput", "contact { id }", "name", "Someone else"), "contact", "id")
	e.must(adminToken, "linkContact", "LinkContactInput", "conversation { id }", "conversationId", own, "contactId", other)
	sender, err := e.store.Strings(e.t.Context(), "SELECT author_id FROM messages WHERE id = '"+text(first, "message", "id")+"'")
	must(e.t, err)
	e.must(adminToken, "mergeContacts", "MergeContactsInput", "contact { id }", "intoContactId", e.contactID, "contactIds", sender)
}

func (e *erasing) plantRecords() {
	e.must(adminToken, "createTicket", "CreateTicketInput", "ticket { id }", "contactId", e.contactID, "subject", "Ticket", "description", "It is broken",
		"properties", []map[string]any{{"name": "where", "value": e.mark("%s")}}, "externalId", e.mark("t-%s"))
	e.must(adminToken, "logEngagement", "LogEngagementInput", "engagement { id }", "contactId", e.contactID, "kind", "NOTE", "body", map[string]any{"note": map[string]any{"text": e.mark("Likes %s")}})
	other := e.must(adminToken, "createContact", "CreateContactInput", "contact { id }", "name", e.mark("Double %s"), "email", e.mark("%s@double.example"))
	e.must(adminToken, "mergeContacts", "MergeContactsInput", "contact { id }", "intoContactId", e.contactID, "contactIds", []string{text(other, "contact", "id")})
	e.plantQuote()
	e.must(adminToken, "createDeal", "CreateDealInput", "deal { id }", "contactId", e.contactID, "name", "Deal",
		"properties", []map[string]any{{"name": "why", "value": e.mark("%s")}}, "externalId", e.mark("d-%s"))
}

// plantQuote makes a quote for the contact, which is read and accepted, changed and declined.
func (e *erasing) plantQuote() {
	line := map[string]any{"name": e.mark("Lamp of %s"), "description": e.mark("bright %s"), "unitPrice": "12.50"}
	logo := e.upload(adminToken, staffUpload, "logo.png", picture(e.t, 2, 2)+e.mark("behind the picture is %s"), map[string]any{"to": map[string]any{"conversationId": e.thread}})
	e.inFiles = append(e.inFiles, e.planted[len(e.planted)-1])
	made := e.must(adminToken, "createQuote", "CreateQuoteInput", "quote { id }", "contactId", e.contactID, "senderLogoId", text(logo.Data, "uploadAttachment", "attachment", "id"), "title", e.mark("Quote for %s"), "currency", "EUR",
		"reference", e.mark("ref %s"), "terms", e.mark("Terms of %s"), "recipientAddress", e.mark("Street %s"), "lines", []any{line}, "externalId", e.mark("q-%s"))
	quoteID := text(made, "quote", "id")
	link := text(e.must(adminToken, "publishQuote", "PublishQuoteInput", "quote { url }", "quoteId", quoteID), "quote", "url")
	e.turned.Advance(10 * time.Second)
	opening := pageOf.FindStringSubmatch(e.fetches(link, nil).body)
	e.fetches(link+"/seen", url.Values{"opening": {opening[1]}, "seconds": {"0"}})
	e.fetches(link+"/accept", url.Values{"version": {"1"}, "name": {e.mark("Dora %s")}, "agree": {"1"}})
	e.must(adminToken, "updateQuote", "UpdateQuoteInput", "quote { id }", "quoteId", quoteID, "title", e.mark("Second for %s"))
	e.must(adminToken, "publishQuote", "PublishQuoteInput", "quote { url }", "quoteId", quoteID)
	e.fetches(link+"/decline", url.Values{"version": {"2"}, "reason": {e.mark("No %s")}})
}

// fetchArchive checks what an archive has.
func (e *erasing) fetchArchive() {
	e.t.Helper()
	got := e.found(e.readArchive())
	for _, word := range e.archive {
		if !slices.Contains(got, word) && !slices.Contains(e.notes, word) {
			e.t.Errorf("the archive lacks %s of %q", word, e.texts[word])
		}
	}
}

// readArchive is all that an archive of the contact has, with its files' names.
func (e *erasing) readArchive() string {
	e.t.Helper()
	made := e.must(adminToken, "exportContactData", "ExportContactDataInput", "url", "contactId", e.contactID)
	raw := e.fetch(text(made, "url"))
	read, err := zip.NewReader(strings.NewReader(raw), int64(len(raw)))
	must(e.t, err)
	var all bytes.Buffer
	for _, f := range read.File {
		all.WriteString(f.Name + "\n")
		from, err := f.Open()
		must(e.t, err)
		_, err = all.ReadFrom(from)
		must(e.t, err)
	}
	return all.String()
}

// othersStay checks that what others wrote is as it was.
func (e *erasing) othersStay() {
	e.t.Helper()
	if got, want := (&medium{api: e.api}).shown(e.group), "INCOMING Hello DELIVERED; INCOMING Others say this DELIVERED"; got != want {
		e.t.Errorf("the group has %s, want %s", got, want)
	}
	got := e.do(adminToken, `query($id: ID!, $chat: ID!) { conversation(id: $id) { subject preview contact { email } participants { nodes { address } }
		messages { nodes { text deletedAt email { to cc rawUrl } } } } chat: conversation(id: $chat) { messageCount } }`,
		map[string]any{"id": e.thread, "chat": e.others.conversationID})
	first, second, third := at(got, "conversation", "messages", "nodes", 0), at(got, "conversation", "messages", "nodes", 1), at(got, "conversation", "messages", "nodes", 2)
	if text(first, "text") == "" || at(second, "deletedAt") == nil || text(third, "text") != "An answer to both" ||
		text(got, "conversation", "contact", "email") != "ada@example.com" || text(got, "conversation", "preview") != "An answer to both" || at(got, "chat", "messageCount") != 1.0 {
		e.t.Errorf("what others wrote: %v", got)
	}
}
