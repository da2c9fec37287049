package receive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"parley/ent"
	"parley/ent/emailchannel"
	"parley/ent/inboundmail"
	"parley/ent/message"
	"parley/internal/attachment"
	"parley/internal/channel/email/settings"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/job"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// answerAttempts is how often an answer is tried before its user is written that it failed.
	answerAttempts = 8
	// answerOf begins the note of a mail that is to be sent, with its user.
	answerOf = "answer of "
	// answerWithin is how long after its mail came an answer may be sent: shorter than the key,
	// and the id, by which it is sent once hold.
	answerWithin = 20 * time.Hour
	// answerOverdue is after how long an answer is sent whose job is gone.
	answerOverdue = 3 * time.Hour
)

// Viewers reports what a user may do now. Package account implements it.
type Viewers interface {
	ViewerOf(ctx context.Context, accountID, actorID, tokenID string) (*viewer.Viewer, error)
}

// UseViewers has users answer notifications by mail. It is called before the queue starts.
func (s *Service) UseViewers(v Viewers) { s.viewers = v }

// Sentences are what the mails of notifications say. Package notification implements it.
type Sentences interface {
	// Sentences are how what a user's mails say of a conversation begins.
	Sentences(ctx context.Context, userID, conversationID string) ([]string, error)
}

// UseSentences has answers be searched for what they quote of a notification. It is called before
// the queue starts.
func (s *Service) UseSentences(n Sentences) { s.sentences = n }

// Register has the queue send what users answer by mail.
func (s *Service) Register(q *job.Queue) {
	job.Register(q, s.RunAnswer, job.Options{MaxAttempts: answerAttempts, Timeout: 5 * time.Minute})
}

// AnswerArgs ask to send what a user answered to a notification by mail.
type AnswerArgs struct {
	AccountID      string `json:"accountId"`
	MailID         string `json:"mailId"`
	UserID         string `json:"userId"`
	ConversationID string `json:"conversationId"`
}

// Kind names the job.
func (AnswerArgs) Kind() string { return "answer-by-mail" }

// errNotSent is why an answer is not sent, in words for its user.
type errNotSent string

// Error says why.
func (e errNotSent) Error() string { return string(e) }

// RunAnswer sends an answer as its user, once, or writes to them why it was not. It is the
// queue's worker.
func (s *Service) RunAnswer(ctx context.Context, args AnswerArgs) error {
	ctx = settings.InAccount(ctx, args.AccountID)
	row, err := s.store.Client(ctx).InboundMail.Get(ctx, args.MailID)
	if ent.IsNotFound(err) || err == nil && row.State != vocab.InboundAnswer {
		return nil
	}
	if err != nil {
		return err
	}
	return s.answerMail(ctx, row, args, job.LastAttempt(ctx))
}

// answerMail sends an answer, or settles that it is not sent; an error if it may be tried again,
// unless this is the last time.
func (s *Service) answerMail(ctx context.Context, row *ent.InboundMail, args AnswerArgs, last bool) error {
	if isPurged(row) { // its conversation was erased meanwhile
		return s.settleAnswer(ctx, row, vocab.InboundRefused, "", "", nil)
	}
	subject, said, messageID, err := s.readAndSend(ctx, row, args)
	if fault := errs.Of(err); fault != nil && fault.Code != errs.Unavailable && fault.Code != errs.Internal {
		err = errNotSent(wordsOf(fault))
	}
	var why errNotSent
	switch {
	case err == nil:
		return s.settleAnswer(ctx, row, vocab.InboundAnswered, messageID, "", nil)
	case errors.As(err, &why):
	case last:
		s.o.Log.ErrorContext(ctx, "an answer to a notification was given up", "mail", row.ID, "error", err)
		why = "it failed several times."
	default:
		return err
	}
	s.o.Log.InfoContext(ctx, "an answer to a notification was not sent", "mail", row.ID, "why", string(why))
	return s.settleAnswer(ctx, row, vocab.InboundRefused, "", string(why), func(ctx context.Context, tx *store.Tx) error {
		u, err := tx.Client.User.Get(ctx, args.UserID)
		if err != nil {
			return ent.MaskNotFound(err)
		}
		return s.writeRefusal(ctx, tx, refusal{answer{user: u, proved: true}, args.ConversationID, subject, string(why), richtext.Clip(said, 5_000)})
	})
}

// readAndSend reads an answer as it came, and sends it; it returns what it says, as far as it
// came to that, and the message that it became.
func (s *Service) readAndSend(ctx context.Context, row *ent.InboundMail, args AnswerArgs) (subject, said, messageID string, err error) {
	defer recoverPanic(&err)
	raw, err := s.blobs.ReadAll(ctx, row.BlobKey, maxRaw)
	if err != nil {
		return "", "", "", fmt.Errorf("read an answer: %w", err)
	}
	r := s.readMail(row, raw, false)
	r.row = row
	r.takeAbove()
	subject, said = r.mail.Subject, r.text
	messageID, err = s.sendAnswer(ctx, r, args)
	return subject, said, messageID, err
}

