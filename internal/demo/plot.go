package demo

import "parley/internal/vocab"

// plot is what becomes of a conversation, unless the present comes first.
type plot int

const (
	plotWaiting  plot = iota // no one has taken it
	plotAsked                // assigned, not answered
	plotTeam                 // with a team
	plotAnswered             // answered, left open
	plotClosed
	plotReopened
	plotSnoozed
	plotBot       // a bot has it
	plotBotEnded  // a bot was done with it
	plotHandedOff // a bot gave it to people
	plotTakenOver // a person took it from a bot
	plotSpam
	plotBlocked
	plotRole
	plotPromotional
	plotAutoReply
	plotTrash
)

// chatOnly and mailOnly are plots of one kind of channel.
func (p plot) chatOnly() bool { return p >= plotBot && p <= plotTakenOver }

func (p plot) mailOnly() bool { return p >= plotRole && p <= plotAutoReply }

// reasons are why a conversation is filtered from its first message on (IN-11).
func (p plot) reasons(d dice) vocab.FilteredReasons {
	var set vocab.FilteredReasons
	switch p {
	case plotRole:
		set = set.With(vocab.ReasonRoleAddress)
		if d.chance(30) {
			set = set.With(vocab.ReasonPromotional)
		}
	case plotPromotional:
		set = set.With(vocab.ReasonPromotional)
	case plotAutoReply:
		set = set.With(vocab.ReasonAutoReply)
	}
	return set
}

// deal is how many of the plots in a deck are this one.
type deal struct {
	plot  plot
	count int
}

// What becomes of conversations of the last weeks, and of older ones.
var (
	recent = []deal{
		{plotWaiting, 9}, {plotAsked, 7}, {plotTeam, 4}, {plotAnswered, 6}, {plotClosed, 9}, {plotReopened, 2}, {plotSnoozed, 3},
		{plotBot, 2}, {plotBotEnded, 1}, {plotHandedOff, 2}, {plotTakenOver, 1},
		{plotSpam, 1}, {plotBlocked, 1}, {plotRole, 1}, {plotPromotional, 1}, {plotAutoReply, 1}, {plotTrash, 1},
	}
	settled = []deal{
		{plotClosed, 34}, {plotReopened, 3}, {plotAnswered, 1}, {plotAsked, 1}, {plotTeam, 1},
		{plotBotEnded, 2}, {plotTakenOver, 2}, {plotHandedOff, 1},
		{plotSpam, 1}, {plotBlocked, 1}, {plotRole, 1}, {plotPromotional, 1}, {plotAutoReply, 1}, {plotTrash, 1},
	}
	// ending are the very last conversations, which are under way now.
	ending = [...]plot{plotBotEnded, plotAsked, plotHandedOff, plotBot, plotWaiting}
)

// enoughForEnding is the least number of conversations that has such an ending.
const enoughForEnding = 10 * len(ending)

// plotDecks deal plots so that each comes as often as it should, even among a few.
type plotDecks struct {
	dice  dice
	cards [2][]plot
	left  [2][]plot
}

func newDecks(d dice) plotDecks {
	s := plotDecks{dice: d}
	for i, deals := range [2][]deal{recent, settled} {
		for _, one := range deals {
			for range one.count {
				s.cards[i] = append(s.cards[i], one.plot)
			}
		}
	}
	return s
}

// nextPlot returns the next plot of a deck: 0 the recent ones, 1 the older ones.
func (s *plotDecks) nextPlot(deck int) plot {
	if len(s.left[deck]) == 0 {
		s.left[deck] = append(s.left[deck], s.cards[deck]...)
		s.dice.Shuffle(len(s.left[deck]), func(i, j int) { s.left[deck][i], s.left[deck][j] = s.left[deck][j], s.left[deck][i] })
	}
	last := len(s.left[deck]) - 1
	p := s.left[deck][last]
	s.left[deck] = s.left[deck][:last]
	return p
}
