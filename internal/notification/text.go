package notification

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/notification"
	"parley/internal/id"
	"parley/internal/loader"
	"parley/internal/vocab"
)

// maxExcerpt is how many characters of a message are shown.
const maxExcerpt = 200

// addressOf puts a conversation's id into an address.
func addressOf(template, conversationID string) string {
	return strings.ReplaceAll(template, "{id}", url.PathEscape(conversationID))
}

// words are what the text of a notification is made of.
type words struct{ actor, title, excerpt, subject string }

// Texts says each notification in a sentence, with what the caller may see now.
func (s *Service) Texts(ctx context.Context, list []*ent.Notification) ([]string, error) {
	all := make([]words, len(list))
	for _, fill := range []func(context.Context, []*ent.Notification, []words) error{s.nameActors, s.nameConversations, s.quoteMessages, s.nameSubjects} {
		if err := fill(ctx, list, all); err != nil {
			return nil, err
		}
	}
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = textOf(n, all[i])
	}
	return texts, nil
}

func pick(list []*ent.Notification, of func(*ent.Notification) string) []string {
	ids := make([]string, len(list))
	for i, n := range list {
		ids[i] = of(n)
	}
	return ids
}

func (s *Service) nameActors(ctx context.Context, list []*ent.Notification, all []words) error {
	users, err := s.nodes.Users(ctx, pick(list, func(n *ent.Notification) string { return n.ActorID }))
	for i, u := range users {
		all[i].actor = "Parley"
		switch {
		case u != nil:
			all[i].actor = u.Name
		case list[i].ActorID != "":
			all[i].actor = "A program"
		}
	}
	return err
}

func (s *Service) nameConversations(ctx context.Context, list []*ent.Notification, all []words) error {
	found, err := s.nodes.Conversations(ctx, pick(list, func(n *ent.Notification) string { return n.ConversationID }))
	if err != nil {
		return err
	}
	var there []*ent.Conversation
	var at []int
	for i, c := range found {
		all[i].title = "a conversation"
		if c != nil {
			there, at = append(there, c), append(at, i)
		}
	}
	titles, err := s.nodes.Titles(ctx, there)
	for i, title := range titles {
		all[at[i]].title = title
	}
	return err
}

func (s *Service) quoteMessages(ctx context.Context, list []*ent.Notification, all []words) error {
	found, err := s.nodes.Messages(ctx, pick(list, func(n *ent.Notification) string { return n.MessageID }))
	for i, m := range found {
		if m != nil && !m.DeletedAt.IsSet() {
			all[i].excerpt = excerpt(m.Text)
		}
	}
	return err
}

// nameSubjects names what is about no conversation.
func (s *Service) nameSubjects(ctx context.Context, list []*ent.Notification, all []words) error {
	ids := func(kinds ...vocab.NotificationKind) []string {
		return pick(list, func(n *ent.Notification) string {
			if !slices.Contains(kinds, n.Kind) {
				return ""
			}
			return n.SubjectID
		})
	}
	channels, err := s.nodes.EmailChannels(ctx, ids(vocab.NotifyChannelError))
	if err != nil {
		return err
	}
	if err := s.nameSlack(ctx, ids(vocab.NotifyChannelError), all); err != nil {
		return err
	}
	quotes, err := s.nodes.Quotes(ctx, ids(vocab.NotifyQuoteAccepted))
	if err != nil {
		return err
	}
	tasks, err := s.nodes.Engagements(ctx, ids(vocab.NotifyTaskDue))
	if err != nil {
		return err
	}
	endpoints, err := s.nodes.WebhookEndpoints(ctx, ids(vocab.NotifyWebhookPaused))
	if err != nil {
		return err
	}
	shares, err := s.nodes.LibraryShares(ctx, ids(vocab.NotifyDocumentOpened, vocab.NotifyMeetingLink))
	for i := range shares {
		switch {
		case channels[i] != nil:
			all[i].subject = channels[i].Address
		case endpoints[i] != nil:
			all[i].subject = endpoints[i].Name
		case quotes[i] != nil:
			all[i].subject = fmt.Sprintf("%d", quotes[i].Number)
		case tasks[i] != nil && tasks[i].Body.Task != nil:
			all[i].subject = excerpt(tasks[i].Body.Task.Title)
		case shares[i] != nil:
			all[i].subject = shares[i].Title
		}
	}
	return err
}

