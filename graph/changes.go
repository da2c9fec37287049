package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"parley/ent"
	"parley/internal/event"
)

// changesOf types the changes of events, and fills in the edges that are asked
// for: one load a type for the changes of all the events.
func (r *Resolver) changesOf(ctx context.Context, objs []*ent.Event) ([][]event.FieldChange, error) {
	lists := make([][]event.FieldChange, len(objs))
	for i, e := range objs {
		lists[i] = event.Changes(e)
	}
	load := r.Services.Nodes
	for _, fill := range []func() error{
		func() error {
			return fillEdges(ctx, "Assignee", lists, load.Users, func(c *event.AssigneeChange) edges[ent.User] {
				return edges[ent.User]{c.FromAssigneeID, c.ToAssigneeID, &c.FromAssignee, &c.ToAssignee}
			})
		},
		func() error {
			return fillEdges(ctx, "Team", lists, load.Teams, func(c *event.TeamChange) edges[ent.Team] {
				return edges[ent.Team]{c.FromTeamID, c.ToTeamID, &c.FromTeam, &c.ToTeam}
			})
		},
		func() error {
			return fillEdges(ctx, "Contact", lists, load.Contacts, func(c *event.ContactChange) edges[ent.Contact] {
				return edges[ent.Contact]{c.FromContactID, c.ToContactID, &c.FromContact, &c.ToContact}
			})
		},
		func() error {
			return fillEdges(ctx, "Inbox", lists, load.Inboxes, func(c *event.InboxChange) edges[ent.Inbox] {
				return edges[ent.Inbox]{c.FromInboxID, c.ToInboxID, &c.FromInbox, &c.ToInbox}
			})
		},
		func() error {
			return fillEdges(ctx, "Stage", lists, load.PipelineStages, func(c *event.StageChange) edges[ent.PipelineStage] {
				return edges[ent.PipelineStage]{c.FromStageID, c.ToStageID, &c.FromStage, &c.ToStage}
			})
		},
		func() error { return r.fillTags(ctx, lists) },
		func() error { return r.fillProperties(ctx, lists) },
	} {
		if err := fill(); err != nil {
			return nil, err
		}
	}
	return lists, nil
}

// fillTags loads the tags of all changes, if the operation asks for them.
func (r *Resolver) fillTags(ctx context.Context, lists [][]event.FieldChange) error {
	if !asks(ctx, "TagsChange", "added", "removed") {
		return nil
	}
	var ids [][]string
	var places []*[]*ent.Tag
	for _, list := range lists {
		for _, change := range list {
			if c, ok := change.(*event.TagsChange); ok {
				ids, places = append(ids, c.AddedIDs, c.RemovedIDs), append(places, &c.Added, &c.Removed)
			}
		}
	}
	found, err := r.Services.Nodes.TagLists(ctx, ids)
	if err != nil {
		return err
	}
	for i, place := range places {
		*place = found[i]
	}
	return nil
}

// fillProperties loads the properties of all changes, if the operation asks for them.
func (r *Resolver) fillProperties(ctx context.Context, lists [][]event.FieldChange) error {
	if !asks(ctx, "PropertiesChange", "set", "cleared") {
		return nil
	}
	var ids []string
	for _, list := range lists {
		for _, change := range list {
			if c, ok := change.(*event.PropertiesChange); ok {
				ids = append(append(ids, c.SetIDs...), c.ClearedIDs...)
			}
		}
	}
	found, err := r.Services.Nodes.Properties(ctx, ids)
	if err != nil {
		return err
	}
	for _, list := range lists {
		for _, change := range list {
			if c, ok := change.(*event.PropertiesChange); ok {
				c.Set, found = thereOf(found, len(c.SetIDs))
				c.Cleared, found = thereOf(found, len(c.ClearedIDs))
			}
		}
	}
	return nil
}

// thereOf splits what is there of the first n objects from the others.
func thereOf[T any](list []*T, n int) (there, others []*T) {
	there = []*T{}
	for _, v := range list[:n] {
		if v != nil {
			there = append(there, v)
		}
	}
	return there, list[n:]
}

// edges are the two objects of a change: their ids, and where they go.
type edges[T any] struct {
	fromID, toID *string
	from, to     **T
}

// fillEdges loads the objects of all changes of one type, if the operation asks
// for them. name is the part of the type's and the fields' names.
func fillEdges[C, T any](ctx context.Context, name string, lists [][]event.FieldChange, load func(context.Context, []string) ([]*T, error), edgesOf func(*C) edges[T]) error {
	if !asks(ctx, name+"Change", "from"+name, "to"+name) {
		return nil
	}
	var ids []string
	var places []**T
	for _, list := range lists {
		for _, change := range list {
			if c, ok := any(change).(*C); ok {
				e := edgesOf(c)
				ids, places = append(ids, value(e.fromID), value(e.toID)), append(places, e.from, e.to)
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	found, err := load(ctx, ids)
	if err != nil {
		return err
	}
	for i, place := range places {
		*place = found[i]
	}
	return nil
}

// asks reports whether the field that is being resolved selects one of the fields
// of a type.
func asks(ctx context.Context, object string, fields ...string) bool {
	fc := graphql.GetFieldContext(ctx)
	for _, selected := range graphql.CollectFields(graphql.GetOperationContext(ctx), fc.Field.Selections, []string{object}) {
		for _, f := range fields {
			if selected.Name == f {
				return true
			}
		}
	}
	return false
}
