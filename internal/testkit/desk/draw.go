package desk

import (
	"math/rand/v2"
	"time"

	"parley/internal/clock"
	"parley/internal/vocab"
)

var (
	// TagNames are what random conversations are tagged with.
	TagNames = []string{"vip", "urgent", `quote"d`, "café"}
	// WordNames are what is said in them.
	WordNames = []string{"apple", "pear", "plum", "café"}
)

// Pick draws one of the values.
func Pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// Moment is one of few, so that many are the same.
func Moment(n int) clock.Micros { return clock.Of(Monday.Add(time.Duration(n) * time.Hour)) }

var (
	// BuiltInViews are all that there are.
	BuiltInViews = []vocab.ConversationView{vocab.ViewAll, vocab.ViewMine, vocab.ViewUnassigned, vocab.ViewEmail, vocab.ViewChat, vocab.ViewBots, vocab.ViewFiltered, vocab.ViewTrash}
	// Orders are all that there are.
	Orders = []vocab.ConversationOrder{vocab.ActivityDesc, vocab.ActivityAsc, vocab.OpenedDesc, vocab.OpenedAsc, vocab.LongestWaiting, vocab.PriorityDesc}
)
