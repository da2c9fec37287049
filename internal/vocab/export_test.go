package vocab

import (
	"maps"
	"slices"
)

// EventTypesWithRow are the types in the table of events.
func EventTypesWithRow() []EventType { return slices.Collect(maps.Keys(events)) }
