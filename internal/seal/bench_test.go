package seal_test

import (
	"os"
	"strconv"
	"testing"

	"parley/internal/clock"
	"parley/internal/seal"
	"parley/internal/secret"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
)

// BenchmarkVerify fills an account's event log with PARLEY_BENCH_EVENTS events, 100,000 unless
// set, and measures how long sealing and verifying all of them takes: make bench-verify.
func BenchmarkVerify(b *testing.B) {
	n := 100_000
	if text := os.Getenv("PARLEY_BENCH_EVENTS"); text != "" {
		n = check.Must(strconv.Atoi(text))(b)
	}
	databases := map[string]testkit.Database{"sqlite": {}}
	if os.Getenv(testkit.PostgresVariable) != "" {
		databases["postgres"] = testkit.Postgres(b)
	}
	for name, db := range databases {
		for size, n := range map[int64]int{1000: n, 1: n / 20} { // few blocks that are full, and many of one row
			b.Run(name+"/"+strconv.FormatInt(size, 10), func(b *testing.B) {
				s := db.Open(b, clock.System{})
				f := testkit.Account(b, s)
				fill := `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
				INSERT INTO events (id, account_id, sequence, type, occurred_at, actor_kind, actor_id, inbox_id, conversation_id, message_id, revision, changes)
				SELECT 'event_' || e.id || i, e.id, e.sequence + i, 'MESSAGE_CREATED', 1700000000000000 + i, 'AGENT', 'user_01k5x7vqz4e4yt2mq9yhw3c8aa', 'inbox_01k5x7vqz4e4yt2mq9yhw3c8ab',
					'conversation_01k5x7vqz4e4yt2mq9yhw3' || (i % 1000), 'message_01k5x7vqz4e4yt2mq9' || i, i, '[{"field":"status","from":"OPEN","to":"CLOSED"}]' FROM n, account_sequences e WHERE e.id = $2`
				if s.Postgres() {
					fill = `INSERT INTO events (id, account_id, sequence, type, occurred_at, actor_kind, actor_id, inbox_id, conversation_id, message_id, revision, changes)
				SELECT 'event_' || e.id || i, e.id, e.sequence + i, 'MESSAGE_CREATED', 1700000000000000 + i, 'AGENT', 'user_01k5x7vqz4e4yt2mq9yhw3c8aa', 'inbox_01k5x7vqz4e4yt2mq9yhw3c8ab',
					'conversation_01k5x7vqz4e4yt2mq9yhw3' || (i % 1000), 'message_01k5x7vqz4e4yt2mq9' || i, i, '[{"field":"status","from":"OPEN","to":"CLOSED"}]' FROM generate_series(1, $1::bigint) AS n(i), account_sequences e WHERE e.id = $2`
				}
				for _, statement := range []string{fill, "UPDATE account_sequences SET sequence = sequence + $1 WHERE id = $2"} {
					if _, err := s.Writer().ExecContext(b.Context(), statement, n, f.AccountID); err != nil {
						b.Fatal(err)
					}
				}
				keys := check.Must(secret.Parse(secret.GenerateKey()))(b)
				began := clock.System{}.Now()
				sealer := seal.New(s, keys, options)
				sealer.SealBlocksOf(size)
				if err := sealer.SealAll(f.System, f.AccountID); err != nil {
					b.Fatal(err)
				}
				took := clock.System{}.Now().Sub(began).Seconds()
				for b.Loop() {
					var rows int64
					err := seal.Verify(b.Context(), s, keys, seal.Options{Account: f.AccountID}, func(r *seal.Report) error {
						rows += r.Rows
						if len(r.Problems) > 0 {
							b.Fatal(r.Problems)
						}
						return nil
					})
					if err != nil || rows < int64(n) {
						b.Fatal(rows, err)
					}
				}
				b.ReportMetric(took, "s-sealing")
			})
		}
	}
}
