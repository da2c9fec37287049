package receive

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"parley/ent"
	entemail "parley/ent/email"
	"parley/ent/inboundmail"
	"parley/ent/predicate"
	"parley/ent/task"
	"parley/internal/account"
	"parley/internal/channel/email/parse"
	"parley/internal/channel/email/settings"
	"parley/internal/channel/email/thread"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// ReclassifyArgs asks to judge a channel's mail again.
type ReclassifyArgs struct {
	AccountID string `json:"accountId"`
	ChannelID string `json:"channelId"`
	TaskID    string `json:"taskId"`
}

// Kind names the job.
func (ReclassifyArgs) Kind() string { return "reclassify-email" }

// KindAliases are names of such jobs that may be queued still.
func (ReclassifyArgs) KindAliases() []string { return []string{"reclassify_email"} }

// reclassified are the mails that one run judges.
const reclassified = 50

// beginnings are the mails of a channel that began conversations which are
// still there: what came later is filed with them.
func beginnings(channelID string) []predicate.InboundMail {
	return []predicate.InboundMail{
		inboundmail.ChannelID(channelID), inboundmail.StateEQ(vocab.InboundIngested), inboundmail.ConversationIDNEQ(""),
	}
}

// Reclassify has all conversations that a channel's mail began judged again, after
// a rule or the allow list changed (IN-11). What a person marked as spam, or as
// not, stays as it is. The task says how far it is.
func (s *Service) Reclassify(ctx context.Context, in ReclassifyEmailInput) (*ent.Task, error) {
	taskID := id.New(id.Task)
	call := account.Call{Mutation: "reclassifyEmail", Key: in.IdempotencyKey, Input: in, Result: taskID}
	taskID, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		c, err := settings.Find(ctx, tx.Client, in.ChannelID)
		if err != nil {
			return err
		}
		v := viewer.FromContext(ctx)
		total, err := tx.Client.InboundMail.Query().Where(beginnings(c.ID)...).Count(settings.InAccount(ctx, c.AccountID))
		if err != nil {
			return err
		}
		params, err := json.Marshal(map[string]string{"channelId": c.ID})
		if err != nil {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.TaskStarted, InboxID: c.InboxID, SubjectID: taskID})
		tx.Enqueue(store.Job{Args: ReclassifyArgs{AccountID: c.AccountID, ChannelID: c.ID, TaskID: taskID}})
		return tx.Client.Task.Create().SetID(taskID).SetKind(vocab.TaskReclassify).SetState(vocab.TaskQueued).SetParams(params).
			SetTotal(total).SetProblems([]vocab.TaskProblem{}).SetActorKind(v.Kind).SetActorID(v.ActorID).SetTokenID(v.TokenID).
			SetCreatedAt(tx.Now()).Exec(ctx)
	})
	if err != nil {
		return nil, err
	}
	return s.store.Client(ctx).Task.Get(ctx, taskID)
}

// RunReclassify judges some mails, and asks to run again while there are more.
func (s *Service) RunReclassify(ctx context.Context, args ReclassifyArgs) error {
	ctx = settings.InAccount(ctx, args.AccountID)
	t, err := s.store.Client(ctx).Task.Get(ctx, args.TaskID)
	if err != nil || t.FinishedAt.IsSet() {
		return err
	}
	mails, err := s.store.Client(ctx).InboundMail.Query().Where(append(beginnings(args.ChannelID), inboundmail.IDGT(t.Cursor))...).
		Order(inboundmail.ByID()).Limit(reclassified).All(ctx)
	if err != nil {
		return err
	}
	for _, m := range mails {
		if err := s.reclassifyMail(ctx, args, m); err != nil {
			if errors.Is(err, errCanceled) {
				return nil
			}
			if job.LastAttempt(ctx) {
				err = errors.Join(err, s.endTask(ctx, args, vocab.TaskFailed))
			}
			return err
		}
	}
	if len(mails) == reclassified {
		return job.Again(0)
	}
	return s.endTask(ctx, args, vocab.TaskDone)
}

var errCanceled = errors.New("the task was canceled, or another worker continues it")

// reclassifyMail judges one mail, and counts it.
func (s *Service) reclassifyMail(ctx context.Context, args ReclassifyArgs, m *ent.InboundMail) error {
	raw, err := s.blobs.ReadAll(ctx, m.BlobKey, maxRaw)
	if err != nil {
		s.o.Log.WarnContext(ctx, "a raw mail can no longer be read", "mail", m.ID, "error", err)
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err == nil && beganConversation(m) {
			if err := s.judgeAgain(ctx, tx, m, raw); err != nil {
				return err
			}
		}
		n, err := tx.Exec(ctx, `UPDATE tasks SET state = $1, cursor = $2, done = done + 1 WHERE id = $3 AND account_id = $4
			AND state IN ('QUEUED', 'RUNNING') AND cursor < $2`, string(vocab.TaskRunning), m.ID, args.TaskID, args.AccountID)
		if err == nil && n == 0 {
			err = errCanceled
		}
		return err
	})
}

// beganConversation reports whether the mail began its conversation.
func beganConversation(m *ent.InboundMail) bool {
	return m.Verdict.Thread != thread.ByToken && m.Verdict.Thread != thread.ByHeaders
}

func (s *Service) judgeAgain(ctx context.Context, tx *store.Tx, m *ent.InboundMail, raw []byte) error {
	p := &placing{service: s, tx: tx, row: m, reading: &reading{raw: raw, mail: parse.Parse(raw), problems: m.Verdict.Problems}}
	if err := p.loadContext(ctx); err != nil {
		return err
	}
	if err := p.findStaff(ctx); err != nil {
		return err
	}
	if err := p.judgeMail(ctx); err != nil {
		return err
	}
	var old vocab.FilteredReasons
	for _, r := range m.Verdict.Reasons {
		old = old.With(r.Reason)
	}
	p.result.Thread, p.result.ThreadDetail, p.result.Problems = m.Verdict.Thread, m.Verdict.ThreadDetail, m.Verdict.Problems
	if slices.Equal(p.result.Reasons, m.Verdict.Reasons) {
		return nil
	}
	changed, err := s.conversations.Refilter(ctx, tx, m.ConversationID, old, p.reasons())
	if err != nil || !changed && p.reasons() != old {
		return err // a person decided: what was held of it then explains that
	}
	if err := tx.Client.InboundMail.UpdateOneID(m.ID).SetVerdict(p.result).Exec(ctx); err != nil {
		return err
	}
	_, err = tx.Client.Email.Update().Where(entemail.ID(m.MessageID)).SetVerdict(p.result).Save(ctx)
	return err
}

// endTask closes the task, once.
func (s *Service) endTask(ctx context.Context, args ReclassifyArgs, state vocab.TaskState) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.EmailChannel.Get(ctx, args.ChannelID)
		if err != nil {
			return err
		}
		n, err := tx.Client.Task.Update().Where(task.ID(args.TaskID), task.FinishedAt(clock.Micros(0))).
			SetState(state).SetFinishedAt(tx.Now()).Save(ctx)
		if err == nil && n == 1 {
			tx.Append(ctx, store.Event{Type: vocab.TaskFinished, InboxID: c.InboxID, SubjectID: args.TaskID})
		}
		return err
	})
}
