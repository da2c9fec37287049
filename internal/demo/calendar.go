package demo

import (
	"math"
	"time"

	"parley/internal/clock"
)

// history is how far back the data reaches.
const history = 180 * 24 * time.Hour

// calendar spreads the beginnings of conversations over the history, in order:
// more of them lately, fewer at night.
type calendar struct {
	now   clock.Micros
	total int
	dice  dice
}

// justNow is how long ago the very last conversations began, whose plots are
// those of ending; older is how long ago all others did, at least.
var justNow = [len(ending)]time.Duration{14 * time.Minute, 10 * time.Minute, 7 * time.Minute, 4 * time.Minute, 2 * time.Minute}

const older = 15 * time.Minute

// opening returns when conversation i of total begins; it rises with i.
func (c calendar) opening(i int) clock.Micros {
	if last := i - c.total + len(ending); last >= 0 && c.total >= enoughForEnding {
		return c.now.Add(-justNow[last])
	}
	left := (float64(c.total-i) - c.dice.Float64()) / float64(c.total)
	age := time.Duration(math.Pow(left, 1.5) * float64(history-older))
	return daylight(c.now.Add(-age-older), c.now)
}

const day = clock.Micros(24 * time.Hour / time.Microsecond)

// hours are how much of a day's work falls, per mille, before each hour.
var hours = [25]clock.Micros{
	0, 8, 14, 20, 26, 34, 46, 66, 108, 188, 276, 364, 446,
	520, 600, 686, 768, 838, 888, 922, 946, 964, 978, 990, 1000,
}

// daylight moves a time within its day to where the work of a day lies, and
// keeps the order of times. Of the day that now is in nothing is moved.
func daylight(t, now clock.Micros) clock.Micros {
	midnight := t - t%day
	if midnight+day > now {
		return t
	}
	share := (t - midnight) * 1000
	for h := range 24 {
		from, to := hours[h]*day, hours[h+1]*day
		if share < to {
			return midnight + clock.Micros(h)*(day/24) + (share-from)/((to-from)/(day/24))
		}
	}
	return t
}
