package crm

// freePlace leaves a place among others free, from 1 and at most behind the last, and
// returns it. Those whose place is another then are moved there.
func freePlace[R any](others []R, position int, placeOf func(R) int, move func(R, int) error) (int, error) {
	position = min(position, len(others)+1)
	for i, other := range others {
		place := i + 1
		if place >= position {
			place++
		}
		if place == placeOf(other) {
			continue
		}
		if err := move(other, place); err != nil {
			return 0, err
		}
	}
	return position, nil
}