// answerOverdueMails sends what was to be sent, and whose job is gone.
func (s *Service) answerOverdueMails(ctx context.Context) error {
	until, last := int64(s.store.Now().Add(-answerOverdue)), ""
	for ctx.Err() == nil {
		overdue, err := s.store.Strings(ctx, `SELECT account_id || ' ' || id FROM inbound_mails
			WHERE state = 'ANSWER' AND created_at < $1 AND id > $2 ORDER BY id LIMIT 500`, until, last)
		if err != nil || len(overdue) == 0 {
			return err
		}
		for _, m := range overdue {
			var accountID string
			accountID, last, _ = strings.Cut(m, " ")
			inside := settings.InAccount(ctx, accountID)
			row, err := s.store.Client(inside).InboundMail.Get(inside, last)
			if err == nil && row.State == vocab.InboundAnswer {
				args := AnswerArgs{AccountID: accountID, MailID: row.ID, UserID: strings.TrimPrefix(row.Error, answerOf), ConversationID: row.ConversationID}
				err = s.answerMail(inside, row, args, s.tooLate(row))
			}
			if err != nil && !ent.IsNotFound(err) {
				s.o.Log.WarnContext(inside, "an answer to a notification could not be sent yet", "mail", last, "error", err)
			}
		}
	}
	return ctx.Err()
}

// tooLate reports whether a mail came so long ago that it is not sent any more.
func (s *Service) tooLate(row *ent.InboundMail) bool {
	return row.CreatedAt < s.store.Now().Add(-answerWithin)
}

// settleAnswer notes what became of an answer, and does what follows, once.
func (s *Service) settleAnswer(ctx context.Context, row *ent.InboundMail, state vocab.InboundState, messageID, note string, then func(context.Context, *store.Tx) error) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Client.InboundMail.Update().Where(inboundmail.ID(row.ID), inboundmail.StateEQ(vocab.InboundAnswer)).SetState(state).SetMessageID(messageID).SetError(note).Save(ctx)
		if err != nil || n == 0 || then == nil {
			return err
		}
		return then(ctx, tx)
	})
}

// wordsOf says a fault of the API's to whoever wrote a mail.
func wordsOf(fault *errs.Error) string {
	switch fault.Code {
	case errs.ConversationClosed:
		return "the chat is closed."
	case errs.SenderBlocked:
		return "the contact is blocked."
	case errs.ChannelNotConnected:
		return "the conversation's channel is not connected."
	case errs.NotFound:
		return "the conversation is no longer there for you."
	}
	return "of this: " + fault.Error()
}

// sendAnswer sends an answer: as a note, if it begins with noteMark. The same mail sends it
// once, whatever channels it came by. It returns the message.
func (s *Service) sendAnswer(ctx context.Context, r *reading, args AnswerArgs) (messageID string, err error) {
	if sent, messageID, err := s.wasAnswered(ctx, r.row); err != nil || sent {
		return messageID, err
	}
	if s.tooLate(r.row) {
		return "", errNotSent("it could not be sent in time.")
	}
	asUser, c, err := s.mayAnswer(ctx, args)
	if err != nil {
		return "", err
	}
	in, err := s.messageOf(asUser, r, args)
	if err != nil {
		return "", err
	}
	key, own := "mail "+r.identity, answerID(r.row)
	in.Target, in.ID = conversation.Target{ConversationID: c.ID, IdempotencyKey: &key}, &own
	if in.AttachmentIDs, err = s.uploadFiles(asUser, c, r); err != nil {
		return "", err
	}
	if r.html != "" {
		in.HTML = &r.html
	}
	m, _, err := s.conversations.SendMessage(asUser, in)
	if fault := errs.Of(err); fault != nil && fault.Code == errs.Conflict && len(fault.Field) > 0 && fault.Field[0] == "idempotencyKey" {
		return "", nil // the mail came by another way as well, and says something else there
	}
	if err != nil {
		return "", err
	}
	return m.ID, nil
}

// answerID is the id of the message that a mail becomes, so that it becomes one once.
func answerID(row *ent.InboundMail) string {
	uuid, _ := id.Bytes(row.ID)
	return id.FromBytes(id.Message, uuid)
}

// wasAnswered reports whether a mail was sent before, also if it came by another way, and as
// which message.
func (s *Service) wasAnswered(ctx context.Context, row *ent.InboundMail) (sent bool, messageID string, err error) {
	client := s.store.Client(ctx)
	sent, err = client.Message.Query().Where(message.ID(answerID(row))).Exist(ctx)
	if err != nil || sent || row.Likeness == "" {
		return sent, answerID(row), err
	}
	twin, err := client.InboundMail.Query().Where(inboundmail.InboxID(row.InboxID), inboundmail.Likeness(row.Likeness), inboundmail.StateEQ(vocab.InboundAnswered)).First(ctx)
	if err != nil {
		return false, "", ent.MaskNotFound(err)
	}
	return true, twin.MessageID, nil
}

