package digest

import (
	"context"
	"slices"

	"github.com/golang-jwt/jwt/v5"

	"parley/internal/channel/email/settings"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/viewer"
)

// What a link does.
const (
	actionNotSpam = "not-spam"
	actionAllow   = "allow"
)

// claims say what a link does, for whom and to what.
type claims struct {
	Account      string `json:"acc"`
	User         string `json:"usr"`
	Inbox        string `json:"inb"`
	Conversation string `json:"cnv"`
	Sender       string `json:"snd"`
	Action       string `json:"act"`
	jwt.RegisteredClaims
}

// Ask says what a link does, without doing it; an error says that it is not valid.
func (s *Service) Ask(_ context.Context, link string) (question string, err error) {
	c, err := s.readLink(link)
	if err != nil {
		return "", err
	}
	if c.Action == actionAllow {
		return "Never filter mail of " + c.Sender + " again?", nil
	}
	return "Take the mail of " + c.Sender + " out of Filtered?", nil
}

// Do does what a link asks for, as the member for whom it was made, with the rights that
// they have now. Once more changes nothing.
func (s *Service) Do(ctx context.Context, link string) (done string, err error) {
	c, err := s.readLink(link)
	if err != nil {
		return "", err
	}
	v, err := s.accounts.ViewerOf(ctx, c.Account, c.User, "")
	if err != nil {
		return "", err
	}
	switch {
	case !v.InInbox(c.Inbox):
		return "", errs.New(errs.Forbidden, "You are no longer a member of this inbox.")
	case c.Action == actionAllow && v.Kind != viewer.Admin:
		return "", errs.New(errs.Forbidden, "You are no longer an admin of this inbox.")
	}
	ctx = viewer.NewContext(ctx, v)
	if c.Action == actionAllow {
		if _, err := s.emails.UpdateAllowList(ctx, settings.UpdateEmailAllowListInput{InboxID: c.Inbox, Add: []string{c.Sender}}); err != nil {
			return "", err
		}
	}
	_, err = s.conversations.MarkAsNotSpam(ctx, conversation.MarkConversationAsNotSpamInput{Target: conversation.Target{ConversationID: c.Conversation}})
	if err != nil && (!errs.Is(err, errs.NotFound) || c.Action != actionAllow) {
		return "", err
	}
	if c.Action == actionAllow {
		return "Mail of " + c.Sender + " is no longer filtered.", nil
	}
	return "The mail of " + c.Sender + " is in the inbox now.", nil
}

func (s *Service) readLink(link string) (*claims, error) {
	c := &claims{}
	if err := s.signer.Verify(link, c); err != nil || !slices.Contains([]string{actionNotSpam, actionAllow}, c.Action) {
		return nil, errs.New(errs.Invalid, "The link is wrong or has expired (links are valid for 30 days). Open Filtered in your inbox instead.")
	}
	return c, nil
}
