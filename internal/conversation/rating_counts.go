package conversation

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// maxRatingPeriod is how long a period is that ratings are counted in.
	maxRatingPeriod = 400 * 24 * time.Hour
	// maxRatingCounts is how many rows are shown of an inbox.
	maxRatingCounts = 100
)

// RatingCount is how the conversations were rated that one user or integration closed.
type RatingCount struct {
	ID         string
	ResolvedBy string
	Count      int
	Average    float64
	// Scores are how many ratings have each score, from 1 on.
	Scores []int
}

// RatingCounts counts what was answered in each of the inboxes within a period, with one
// query: by who closed the conversations, most answers first. An inbox that the caller is
// not a member of has none. INVALID on before and after.
func (s *Service) RatingCounts(ctx context.Context, inboxes []*ent.Inbox, after clock.Micros, before *clock.Micros) ([][]*RatingCount, error) {
	until := s.store.Now() + 1
	if before != nil {
		until = *before
	}
	if until <= after || after.Add(maxRatingPeriod) < until {
		return nil, errs.New(errs.Invalid, "The period must end after it begins, and be at most %d days long.", int(maxRatingPeriod.Hours()/24)).On("before")
	}
	me := viewer.FromContext(ctx)
	var ids []string
	for _, i := range inboxes {
		if me.InInbox(i.ID) {
			ids = append(ids, i.ID)
		}
	}
	counts := map[string]map[string]*RatingCount{}
	if len(ids) > 0 {
		q := &store.Statement{}
		q.WriteString("SELECT inbox_id, resolved_by, score, COUNT(*) FROM ratings WHERE inbox_id IN (" + store.List(q, ids) + ") AND account_id = " + q.Arg(me.AccountID) +
			" AND given_at >= " + q.Arg(int64(max(after, 1))) + " AND given_at < " + q.Arg(int64(until)) + " GROUP BY inbox_id, resolved_by, score")
		err := store.ForEachRow(ctx, s.store, q.String(), q.Args, func(rows entsql.ColumnScanner) error {
			var inboxID, by string
			var score, n int
			if err := rows.Scan(&inboxID, &by, &score, &n); err != nil {
				return err
			}
			of := counts[inboxID]
			if of == nil {
				of = map[string]*RatingCount{}
				counts[inboxID] = of
			}
			if of[by] == nil {
				of[by] = &RatingCount{ID: ratingCountID(inboxID, by, after, before), ResolvedBy: by, Scores: make([]int, vocab.MaxScore)}
			}
			of[by].add(score, n)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	all := make([][]*RatingCount, len(inboxes))
	for i, box := range inboxes {
		all[i] = mostRated(counts[box.ID])
	}
	return all, nil
}

func (r *RatingCount) add(score, n int) {
	r.Average = (r.Average*float64(r.Count) + float64(score*n)) / float64(r.Count+n)
	r.Count += n
	r.Scores[score-1] += n
}

// mostRated are those with the most answers.
func mostRated(of map[string]*RatingCount) []*RatingCount {
	list := make([]*RatingCount, 0, len(of))
	for _, r := range of {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b *RatingCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.ResolvedBy, b.ResolvedBy))
	})
	return list[:min(len(list), maxRatingCounts)]
}

func ratingCountID(inboxID, by string, after clock.Micros, before *clock.Micros) string {
	parts := []string{inboxID, by, strconv.FormatInt(int64(after), 36)}
	if before != nil {
		parts = append(parts, strconv.FormatInt(int64(*before), 36))
	}
	return strings.Join(parts, ":")
}
