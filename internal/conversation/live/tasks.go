package live

import (
	"context"
	"slices"
	"time"

	"parley/ent"
	enttask "parley/ent/task"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// taskPause is how long a running task's progress is not read again.
	taskPause = time.Second
	// mostTasks is how many tasks that are not finished a stream follows, the newest.
	mostTasks = 100
)

// TaskStream is a viewer's own tasks, live (IN-6).
type TaskStream struct {
	live   *Service
	reader *event.Reader
	viewer viewer.Live
	// shown are the unfinished tasks as they were reported last.
	shown   map[string]progress
	pending []*ent.Task
}

// progress is what of a task moves.
type progress struct {
	state                vocab.TaskState
	total, done, skipped int
}

func progressOf(t *ent.Task) progress { return progress{t.State, t.Total, t.Done, t.Skipped} }

// Tasks returns the viewer's own tasks: those that are not finished, then each task that
// starts, progresses, at most once a second, or ends.
func (l *Service) Tasks(ctx context.Context) (*TaskStream, error) {
	r, err := l.feed.Follow(ctx, event.Topic{AccountID: viewer.FromContext(ctx).AccountID}, nil)
	if err != nil {
		return nil, err
	}
	s := &TaskStream{live: l, reader: r, viewer: viewer.LiveFrom(ctx), shown: map[string]progress{}}
	found, err := s.load(ctx, nil)
	if err != nil {
		r.Close()
		return nil, err
	}
	s.report(found)
	return s, nil
}

// Close ends the stream.
func (s *TaskStream) Close() { s.reader.Close() }

// Next waits for the next task to report. An error ends the stream: the viewer's token
// holds no more.
func (s *TaskStream) Next(ctx context.Context) (*ent.Task, error) {
	for len(s.pending) == 0 {
		e, more, err := s.reader.Peek(ctx)
		switch {
		case err != nil:
			return nil, err
		case e == nil:
			err = s.await(ctx, more)
		case (e.Type == vocab.TaskStarted || e.Type == vocab.TaskFinished) && id.Is(e.SubjectID, id.Task):
			err = s.reportTasks(ctx, e.SubjectID)
		}
		if err != nil {
			return nil, err
		}
	}
	next := s.pending[0]
	s.pending = s.pending[1:]
	return next, nil
}

// await waits for more of the log, and reads the progress of tasks that run.
func (s *TaskStream) await(ctx context.Context, more <-chan struct{}) error {
	var pause <-chan time.Time
	if len(s.shown) > 0 {
		timer := time.NewTimer(s.live.taskPause)
		defer timer.Stop()
		pause = timer.C
	}
	select {
	case <-more:
		return nil
	case <-pause:
		running := make([]string, 0, len(s.shown))
		for taskID := range s.shown {
			running = append(running, taskID)
		}
		return s.reportTasks(ctx, running...)
	case <-s.viewer.Changed():
		_, err := s.viewer.At(ctx, 0)
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// reportTasks reads tasks and reports those of the viewer that changed.
func (s *TaskStream) reportTasks(ctx context.Context, ids ...string) error {
	v, err := s.viewer.At(ctx, s.reader.Position())
	if err != nil {
		return err
	}
	found, err := s.load(viewer.NewContext(ctx, v), ids)
	if err == nil {
		s.report(found)
	}
	return err
}

// load reads the viewer's own tasks, in the order of their making: some, or of none
// given those that are not finished.
func (s *TaskStream) load(ctx context.Context, ids []string) ([]*ent.Task, error) {
	q := s.live.store.Client(ctx).Task.Query().Where(enttask.ActorID(viewer.FromContext(ctx).ActorID)).
		Order(ent.Desc(enttask.FieldID)).Limit(mostTasks)
	if ids == nil {
		q.Where(enttask.StateIn(vocab.TaskQueued, vocab.TaskRunning))
	} else {
		q.Where(enttask.IDIn(ids...))
	}
	found, err := q.All(ctx)
	slices.Reverse(found)
	return found, err
}

func (s *TaskStream) report(tasks []*ent.Task) {
	for _, t := range tasks {
		now := progressOf(t)
		if was, known := s.shown[t.ID]; known && was == now {
			continue
		}
		s.pending = append(s.pending, t)
		if s.shown[t.ID] = now; t.FinishedAt.IsSet() {
			delete(s.shown, t.ID)
		}
	}
}
