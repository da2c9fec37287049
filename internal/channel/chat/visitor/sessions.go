package visitor

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entvisitor "parley/ent/visitor"
	"parley/ent/visitorsession"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// sessions are listed latest first.
var sessions = store.Listing[ent.VisitorSession]{
	Name: "visitorSessions", Kind: id.Session, Column: visitorsession.FieldCreatedAt, Desc: true,
	Number: func(s *ent.VisitorSession) int64 { return int64(s.CreatedAt) }, ID: func(s *ent.VisitorSession) string { return s.ID },
}

// Sessions returns a page of each visitor's sessions, latest first. Staff see those
// of their inboxes, visitors their own (CH-8).
func (s *Service) Sessions(ctx context.Context, visitors []*ent.Visitor, args paging.PageArgs) ([]*paging.Connection[*ent.VisitorSession], error) {
	ids := make([]string, len(visitors))
	for i, v := range visitors {
		ids[i] = v.ID
	}
	load := func(narrow func(*sql.Selector)) ([]*ent.VisitorSession, error) {
		q := s.store.Client(ctx).VisitorSession.Query()
		q.Modify(narrow)
		return q.All(ctx)
	}
	if v := viewer.FromContext(ctx); !v.IsStaff() && v.Kind != viewer.Visitor { // a session that begins shows no others
		load = func(func(*sql.Selector)) ([]*ent.VisitorSession, error) { return nil, nil }
	}
	return sessions.Pages(args, account.PageOfRow, ids, store.Of(visitorsession.FieldVisitorID), load)
}

// EndSession ends the calling visitor's session, or for staff all sessions of a
// visitor of theirs: tokens hold no more, and connections are closed. It may be
// repeated (CH-8). Errors for staff: REQUIRED and NOT_FOUND on visitorId.
func (s *Service) EndSession(ctx context.Context, in EndVisitorSessionInput) (*ent.Visitor, error) {
	v := viewer.FromContext(ctx)
	named := in.VisitorID != nil && *in.VisitorID != ""
	if v != nil && v.Kind == viewer.Visitor {
		if named {
			return nil, errs.New(errs.Invalid, "Visitors end their own session: omit visitorId.").On("visitorId")
		}
		return s.actAsVisitor(ctx, "endVisitorSession", in.IdempotencyKey, in, endOwn)
	}
	if !named {
		return nil, errs.New(errs.Required, "Pass visitorId: the visitor whose sessions are to end.").On("visitorId")
	}
	var me *ent.Visitor
	lock := func(ctx context.Context, tx *store.Tx, visitorID string) (err error) {
		me, err = tx.Client.Visitor.Query().Where(entvisitor.ID(visitorID)).Modify(store.ForUpdate).Only(ctx)
		if ent.IsNotFound(err) {
			err = errs.New(errs.NotFound, "There is no visitor %q in your inboxes.", errs.Clip(visitorID)).On("visitorId")
		}
		return err
	}
	call := idempotency.Call{Mutation: "endVisitorSession", Key: in.IdempotencyKey, Input: in, Result: *in.VisitorID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := lock(ctx, tx, *in.VisitorID); err != nil {
			return err
		}
		return endAll(ctx, tx, me)
	}, lock)
	if err != nil {
		return nil, err
	}
	return me, nil
}

// endOwn ends the session whose token was presented.
func endOwn(ctx context.Context, tx *store.Tx, v *viewer.Viewer, me *ent.Visitor) error {
	if err := recordSession(ctx, tx, me, v.TokenID); err != nil { // it may be older than their list
		return err
	}
	ended, err := tx.Exec(ctx, "UPDATE visitor_sessions SET ended_at = $1 WHERE id = $2 AND account_id = $3 AND visitor_id = $4 AND ended_at = 0",
		int64(tx.Now()), v.TokenID, me.AccountID, me.ID)
	if err != nil || ended == 0 {
		return err
	}
	appendEnded(ctx, tx, me, &v.TokenID)
	return nil
}

func endAll(ctx context.Context, tx *store.Tx, me *ent.Visitor) error {
	ended, err := tx.Exec(ctx, "UPDATE visitor_sessions SET ended_at = $1 WHERE visitor_id = $2 AND account_id = $3 AND ended_at = 0",
		int64(tx.Now()), me.ID, me.AccountID)
	if err != nil || ended == 0 && me.SessionsEndedAt.IsSet() {
		return err
	}
	if err := tx.Client.Visitor.UpdateOneID(me.ID).SetSessionsEndedAt(tx.Now()).Exec(ctx); err != nil {
		return err
	}
	appendEnded(ctx, tx, me, nil)
	return nil
}

// appendEnded has running connections ask again whether their token holds. session
// is nil when all were ended.
func appendEnded(ctx context.Context, tx *store.Tx, me *ent.Visitor, session *string) {
	e := store.Event{Type: vocab.VisitorSessionEnded, InboxID: me.InboxID, SubjectID: me.ID}
	if session != nil {
		e.Changes = []vocab.FieldChange{{Field: "session", From: session}}
	}
	tx.Append(ctx, e)
}
