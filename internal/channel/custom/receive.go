package custom

import (
	"context"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"net/url"

	"parley/ent"
	"parley/ent/channelsender"
	"parley/ent/customchannel"
	"parley/internal/account"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/loader"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// maxKey is the most characters of an id of the medium's.
	maxKey = 200
	// maxFiles is how many files of a message are fetched.
	maxFiles = 20
)

// Receive brings a message into its thread's conversation (CC-2): once, however often it
// comes. Errors: NOT_FOUND on channelId; REQUIRED and INVALID on what they are about.
func (s *Service) Receive(ctx context.Context, in ReceiveMessageInput) (*conversation.Received, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	channel, err := findChannel(ctx, s.store.Client(ctx), in.ChannelID)
	if err != nil {
		return nil, err
	}
	call := idempotency.Call{Mutation: "receiveMessage", Key: in.IdempotencyKey, Input: in, Result: id.New(id.Message)}
	var got *conversation.Received
	take := func(ctx context.Context, tx *store.Tx) (err error) {
		got, err = s.receive(system(ctx), tx, channel, call.Result, in)
		return err
	}
	err = idempotency.Run(ctx, s.store, call, take, func(ctx context.Context, tx *store.Tx, _ string) error { return take(ctx, tx) })
	if err != nil {
		return nil, err
	}
	return got, nil
}

func (in ReceiveMessageInput) isEcho() bool {
	return in.Direction != nil && *in.Direction == vocab.ReceivedEcho
}

// check refuses ids that are none, and a message of no one.
func (in ReceiveMessageInput) check() error {
	if err := checkKey(in.ExternalThreadID, "externalThreadId"); err != nil {
		return err
	}
	if err := checkKey(in.ExternalMessageID, "externalMessageId"); err != nil {
		return err
	}
	if in.Sender == nil && !in.isEcho() {
		return errs.New(errs.Required, "Say who wrote the message.").On("sender")
	}
	if in.Sender != nil {
		if err := checkKey(in.Sender.Key, "sender", "key"); err != nil {
			return err
		}
	}
	return in.checkFiles()
}

func (in ReceiveMessageInput) checkFiles() error {
	if len(in.Files) > maxFiles {
		return errs.Exceeds(maxFiles, "A message may have at most %d files.", maxFiles).On("files")
	}
	for i, f := range in.Files {
		u, err := url.Parse(f.URL)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(f.URL) > 4_000 {
			return errs.New(errs.Invalid, "The file's address must be an http or https URL of at most 4,000 characters.").On("files", strconv.Itoa(i), "url")
		}
	}
	return nil
}

// checkKey refuses what is no id of a medium's.
func checkKey(key string, field ...string) error {
	switch n := utf8.RuneCountInString(key); {
	case strings.TrimSpace(key) == "":
		return errs.New(errs.Required, "An id of the medium has 1 to %d characters.", maxKey).On(field...)
	case n > maxKey:
		return errs.Exceeds(maxKey, "An id of the medium has at most %d characters, not %d.", maxKey, n).On(field...)
	case !store.Storable(key):
		return errs.New(errs.Invalid, "The id is not valid UTF-8, or contains a character that is not allowed in text.").On(field...)
	}
	return nil
}

func (s *Service) receive(ctx context.Context, tx *store.Tx, channel *ent.CustomChannel, messageID string, in ReceiveMessageInput) (*conversation.Received, error) {
	if err := recordSeen(ctx, tx, channel); err != nil {
		return nil, err
	}
	known, err := s.deps.Conversations.KnownForeign(ctx, tx, channel.ID, in.ExternalThreadID, in.ExternalMessageID)
	if known != nil || err != nil {
		return known, err
	}
	who, hint, err := s.findSender(ctx, tx, channel, in.Sender)
	if err != nil {
		return nil, err
	}
	f := conversation.Foreign{
		Channel: channel, MessageID: messageID, ThreadKey: in.ExternalThreadID, ExternalID: in.ExternalMessageID, Sender: who, Echo: in.isEcho(),
		Text: in.Text, HTML: in.HTML, Markdown: in.Markdown, AttachmentIDs: in.AttachmentIDs, Files: len(in.Files),
	}
	if in.ReplyToExternalMessageID != nil {
		f.ReplyTo = *in.ReplyToExternalMessageID
	}
	if in.SentAt != nil {
		f.At = *in.SentAt
	}
	got, err := s.deps.Conversations.ReceiveForeign(ctx, tx, f)
	if err != nil || got.Duplicate {
		return got, err
	}
	if err := s.keepFiles(ctx, tx, got.Message, in); err != nil {
		return nil, err
	}
	if hint == "" {
		return got, nil
	}
	got.Conversation, err = s.deps.Conversations.AddHint(ctx, tx, got.Conversation.ID, who, hint)
	return got, err
}