// messageOf is what an answer says, without its files; errNotSent if that is nothing, or may be
// something else than its user meant.
func (s *Service) messageOf(asUser context.Context, r *reading, args AnswerArgs) (in conversation.SendMessageInput, err error) {
	if why := r.isWhole(); why != "" {
		return in, errNotSent(why)
	}
	said, note, err := r.asNote()
	if err != nil {
		return in, err
	}
	if said == "" {
		return in, errNotSent("it says nothing above what it quotes: only what stands there is sent.")
	}
	sentences, err := s.sentences.Sentences(asUser, args.UserID, args.ConversationID)
	if err != nil {
		return in, err
	}
	if keepsNotification(r.text+"\n"+r.html, sentences) {
		return in, errNotSent("it still has something of the notification in it: write above what it quotes, and take the rest out.")
	}
	in.Note = note
	if note {
		r.html = ""
	}
	if r.html == "" {
		in.Text = &said
	}
	return in, nil
}

// mayAnswer is a context of the user's, and the conversation that they answer; errNotSent if
// they may not.
func (s *Service) mayAnswer(ctx context.Context, args AnswerArgs) (context.Context, *ent.Conversation, error) {
	v, err := s.viewers.ViewerOf(ctx, args.AccountID, args.UserID, "")
	if errs.Is(err, errs.Forbidden) {
		return nil, nil, errNotSent("you are no longer a user of Parley there.")
	}
	if err != nil {
		return nil, nil, err
	}
	client := s.store.Client(ctx)
	c, err := client.Conversation.Get(ctx, args.ConversationID)
	if ent.IsNotFound(err) {
		return nil, nil, errNotSent("the conversation is no longer there.")
	}
	if err != nil {
		return nil, nil, err
	}
	i, err := client.Inbox.Get(ctx, c.InboxID)
	switch {
	case err != nil:
		return nil, nil, err
	case !v.InInbox(c.InboxID):
		return nil, nil, errNotSent("you are no longer a member of the conversation's inbox.")
	case c.DeletedAt.IsSet():
		return nil, nil, errNotSent("the conversation is in the trash.")
	case !i.Settings.AnswersByMail:
		return nil, nil, errNotSent("the inbox does not allow answers by e-mail.")
	}
	as := *v
	as.Scopes = []string{"*"}
	return viewer.NewContext(ctx, &as), c, nil
}

// uploadFiles keeps the files of an answer, but for pictures of what it only quotes; HTML that
// shows one names it by its new id.
func (s *Service) uploadFiles(asUser context.Context, c *ent.Conversation, r *reading) (ids []string, err error) {
	shown, quoted := attachment.ReferencesIn(r.html), attachment.ReferencesIn(r.quoted)
	for i, part := range r.mail.Parts {
		_, contentType := attachment.Describe(part.FileName, part.Content)
		inline := shown.Take(part.ContentID, contentType)
		if !isMeant(part) || !inline && quoted.Take(part.ContentID, contentType) {
			continue
		}
		each := "mail " + r.row.ID + " " + strconv.Itoa(i)
		a, err := s.files.Upload(asUser, attachment.UploadInput{
			ConversationID: c.ID, File: bytes.NewReader(part.Content), FileName: part.FileName, Size: int64(len(part.Content)), IdempotencyKey: &each,
		})
		if err != nil {
			return nil, err
		}
		ids = append(ids, a.ID)
		if inline {
			r.html = strings.ReplaceAll(r.html, "cid:"+part.ContentID, "cid:"+a.ID)
		}
	}
	return ids, nil
}

// AnswerAddress is where an answer to the mail of a notification of a conversation goes, and
// what it refers to: an e-mail channel of its inbox, which allows it. "": there is none.
func (s *Service) AnswerAddress(ctx context.Context, client *ent.Client, c *ent.Conversation, notificationID string) (address, reference string, err error) {
	i, err := client.Inbox.Get(ctx, c.InboxID)
	if err != nil || !i.Settings.AnswersByMail {
		return "", "", ent.MaskNotFound(err)
	}
	boxes, err := client.EmailChannel.Query().Where(emailchannel.InboxID(c.InboxID), emailchannel.StateEQ(vocab.EmailConnected), emailchannel.RemovedAt(0)).Order(emailchannel.ByID()).All(ctx)
	if err != nil {
		return "", "", err
	}
	for _, box := range boxes {
		with, ok := s.tokens.NotificationAddress(box.Address, notificationID)
		if ok && (address == "" || box.ID == c.ChannelID) {
			address, reference = with, s.tokens.NotificationReference(notificationID, box.Address[strings.LastIndexByte(box.Address, '@')+1:])
		}
	}
	return address, reference, nil
}
