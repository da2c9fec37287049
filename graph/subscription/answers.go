package subscription

import (
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
)

// answers are what was answered lately, by what subscribers have in common.
type answers struct {
	mu     sync.Mutex
	groups map[string]*group
}

func newAnswers() *answers { return &answers{groups: map[string]*group{}} }

// group is all who get the same answer to the same item.
type group struct {
	key     string
	members atomic.Int64 // changed under answers' lock

	mu    sync.Mutex
	given map[any]*answer
	order []any // of given, oldest first
}

// kept is how many answers a group remembers: members who lag further behind
// have theirs made again.
const kept = 256

type answer struct {
	once sync.Once
	resp *graphql.Response
}

// joinGroup returns the group of a key.
func (a *answers) joinGroup(key string) *group {
	a.mu.Lock()
	defer a.mu.Unlock()
	g := a.groups[key]
	if g == nil {
		g = &group{key: key, given: map[any]*answer{}}
		a.groups[key] = g
	}
	g.members.Add(1)
	return g
}

// leaveGroup gives a group back; nil: none.
func (a *answers) leaveGroup(g *group) {
	if g == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if g.members.Add(-1) == 0 {
		delete(a.groups, g.key)
	}
}

// answerItem returns what was answered to an item, or has render answer it: once,
// while the others wait. The answer is only for reading. For a member who is
// alone nothing is remembered.
func (g *group) answerItem(item any, render func() *graphql.Response) *graphql.Response {
	name := identity(item)
	if name == nil || g.members.Load() == 1 {
		return render()
	}
	a := g.findAnswer(name)
	a.once.Do(func() { a.resp = render() })
	if a.resp == nil { // it panicked while another waited
		return render()
	}
	return a.resp
}

func (g *group) findAnswer(name any) *answer {
	g.mu.Lock()
	defer g.mu.Unlock()
	a := g.given[name]
	if a == nil {
		if len(g.order) == kept {
			delete(g.given, g.order[0])
			g.order = append(g.order[:0], g.order[1:]...)
		}
		a = &answer{}
		g.given[name] = a
		g.order = append(g.order, name)
	}
	return a
}

// identity names an item that several subscribers may get: a pointer by itself,
// a list by its first element. Other items are no one else's: nil.
func identity(item any) any {
	v := reflect.ValueOf(item)
	switch v.Kind() {
	case reflect.Pointer:
		return item
	case reflect.Slice:
		if v.Len() > 0 {
			return v.Index(0).Addr().Interface()
		}
	}
	return nil
}
