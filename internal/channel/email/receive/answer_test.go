package receive_test

import (
	"context"
	"testing"
	"time"

	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// NT-8: an answer to a notification whose job is gone, or whose mail was erased, does not wait for
// ever: it is settled, and one that came too long ago is not sent.
func TestOverdueAnswers(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		left := w.Takes(mailOf("kim@shop.example", "left@shop.example", "Re: Lamp", "It is on its way."), w.Support)[0]
		erased := w.Takes(mailOf("kim@shop.example", "erased@shop.example", "Re: Lamp", "It is on its way."), w.Support)[0]
		check.NoError(t, w.Store.WithTx(w.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE inbound_mails SET state = 'ANSWER', error = 'answer of user_1', blob_key = CASE id WHEN $1 THEN '' ELSE blob_key END WHERE id IN ($2, $3) AND account_id = $4",
				erased, left, erased, w.Inbound(left).AccountID)
			return err
		}))
		states := func(wantLeft, wantErased vocab.InboundState) {
			t.Helper()
			check.NoError(t, w.Receive.IngestOverdue(t.Context()))
			check.Same(t, []vocab.InboundState{w.Inbound(left).State, w.Inbound(erased).State}, []vocab.InboundState{wantLeft, wantErased})
		}
		states(vocab.InboundAnswer, vocab.InboundAnswer) // their jobs may be there still
		w.Clock.Advance(4 * time.Hour)
		states(vocab.InboundAnswer, vocab.InboundRefused) // it is tried, and cannot be sent here
		w.Clock.Advance(20 * time.Hour)
		states(vocab.InboundRefused, vocab.InboundRefused)
	})
}
