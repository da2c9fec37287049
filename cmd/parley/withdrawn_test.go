package main

import (
	"context"
	"testing"

	"parley/internal/clock"
	"parley/internal/mail"
	"parley/internal/store"
	"parley/internal/viewer"
)

// CR-5: a letter that waits is withdrawn when the contact or the visitor whom it is about is
// erased; others go out.
func TestErasedGetNoLetter(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		c := a.channel()
		people := map[string]mail.About{}
		account := text(a.do(adminToken, `{ viewer { account { id } } }`, nil), "viewer", "account", "id")
		for _, name := range []string{"dora", "eve"} {
			talk := c.chat("Hello, it is " + name)
			a.do(talk.visitor, `mutation($in: CaptureVisitorEmailInput!) { captureVisitorEmail(input: $in) { userErrors { message } } }`, input("email", name+"@example.net"))
			found := a.do(adminToken, `query($id: ID!) { conversation(id: $id) { contact { id } visitor { id } } }`, map[string]any{"id": talk.conversationID})
			people[name] = mail.About{AccountID: account, ContactID: text(found, "conversation", "contact", "id"), VisitorID: text(found, "conversation", "visitor", "id")}
		}
		a.do(adminToken, `mutation($in: EraseContactInput!) { eraseContact(input: $in) { userErrors { message } } }`, input("contactId", people["dora"].ContactID))
		post := func(subject string, about mail.About) {
			err := a.store.WithTx(viewer.NewContext(t.Context(), viewer.System("test", account)), func(_ context.Context, tx *store.Tx) error {
				mail.Post(tx, mail.Notice{To: "somebody@example.net", Subject: subject, Text: "…", About: &about})
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		post("Withdrawn 1", people["dora"])
		post("Withdrawn 2", mail.About{AccountID: account, ContactID: people["dora"].ContactID})
		post("Withdrawn 3", mail.About{AccountID: account, VisitorID: people["dora"].VisitorID})
		post("Sent 1", people["eve"])
		post("Sent 2", mail.About{AccountID: account, ContactID: people["eve"].ContactID})
		a.transcripts("Sent", 2)
		a.until("nothing waits", func() bool {
			waiting, err := a.store.Numbers(t.Context(), "SELECT COUNT(*) FROM river_job WHERE kind = 'send-mail' AND state IN ('available', 'running', 'retryable', 'scheduled')")
			if err != nil {
				t.Fatal(err)
			}
			return waiting[0] == 0
		})
		a.transcripts("Withdrawn", 0)
	})
}
