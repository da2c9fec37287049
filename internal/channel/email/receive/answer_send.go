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
	"parley/internal/attachment"
	"parley/internal/channel/email/settings"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/job"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// refusalsWithin is the time of mostRefusals.
	refusalsWithin = time.Hour
	// noteMark begins what is a note for colleagues, and not for the contact.
	noteMark = "//"
	// answerAttempts is how often an answer is tried before its user is written that it failed.
	answerAttempts = 8
)

// Viewers reports what a user may do now. Package account implements it.
type Viewers interface {
	ViewerOf(ctx context.Context, accountID, actorID, tokenID string) (*viewer.Viewer, error)
}

// UseViewers has users answer notifications by mail. It is called before the queue starts.
func (s *Service) UseViewers(v Viewers) { s.viewers = v }

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
	raw, err := s.blobs.ReadAll(ctx, row.BlobKey, maxRaw)
	if err != nil {
		return fmt.Errorf("read an answer: %w", err)
	}
	r := s.readMail(row, raw, false)
	m, err := s.sendAnswer(ctx, r, args)
	if fault := errs.Of(err); fault != nil && fault.Code != errs.Unavailable && fault.Code != errs.Internal {
		err = errNotSent(wordsOf(fault))
	}
	var why errNotSent
	switch {
	case err == nil:
		return s.settleAnswer(ctx, row, vocab.InboundAnswered, m.ID, func(context.Context, *store.Tx) error { return nil })
	case errors.As(err, &why):
	case job.LastAttempt(ctx):
		s.o.Log.ErrorContext(ctx, "an answer to a notification was given up", "mail", row.ID, "error", err)
		why = "it failed several times."
	default:
		return err
	}
	s.o.Log.InfoContext(ctx, "an answer to a notification was not sent", "mail", row.ID, "why", string(why))
	return s.settleAnswer(ctx, row, vocab.InboundRefused, "", func(ctx context.Context, tx *store.Tx) error {
		u, err := tx.Client.User.Get(ctx, args.UserID)
		if err != nil {
			return ent.MaskNotFound(err)
		}
		return s.writeRefusal(ctx, tx, refusal{answer{user: u, proved: true}, args.ConversationID, r.mail.Subject, string(why), richtext.Clip(r.text, 5_000)})
	})
}

// settleAnswer notes what became of an answer, and does what follows, once.
func (s *Service) settleAnswer(ctx context.Context, row *ent.InboundMail, state vocab.InboundState, messageID string, then func(context.Context, *store.Tx) error) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Client.InboundMail.Update().Where(inboundmail.ID(row.ID), inboundmail.StateEQ(vocab.InboundAnswer)).SetState(state).SetMessageID(messageID).Save(ctx)
		if err != nil || n == 0 {
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
// once, whatever channels it came by.
func (s *Service) sendAnswer(ctx context.Context, r *reading, args AnswerArgs) (*ent.Message, error) {
	asUser, c, err := s.mayAnswer(ctx, args)
	if err != nil {
		return nil, err
	}
	key := "mail " + r.identity
	in := conversation.SendMessageInput{Target: conversation.Target{ConversationID: c.ID, IdempotencyKey: &key}}
	said := strings.TrimSpace(r.text)
	if words, is := strings.CutPrefix(said, noteMark); is {
		words = strings.TrimSpace(words)
		in.Note, in.Text = true, &words
		r.html = ""
	} else if r.html == "" {
		in.Text = &said
	}
	if in.AttachmentIDs, err = s.uploadFiles(asUser, c, r, key); err != nil {
		return nil, err
	}
	if r.html != "" {
		in.HTML = &r.html
	}
	if said == "" && len(in.AttachmentIDs) == 0 {
		return nil, errNotSent("it says nothing above what it quotes.")
	}
	m, _, err := s.conversations.SendMessage(asUser, in)
	return m, err
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
func (s *Service) uploadFiles(asUser context.Context, c *ent.Conversation, r *reading, key string) (ids []string, err error) {
	shown, quoted := attachment.ReferencesIn(r.html), attachment.ReferencesIn(r.quoted)
	for i, part := range r.mail.Parts {
		_, contentType := attachment.Describe(part.FileName, part.Content)
		inline := shown.Take(part.ContentID, contentType)
		if len(part.Content) == 0 || !inline && quoted.Take(part.ContentID, contentType) {
			continue
		}
		each := key + " " + strconv.Itoa(i)
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
