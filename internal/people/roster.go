package people

import (
	"maps"
	"slices"
)

// Roster says by ids who belongs to which group: users to a team, or users and
// teams to an inbox.
type Roster map[string]map[string]bool

// Put adds a member to a group; again: nothing.
func (r Roster) Put(group, member string) {
	if r[group] == nil {
		r[group] = map[string]bool{}
	}
	r[group][member] = true
}

// Members returns everyone in any group, once each.
func (r Roster) Members() []string {
	all := map[string]bool{}
	for _, members := range r {
		maps.Copy(all, members)
	}
	return slices.Collect(maps.Keys(all))
}

// Enroll returns for each group the rows of its members, in the order of rows,
// never nil.
func Enroll[T any](groups []string, r Roster, rows []*T, idOf func(*T) string) [][]*T {
	lists := make([][]*T, len(groups))
	for i, g := range groups {
		lists[i] = []*T{}
		for _, row := range rows {
			if r[g][idOf(row)] {
				lists[i] = append(lists[i], row)
			}
		}
	}
	return lists
}
