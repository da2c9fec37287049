package desk

import (
	"context"
	"errors"

	"parley/ent"
	"parley/ent/emailchannel"
	"parley/internal/conversation"
	"parley/internal/library"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Conversations returns the use cases of conversations. What a test leaves out of
// the dependencies refuses whatever is asked of it.
func Conversations(s *store.Store, d conversation.Deps) *conversation.Service {
	if d.Viewers == nil {
		d.Viewers = &Viewers{}
	}
	if d.Outbox == nil {
		d.Outbox = refusing{}
	}
	if d.Contacts == nil {
		d.Contacts = refusing{}
	}
	if d.Attachments == nil {
		d.Attachments = refusing{}
	}
	if d.Library == nil {
		d.Library = library.New(s, "https://parley.example.com")
	}
	return conversation.New(s, d)
}

// errLeftOut says what a test has to compose.
var errLeftOut = errors.New("this test left out the outbox, the contacts or the attachments that its conversations need")

// refusing stands in for dependencies that a test left out.
type refusing struct{}

// Queue fails: the test has no outbox.
func (refusing) Queue(context.Context, *store.Tx, *ent.Conversation, *ent.Message, conversation.Outgoing) error {
	return errLeftOut
}

// FindOrCreateByEmail fails: the test has no contacts.
func (refusing) FindOrCreateByEmail(context.Context, *store.Tx, string, vocab.ContactSource) (*ent.Contact, bool, error) {
	return nil, false, errLeftOut
}

// Introduce fails: the test has no contacts.
func (refusing) Introduce(context.Context, *store.Tx, string, string) error { return errLeftOut }

// Claim fails: the test has no files.
func (refusing) Claim(context.Context, *store.Tx, []string, *ent.Conversation, string) error {
	return errLeftOut
}

// Copy fails for files: the test has none.
func (refusing) Copy(_ context.Context, _ *store.Tx, files []*ent.LibraryFile, _ *ent.Conversation, _ string, _ int) ([]string, error) {
	if len(files) > 0 {
		return nil, errLeftOut
	}
	return nil, nil
}

// KeepForDraft fails for files: the test has none.
func (refusing) KeepForDraft(_ context.Context, _ *store.Tx, ids []string, _ *ent.Conversation, _ string) (bool, error) {
	if len(ids) > 0 {
		return false, errLeftOut
	}
	return false, nil
}

// LeaveDraft does nothing: no draft has files.
func (refusing) LeaveDraft(context.Context, *store.Tx, string) error { return nil }

// NoMailboxes is inbox.Mailboxes for inboxes without e-mail channels: it refuses
// to release those of any other.
type NoMailboxes struct{}

// Release fails where the inbox has an e-mail channel.
func (NoMailboxes) Release(ctx context.Context, tx *store.Tx, inboxID string) error {
	found, err := tx.Client.EmailChannel.Query().Where(emailchannel.InboxID(inboxID)).Exist(ctx)
	if err == nil && found {
		err = errors.New("this test left out the settings of e-mail that its inbox needs")
	}
	return err
}
