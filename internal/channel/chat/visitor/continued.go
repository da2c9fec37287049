package visitor

import (
	"cmp"
	"context"
	"slices"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/ent/predicate"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// continueChats has chats of a visitor go on with one who proved who they are. Who
// wrote them reads on what was written up to now, and no more: their token may be
// in other hands (CH-6, CH-8). The log says so in each chat.
func continueChats(ctx context.Context, tx *store.Tx, from, to *ent.Visitor, which ...predicate.Conversation) error {
	theirs, err := tx.Client.Conversation.Query().Where(entconversation.VisitorID(from.ID)).Where(which...).
		Order(entconversation.ByID()).Modify(store.ForUpdate).All(ctx)
	if err != nil {
		return err
	}
	for _, c := range theirs {
		if err := keepSight(ctx, tx, c); err != nil {
			return err
		}
		c.Revision++
		err := tx.Client.Conversation.UpdateOneID(c.ID).SetVisitorID(to.ID).SetRevision(c.Revision).Exec(ctx)
		if err != nil {
			return err
		}
		tx.Append(ctx, store.Event{
			Type: vocab.ConversationUpdated, InboxID: c.InboxID, ConversationID: c.ID, Revision: c.Revision,
			Changes: []vocab.FieldChange{{Field: "visitor", From: &from.ID, To: &to.ID}},
		})
	}
	return nil
}

// keepSight notes how far the chat's visitor goes on seeing it, and how it looks.
func keepSight(ctx context.Context, tx *store.Tx, c *ent.Conversation) error {
	_, err := tx.Exec(ctx, `INSERT INTO continued_chats
		(id, account_id, inbox_id, conversation_id, visitor_id, up_to, status, preview, assignee_id, last_message_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (visitor_id, conversation_id) DO NOTHING`,
		id.New("continued"), c.AccountID, c.InboxID, c.ID, c.VisitorID, c.LastVisibleNumber, string(c.Status), c.Preview, c.AssigneeID,
		int64(c.LastMessageAt), int64(tx.Now()))
	return err
}

// sight is a chat that went on elsewhere, as its first visitor sees it.
type sight struct {
	conversationID, status, preview, assigneeID string
	upTo                                        int
	lastMessageAt                               int64
}

// of returns the conversation as it was.
func (k sight) of(c *ent.Conversation) *ent.Conversation {
	was := *c
	was.Status, was.Preview, was.AssigneeID = vocab.ConversationStatus(k.status), k.preview, k.assigneeID
	was.LastMessageAt, was.LastVisibleNumber, was.VisitorReadNumber = clock.Micros(k.lastMessageAt), k.upTo, k.upTo
	return &was
}

const continuedChats = `SELECT k.conversation_id, k.status, k.preview, k.assignee_id, k.up_to, k.last_message_at FROM continued_chats k
	JOIN conversations c ON c.id = k.conversation_id AND c.deleted_at = 0 AND c.visitor_id <> k.visitor_id
	WHERE k.visitor_id = $1 AND k.account_id = $2`

// continuedChats returns the visitor's chats that went on elsewhere, as far as a
// condition holds for them, in its order.
func (s *Service) continuedChats(ctx context.Context, v *viewer.Viewer, condition string, args ...any) ([]*ent.Conversation, error) {
	rows, err := s.store.Query(ctx, continuedChats+condition, append([]any{v.ActorID, v.AccountID}, args...)...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var found []sight
	var ids []string
	for rows.Next() {
		var k sight
		if err := rows.Scan(&k.conversationID, &k.status, &k.preview, &k.assigneeID, &k.upTo, &k.lastMessageAt); err != nil {
			return nil, err
		}
		found, ids = append(found, k), append(ids, k.conversationID)
	}
	if err := rows.Err(); err != nil || len(ids) == 0 {
		return nil, err
	}
	_ = rows.Close() // SQLite may have but few readers
	loaded, err := s.nodes.Conversations(system(ctx, v), ids)
	if err != nil {
		return nil, err
	}
	var list []*ent.Conversation
	for i, c := range loaded {
		if c != nil {
			list = append(list, found[i].of(c))
		}
	}
	return list, nil
}

// continuedChat returns one of them; nil: there is none.
func (s *Service) continuedChat(ctx context.Context, v *viewer.Viewer, conversationID string) (*ent.Conversation, error) {
	list, err := s.continuedChats(ctx, v, " AND k.conversation_id = $3", conversationID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// withContinued adds to a page's rows of the visitor's own conversations those of
// their chats that went on elsewhere and belong among them.
func (s *Service) withContinued(ctx context.Context, v *viewer.Viewer, own []*ent.Conversation, page paging.Page, from paging.Key, given bool) ([]*ent.Conversation, error) {
	sign, order := "<", "DESC"
	if page.Backward() {
		sign, order = ">", "ASC"
	}
	condition, args := "", []any{}
	if given {
		condition = " AND (k.last_message_at, k.conversation_id) " + sign + " ($3, $4)"
		args = []any{from.Value, from.ID}
	}
	limit := page.Limit() + 1
	if given {
		condition += " ORDER BY k.last_message_at " + order + ", k.conversation_id " + order + " LIMIT $5"
	} else {
		condition += " ORDER BY k.last_message_at " + order + ", k.conversation_id " + order + " LIMIT $3"
	}
	continued, err := s.continuedChats(ctx, v, condition, append(args, limit)...)
	if err != nil || len(continued) == 0 {
		return own, err
	}
	all := slices.Concat(own, continued)
	slices.SortFunc(all, func(a, b *ent.Conversation) int {
		by := cmp.Or(cmp.Compare(b.LastMessageAt, a.LastMessageAt), cmp.Compare(b.ID, a.ID))
		if page.Backward() {
			return -by
		}
		return by
	})
	return all[:min(limit, len(all))], nil
}

// ContinuedElsewhere reports whether a conversation that the calling visitor sees
// went on with another, who proved who they are.
func ContinuedElsewhere(ctx context.Context, c *ent.Conversation) bool {
	v := viewer.FromContext(ctx)
	return v != nil && v.Kind == viewer.Visitor && c.VisitorID != v.ActorID
}

func proofRequired() error {
	return errs.New(errs.ProofRequired, "This chat goes on where its e-mail address was proved. To go on here, call requestVisitorEmailCode and proveVisitorEmail.").
		On("conversationId")
}

// ConversationsByID returns the visitor's conversations by their ids, nil where
// there is none.
func (s *Service) ConversationsByID(ctx context.Context, ids []string) ([]*ent.Conversation, error) {
	v, err := callingVisitor(ctx)
	if err != nil {
		return nil, err
	}
	list, err := s.nodes.Conversations(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i, c := range list {
		if c == nil && id.Is(ids[i], id.Conversation) {
			if list[i], err = s.continuedChat(ctx, v, ids[i]); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// hasContinued reports whether any chat of the visitor went on elsewhere.
func (s *Service) hasContinued(ctx context.Context, v *viewer.Viewer) (bool, error) {
	list, err := s.continuedChats(ctx, v, " ORDER BY k.last_message_at DESC LIMIT 1")
	return len(list) > 0, err
}