// findSender finds or makes who wrote, with their contact; nil: it is not known. hint is
// what the team should know of what the medium says of them; "": nothing new.
func (s *Service) findSender(ctx context.Context, tx *store.Tx, channel *ent.CustomChannel, in *MessageSenderInput) (who *ent.ChannelSender, hint string, err error) {
	if in == nil {
		return nil, "", nil
	}
	facts, err := in.facts()
	if err != nil {
		return nil, "", err
	}
	who, err = loadSender(ctx, tx, channel.ID, in.Key)
	if err != nil {
		return nil, "", err
	}
	if who == nil {
		// Of those who make the same sender, one does.
		if _, err := tx.Client.CustomChannel.Query().Where(customchannel.ID(channel.ID)).Modify(store.ForUpdate).Only(ctx); err != nil {
			return nil, "", err
		}
		if who, err = loadSender(ctx, tx, channel.ID, in.Key); err != nil {
			return nil, "", err
		}
	}
	if who == nil {
		who, err = s.makeSender(ctx, tx, channel, facts)
		return who, facts.hint(), err
	}
	contactID, err := s.contactOf(ctx, tx, who, facts)
	if err != nil {
		return nil, "", err
	}
	said := func() senderFacts { return senderFacts{who.ContactID, who.Name, who.AvatarURL, who.Email, who.Phone} }
	before := said()
	who.ContactID, who.Name, who.AvatarURL = contactID, orKeep(facts.Name, who.Name), orKeep(facts.AvatarURL, who.AvatarURL)
	who.Email, who.Phone = orKeep(facts.Email, who.Email), orKeep(facts.Phone, who.Phone)
	if before == said() {
		return who, "", nil
	}
	err = tx.Client.ChannelSender.UpdateOneID(who.ID).SetContactID(who.ContactID).SetName(who.Name).SetAvatarURL(who.AvatarURL).
		SetEmail(who.Email).SetPhone(who.Phone).Exec(ctx)
	if before.Email != who.Email || before.Phone != who.Phone {
		hint = facts.hint()
	}
	return who, hint, err
}

func orKeep(said, known string) string {
	if said == "" {
		return known
	}
	return said
}

func loadSender(ctx context.Context, tx *store.Tx, channelID, key string) (*ent.ChannelSender, error) {
	who, err := tx.Client.ChannelSender.Query().Where(channelsender.ChannelID(channelID), channelsender.Key(key)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return who, err
}

// contactOf is the sender's contact, held until the transaction ends; a new one if theirs
// was erased.
func (s *Service) contactOf(ctx context.Context, tx *store.Tx, who *ent.ChannelSender, facts senderFacts) (string, error) {
	if who.ContactID != "" {
		c, err := loader.HoldContact(ctx, tx, who.ContactID)
		if err == nil {
			return c.ID, s.deps.Contacts.Introduce(ctx, tx, c.ID, facts.Name)
		}
		if !ent.IsNotFound(err) {
			return "", err
		}
	}
	c, err := s.deps.Contacts.CreateForSender(ctx, tx, facts.Name, facts.AvatarURL)
	if err != nil {
		return "", err
	}
	return c.ID, nil
}

func (s *Service) makeSender(ctx context.Context, tx *store.Tx, channel *ent.CustomChannel, facts senderFacts) (*ent.ChannelSender, error) {
	c, err := s.deps.Contacts.CreateForSender(ctx, tx, facts.Name, facts.AvatarURL)
	if err != nil {
		return nil, err
	}
	return tx.Client.ChannelSender.Create().SetID(id.New(id.ChannelSender)).SetInboxID(channel.InboxID).SetChannelID(channel.ID).SetKey(facts.Key).
		SetContactID(c.ID).SetName(facts.Name).SetAvatarURL(facts.AvatarURL).SetEmail(facts.Email).SetPhone(facts.Phone).SetCreatedAt(tx.Now()).Save(ctx)
}

// senderFacts is what the medium says of a sender, cleaned.
type senderFacts struct{ Key, Name, AvatarURL, Email, Phone string }

func (in *MessageSenderInput) facts() (senderFacts, error) {
	f := senderFacts{Key: in.Key}
	var err error
	for _, x := range []struct {
		field string
		given *string
		into  *string
	}{{"name", in.Name, &f.Name}, {"phone", in.Phone, &f.Phone}} {
		if x.given != nil && strings.TrimSpace(*x.given) != "" {
			if *x.into, err = richtext.OneLine(*x.given, maxKey, "sender", x.field); err != nil {
				return f, err
			}
		}
	}
	if in.AvatarURL != nil {
		f.AvatarURL = *in.AvatarURL
	}
	if in.Email != nil && *in.Email != "" {
		if f.Email, err = account.CleanEmail(*in.Email, "email"); err != nil {
			return f, errs.Of(err).On("sender", "email")
		}
	}
	return f, nil
}

// hint says what the medium says of a sender, for the team; "": nothing.
func (f senderFacts) hint() string {
	var said []string
	if f.Email != "" {
		said = append(said, "the e-mail address "+f.Email)
	}
	if f.Phone != "" {
		said = append(said, "the telephone number "+f.Phone)
	}
	if len(said) == 0 {
		return ""
	}
	return "The channel says that this contact has " + strings.Join(said, " and ") + ". Nothing proves it."
}

// keepFiles has the files of a message fetched after the transaction.
func (s *Service) keepFiles(ctx context.Context, tx *store.Tx, m *ent.Message, in ReceiveMessageInput) error {
	for i, f := range in.Files {
		fileID := id.New("file")
		sealed, err := s.keys.Seal([]byte(f.URL), filePlace(fileID))
		if err != nil {
			return err
		}
		name := path.Base(f.URL)
		if u, err := url.Parse(f.URL); err == nil {
			name = path.Base(u.Path)
		}
		if f.FileName != nil && *f.FileName != "" {
			name = *f.FileName
		}
		err = tx.Client.ChannelFile.Create().SetID(fileID).SetInboxID(m.InboxID).SetConversationID(m.ConversationID).SetMessageID(m.ID).
			SetPosition(len(in.AttachmentIDs) + i + 1).SetURL(sealed).SetFileName(richtext.Clip(name, maxKey)).SetState(vocab.RemoteFilePending).
			SetDueAt(tx.Now()).SetCreatedAt(tx.Now()).Exec(ctx)
		if err != nil {
			return err
		}
	}
	if len(in.Files) > 0 {
		tx.Enqueue(store.Job{Args: FetchArgs{AccountID: m.AccountID}})
	}
	return nil
}
