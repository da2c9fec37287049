package conversation

import (
	"context"
	"fmt"

	"parley/ent"
	entdraft "parley/ent/draft"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// SaveDraft keeps what the caller is writing in a conversation, and returns it; nil: nothing
// was left of it, and it is discarded (CO-3). CONFLICT, with the draft as it is, where another window
// saved, sent or discarded it since the caller saw it. It leaves the conversation and its
// revision alone: what someone is about to say changes nothing for others.
func (s *Service) SaveDraft(ctx context.Context, in SaveDraftInput) (*ent.Draft, error) {
	me := viewer.FromContext(ctx)
	if me == nil || !me.IsUser() {
		return nil, errs.New(errs.Forbidden, "Only users have drafts.")
	}
	wanted, err := in.kept()
	if err != nil {
		return nil, err
	}
	var d *ent.Draft
	call := idempotency.Call{Mutation: "saveDraft", Key: in.IdempotencyKey, Input: in, Result: in.ConversationID}
	err = idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		ch, err := loadChange(ctx, tx, in.ConversationID)
		if err != nil {
			return err
		}
		if err := ch.checkDraft(ctx, in); err != nil {
			return err
		}
		if d, err = ch.draftOf(ctx, me.ActorID, in.Note); err != nil {
			return err
		}
		if err := expectDraft(d, in.ExpectedRevision); err != nil {
			return err
		}
		d, err = s.keepDraft(ctx, ch, d, in.Note, wanted)
		return err
	}, func(ctx context.Context, tx *store.Tx, conversationID string) (err error) {
		ch, err := loadChange(ctx, tx, conversationID)
		if err == nil {
			d, err = ch.draftOf(ctx, me.ActorID, in.Note)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// checkDraft refuses what no message of the conversation could have.
func (ch *change) checkDraft(ctx context.Context, in SaveDraftInput) error {
	if err := ch.mayChange(); err != nil {
		return err
	}
	m := in.message()
	if err := ch.checkKind(m); err != nil {
		return err
	}
	if _, err := ch.answeredMessage(ctx, m); err != nil {
		return err
	}
	return ch.checkMentions(ctx, in.MentionUserIDs)
}

// draftOf is what a user is writing in the conversation; nil: nothing.
func (ch *change) draftOf(ctx context.Context, userID string, note bool) (*ent.Draft, error) {
	d, err := ch.tx.Client.Draft.Query().
		Where(entdraft.ConversationID(ch.c.ID), entdraft.UserID(userID), entdraft.Note(note)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return d, err
}

// expectDraft refuses to change a draft that another window changed.
func expectDraft(d *ent.Draft, revision *int) error {
	switch {
	case revision == nil:
		return nil
	case d == nil && *revision == 0:
		return nil
	case d == nil:
		return errs.New(errs.Conflict, "The draft was sent or discarded in another window. Save it without expectedRevision to begin a new one.").On("expectedRevision")
	case d.Revision == *revision:
		return nil
	}
	return errs.New(errs.Conflict, "Another window changed the draft: its revision is %d, not %d. Load it again before you save it.", d.Revision, *revision).
		On("expectedRevision").With(d)
}

// keepDraft makes the stored draft what is wanted; d is the one that there is, nil: none.
func (s *Service) keepDraft(ctx context.Context, ch *change, d *ent.Draft, note bool, wanted keptDraft) (*ent.Draft, error) {
	switch {
	case wanted.isEmpty() && d == nil:
		return nil, nil
	case wanted.isEmpty():
		return nil, s.endDraft(ctx, ch, d)
	case d == nil:
		return s.beginDraft(ctx, ch, note, wanted)
	}
	files, err := s.deps.Attachments.KeepForDraft(ctx, ch.tx, wanted.files, ch.c, d.ID)
	if err != nil {
		return nil, err
	}
	if !files && wanted.sameAs(d) {
		return d, nil
	}
	d.Markdown, d.Details, d.UpdatedAt = wanted.markdown, wanted.details, ch.now()
	d.Revision++
	err = ch.tx.Client.Draft.UpdateOneID(d.ID).SetMarkdown(d.Markdown).SetDetails(d.Details).SetRevision(d.Revision).SetUpdatedAt(d.UpdatedAt).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("save draft: %w", err)
	}
	ch.recordDraft(ctx, d)
	return d, nil
}

func (s *Service) beginDraft(ctx context.Context, ch *change, note bool, wanted keptDraft) (*ent.Draft, error) {
	me := viewer.FromContext(ctx).ActorID
	others, err := ch.draftOf(ctx, me, !note)
	if err != nil {
		return nil, err
	}
	d, err := ch.tx.Client.Draft.Create().SetID(id.New(id.Draft)).SetInboxID(ch.c.InboxID).SetConversationID(ch.c.ID).SetUserID(me).SetNote(note).
		SetMarkdown(wanted.markdown).SetDetails(wanted.details).SetCreatedAt(ch.now()).SetUpdatedAt(ch.now()).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("save draft: %w", err)
	}
	if _, err := s.deps.Attachments.KeepForDraft(ctx, ch.tx, wanted.files, ch.c, d.ID); err != nil {
		return nil, err
	}
	ch.recordDraft(ctx, d)
	if others == nil {
		ch.appendDraftEvent(ctx, store.Event{Type: vocab.DraftStarted})
	}
	return d, nil
}

// endDraft removes a draft: it was sent or discarded. Its files are no longer kept.
func (s *Service) endDraft(ctx context.Context, ch *change, d *ent.Draft) error {
	if err := s.deps.Attachments.LeaveDraft(ctx, ch.tx, d.ID); err != nil {
		return err
	}
	if err := ch.tx.Client.Draft.DeleteOneID(d.ID).Exec(ctx); err != nil {
		return fmt.Errorf("remove draft: %w", err)
	}
	ch.recordDraft(ctx, d)
	others, err := ch.draftOf(ctx, d.UserID, !d.Note)
	if err == nil && others == nil {
		ch.appendDraftEvent(ctx, store.Event{Type: vocab.DraftEnded})
	}
	return err
}

// endDraftSent ends the draft that a user's message was: of its kind, in its conversation.
func (s *Service) endDraftSent(ctx context.Context, ch *change, note bool) error {
	me := viewer.FromContext(ctx)
	if !me.IsUser() {
		return nil
	}
	d, err := ch.draftOf(ctx, me.ActorID, note)
	if err != nil || d == nil {
		return err
	}
	return s.endDraft(ctx, ch, d)
}

// recordDraft notifies only the writer that their draft is another, or gone.
func (ch *change) recordDraft(ctx context.Context, d *ent.Draft) {
	ch.appendDraftEvent(ctx, store.Event{Type: vocab.DraftChanged, SubjectID: d.ID, UserID: d.UserID})
}

func (ch *change) appendDraftEvent(ctx context.Context, e store.Event) {
	e.InboxID, e.ConversationID, e.Revision = ch.c.InboxID, ch.c.ID, ch.before.Revision
	ch.tx.Append(ctx, e)
}