// nameSlack names the Slack workspaces and channels of notifications.
func (s *Service) nameSlack(ctx context.Context, ids []string, all []words) error {
	workspaces, err := s.nodes.SlackWorkspaces(ctx, ids)
	if err != nil {
		return err
	}
	channels, err := s.nodes.SlackChannels(ctx, ids)
	for i := range channels {
		switch {
		case workspaces[i] != nil:
			all[i].subject = workspaces[i].Name
		case channels[i] != nil:
			all[i].subject = "#" + channels[i].Name
		}
	}
	return err
}

// textOf is the sentence of one notification.
func textOf(n *ent.Notification, w words) string {
	if many := kindNamed(n.Kind).many; n.ConversationID == "" && many != "" {
		return fmt.Sprintf(many, n.Events) + "."
	}
	switch n.Kind {
	case vocab.NotifyNewChat:
		return with("New chat with "+w.title, w.excerpt)
	case vocab.NotifyNewEmail:
		return with("New e-mail, "+w.title, w.excerpt)
	case vocab.NotifyAssigned:
		return w.actor + " assigned you: " + w.title + "."
	case vocab.NotifyReply:
		if n.Events > 1 {
			return with(fmt.Sprintf("%d replies in %s, the last one", n.Events, w.title), w.excerpt)
		}
		return with("Reply in "+w.title, w.excerpt)
	case vocab.NotifyMention:
		return with(w.actor+" mentioned you in "+w.title, w.excerpt)
	case vocab.NotifyTaskDue:
		return with("A task is due", w.subject)
	case vocab.NotifyDocumentOpened:
		return with("A document that you sent was opened", w.subject)
	case vocab.NotifyMeetingLink:
		return with("A meeting link that you sent was opened", w.subject)
	case vocab.NotifyQuoteAccepted:
		return with("Your quote was accepted", w.subject)
	case vocab.NotifyProposalWaiting:
		return "A proposal waits for you in " + w.title + "."
	case vocab.NotifyChannelError:
		if id.Is(n.SubjectID, id.SlackWorkspace) || id.Is(n.SubjectID, id.SlackChannel) {
			return with("Slack no longer takes what Parley posts", w.subject)
		}
		return with("An e-mail channel no longer works", w.subject)
	case vocab.NotifyDeliveryFailed:
		return with("Your message in "+w.title+" was not delivered", w.excerpt)
	case vocab.NotifyEscalated:
		return with("No one has answered "+w.title, w.excerpt)
	case vocab.NotifyWebhookPaused:
		return with("A webhook endpoint was paused", w.subject)
	case vocab.NotifyTokenCreated:
		return w.actor + " made an API token in your name."
	}
	return "Something happened."
}

// Sentences are how the sentences begin that a user's mails have of a conversation, without what
// was said there (NT-8).
func (s *Service) Sentences(ctx context.Context, userID, conversationID string) ([]string, error) {
	list, err := s.store.Client(ctx).Notification.Query().Where(notification.UserID(userID), notification.ConversationID(conversationID)).
		Order(notification.ByUpdatedAt(entsql.OrderDesc())).Limit(mostInMail).All(ctx)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	texts, err := s.Texts(ctx, list)
	for i, said := range texts {
		texts[i], _, _ = strings.Cut(strings.TrimSuffix(said, "."), ": ")
		if list[i].Kind == vocab.NotifyAssigned {
			texts[i] = strings.TrimSuffix(said, ".")
		}
	}
	return texts, err
}

// with adds to a sentence what it is about, if that is known.
func with(sentence, about string) string {
	if about == "" {
		return sentence + "."
	}
	return sentence + ": " + about
}

// excerpt is the first characters of a text, on one line.
func excerpt(text string) string {
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > maxExcerpt {
		return strings.TrimSpace(string(line[:maxExcerpt-1])) + "…"
	}
	return string(line)
}

// Actors are who did what each notification tells of: staff, or whoever wrote its message.
func (s *Service) Actors(ctx context.Context, list []*ent.Notification) ([]any, error) {
	messages, err := s.nodes.Messages(ctx, pick(list, func(n *ent.Notification) string { return n.MessageID }))
	if err != nil {
		return nil, err
	}
	refs := make([]loader.Ref, len(list))
	for i, n := range list {
		refs[i] = loader.Ref{Kind: n.ActorKind, ID: n.ActorID}
		if n.ActorID == "" && messages[i] != nil {
			refs[i] = loader.Ref{Kind: messages[i].AuthorKind, ID: messages[i].AuthorID}
		}
	}
	found, err := s.nodes.Actors(ctx, refs)
	for i := range found {
		if refs[i].ID == "" {
			found[i] = nil
		}
	}
	return found, err
}
