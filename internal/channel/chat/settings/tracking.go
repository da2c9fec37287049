package settings

import (
	"context"
	"errors"
	"fmt"
	"html"
	"strings"
	"unicode/utf8"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/mail"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
)

// MaxNote is the most characters of the note that goes with a tracking code.
const MaxNote = 2000

// TrackingCode returns the snippet of HTML that brings a channel's widget into
// a site's pages (CH-2).
func (s *Service) TrackingCode(c *ent.Channel) string {
	return fmt.Sprintf(`<script async src="%s/widget.js" data-parley-key="%s"></script>`,
		html.EscapeString(strings.TrimRight(s.publicURL, "/")), html.EscapeString(c.Key))
}

// SendTrackingCode mails a channel's tracking code to a developer, in the
// admin's name (CH-2). Errors, joined, on email and note.
func (s *Service) SendTrackingCode(ctx context.Context, in SendTrackingCodeInput) (*ent.Channel, error) {
	call := idempotency.Call{Mutation: "sendTrackingCode", Key: in.IdempotencyKey, Input: in, Result: in.ChannelID}
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		c, err := loadChannel(ctx, tx.Client, in.ChannelID)
		if err != nil {
			return err
		}
		email, badEmail := account.CleanEmail(in.Email, "email")
		note, badNote := cleanNote(in.Note)
		if err := errors.Join(badEmail, badNote); err != nil {
			return err
		}
		name, address, err := sender(ctx, tx)
		if err != nil {
			return err
		}
		mail.Post(tx, mail.Notice{
			To: email, ReplyTo: address, Subject: "The code that adds the chat to your site", Text: s.trackingNotice(c, name, note),
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return loadChannel(ctx, s.store.Client(ctx), in.ChannelID)
}

func cleanNote(note *string) (string, error) {
	if note == nil {
		return "", nil
	}
	if n := utf8.RuneCountInString(*note); n > MaxNote {
		return "", errs.Exceeds(MaxNote, "The note has %d characters; at most %d are allowed.", n, MaxNote).On("note")
	}
	clean, err := richtext.Clean(*note, "note")
	return strings.TrimSpace(clean), err
}

// sender returns the name and address of the calling admin; empty for others.
func sender(ctx context.Context, tx *store.Tx) (name, address string, err error) {
	v := viewer.FromContext(ctx)
	if !id.Is(v.ActorID, id.User) {
		return "", "", nil
	}
	u, err := tx.Client.User.Get(ctx, v.ActorID)
	if err != nil {
		return "", "", err
	}
	return u.Name, u.Email, nil
}

func (s *Service) trackingNotice(c *ent.Channel, name, note string) string {
	var b strings.Builder
	if name == "" {
		name = "Someone"
	}
	fmt.Fprintf(&b, "Hello,\n\n%s asks you to add a chat to your web site.\n\n", name)
	if note != "" {
		fmt.Fprintf(&b, "%s\n\n", note)
	}
	fmt.Fprintf(&b, "Put this line before </body> on every page where the chat should appear:\n\n%s\n\n", s.TrackingCode(c))
	host := strings.TrimRight(s.publicURL, "/")
	fmt.Fprintf(&b, "If the site has a Content-Security-Policy, add %s to its script-src and connect-src.\n", host)
	return b.String()
}
