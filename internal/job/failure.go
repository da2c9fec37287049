package job

import (
	"context"
	"log/slog"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// failures logs each run that failed, which River does on a level that no one
// reads. What a worker returns to run again, or because the queue stops, is none;
// what it gives up is logged by Work.
type failures struct{ log *slog.Logger }

// HandleError logs the error of a run.
func (f failures) HandleError(ctx context.Context, j *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	f.report(ctx, j, "error", err)
	return nil
}

// HandlePanic logs a run that panicked.
func (f failures) HandlePanic(ctx context.Context, j *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	f.report(ctx, j, "panic", value, "trace", trace)
	return nil
}

func (f failures) report(ctx context.Context, j *rivertype.JobRow, fields ...any) {
	fields = append(fields, "kind", j.Kind, "job", j.ID, "attempt", j.Attempt)
	switch {
	case j.Kind == (periodicArgs{}).Kind():
		f.log.WarnContext(ctx, "periodic work failed; it waits for its next turn", append(fields, "args", string(j.EncodedArgs))...)
	case j.Attempt < j.MaxAttempts:
		f.log.WarnContext(ctx, "a job failed; trying again", fields...)
	default:
		f.log.ErrorContext(ctx, "a job failed for the last time and was given up", fields...)
	}
}
