package reaction

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"parley/ent"
	"parley/internal/event"
	"parley/internal/vocab"
)

// Consumer is what follows from events of some types.
type Consumer struct {
	// Name is the consumer's for good: its marks are stored under it. Lower-case
	// letters, digits and "-".
	Name string
	// Types of the events that it gets; nil: all.
	Types []vocab.EventType
	// FromFloor: it begins with the oldest event of each account's log, not with
	// what comes after its first start.
	FromFloor bool
	// Handle does what follows from an event. The sequence shows whether it
	// was done before; see Once.
	Handle func(ctx context.Context, e *event.Entry) error
	// Check compares the state of the context's account with what the consumer
	// would have made of it, and fixes it, after events were passed over. It may
	// run again. Nil: there is nothing to fix.
	Check func(ctx context.Context) error
	// Timeout is after how long a handler's context ends; zero: 30 seconds. A check
	// has twenty times as long.
	Timeout time.Duration
	// Tries is how often an event is tried before it waits for an operator; zero:
	// eight times, over some ten minutes.
	Tries int
}

const (
	defaultTimeout = 30 * time.Second
	defaultTries   = 8
	// checkTimeouts is how many timeouts a check may last.
	checkTimeouts = 20
)

var validName = regexp.MustCompile(`^[a-z0-9-]{1,50}$`)

// consumer is a registered consumer and what this node knows of its work. The
// fields below types are guarded by Engine.mu.
type consumer struct {
	Consumer
	types map[vocab.EventType]bool // nil: all

	shares   [shareCount]*share // nil: another node has it, or none
	accounts map[string]*progress
	ready    []*progress
	workers  int
}

// Register adds a consumer. It is called before Run, on every node. It panics
// if the consumer cannot be meant or its name is registered already.
func (e *Engine) Register(c Consumer) {
	if !validName.MatchString(c.Name) || c.Handle == nil || c.Types != nil && len(c.Types) == 0 {
		panic(fmt.Sprintf("reaction: the consumer %q needs a name of lower-case letters, digits and \"-\", a handler, and types or nil", c.Name))
	}
	if e.consumerNamed(c.Name) != nil {
		panic(fmt.Sprintf("reaction: a consumer %q is registered already", c.Name))
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.Tries == 0 {
		c.Tries = defaultTries
	}
	added := &consumer{Consumer: c, accounts: map[string]*progress{}}
	if c.Types != nil {
		added.types = map[vocab.EventType]bool{}
		for _, t := range c.Types {
			added.types[t] = true
		}
	}
	e.consumers = append(e.consumers, added)
}

// consumerNamed returns the registered consumer of that name, or nil.
func (e *Engine) consumerNamed(name string) *consumer {
	for _, c := range e.consumers {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// wantsAny reports whether one of the events is of the consumer's types.
func (c *consumer) wantsAny(events []*ent.Event) bool {
	if c.types == nil {
		return len(events) > 0
	}
	for _, e := range events {
		if c.types[e.Type] {
			return true
		}
	}
	return false
}
