package targeting

import (
	"context"
	"errors"
	"net/url"

	"parley/ent"
	entmessage "parley/ent/targetedmessage"
	"parley/internal/account"
	"parley/internal/contact/smartlist"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/loader"
	"parley/internal/pageurl"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Preview is what a visitor would see, and why (TM-9).
type Preview struct {
	// Input is who was to be where, and when.
	Input TargetedMessagePreviewInput
	// Shown is the message that they would see, or nil.
	Shown *ent.TargetedMessage
	// Verdicts has one for each of the channel's messages, by position.
	Verdicts []Verdict
	Warnings []Warning
}

// Preview decides what a visitor would see, by what the widget itself asks. For
// admins: otherwise FORBIDDEN.
func (s *Service) Preview(ctx context.Context, in TargetedMessagePreviewInput) (*Preview, error) {
	if err := account.MayAdminister(ctx); err != nil {
		return nil, err
	}
	in.PageURL = pageurl.WithoutUser(in.PageURL)
	client := s.store.Client(ctx)
	c, channelErr := findChannel(ctx, client, in.ChannelID)
	visit, err := s.previewVisit(ctx, client, in)
	if err := errors.Join(channelErr, err, checkPage(in.PageURL)); err != nil {
		return nil, err
	}
	messages, err := client.TargetedMessage.Query().Where(entmessage.ChannelID(c.ID)).Order(entmessage.ByPosition()).All(ctx)
	if err != nil {
		return nil, err
	}
	if visit.Meets, err = MeetsProperties(viewer.AsSystem(ctx, "targeting"), client, messages, visit.contactID); err != nil {
		return nil, err
	}
	return &Preview{Input: in, Shown: Choose(messages, visit), Verdicts: Decide(messages, visit), Warnings: Warnings(messages)}, nil
}

func (s *Service) previewVisit(ctx context.Context, client *ent.Client, in TargetedMessagePreviewInput) (Visit, error) {
	v := Visit{PageURL: in.PageURL, At: s.store.Now(), SmallScreen: in.SmallScreen != nil && *in.SmallScreen}
	if in.At != nil {
		v.At = *in.At
	}
	if in.ContactID == nil {
		return v, nil
	}
	unknown := errs.New(errs.NotFound, "There is no contact %q.", errs.Clip(*in.ContactID)).On("contactId")
	if !id.Is(*in.ContactID, id.Contact) {
		return v, unknown
	}
	c, err := loader.Contact(ctx, client, *in.ContactID)
	if ent.IsNotFound(err) {
		return v, unknown
	}
	if err != nil {
		return v, err
	}
	v.TrackedContact, v.contactID = true, c.ID
	v.ListIDs, err = smartlist.ListsOf(viewer.AsSystem(ctx, "targeting"), client, c.ID, v.At)
	return v, err
}

func checkPage(page string) error {
	u, err := url.Parse(page)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return errs.New(errs.Invalid, "The page's URL must start with http:// or https://.").On("pageUrl")
	}
	return nil
}

// Find loads a targeted message of a channel within a visitor's call; nil: there
// is none.
func Find(ctx context.Context, tx *store.Tx, channelID, messageID string) (*ent.TargetedMessage, error) {
	if !id.Is(messageID, id.TargetedMessage) {
		return nil, nil
	}
	m, err := tx.Client.TargetedMessage.Query().Where(entmessage.ID(messageID), entmessage.ChannelID(channelID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return m, err
}
