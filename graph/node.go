package graph

import (
	"context"

	"parley/ent"
	"parley/graph/model"
	"parley/internal/channel/chat/settings"
	"parley/internal/channel/custom"
	emailsettings "parley/internal/channel/email/settings"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/loader"
	"parley/internal/viewer"
)

// maxNodes is how many objects `nodes` loads at once.
const maxNodes = 100

// loadNode loads any object by its id; what the caller may not see is null.
func (r *Resolver) loadNode(ctx context.Context, nodeID string) (model.Node, error) {
	list, err := r.loadNodes(ctx, []string{nodeID})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// loadNodes loads any objects, each where its id stands, with one query for each
// type of them.
func (r *Resolver) loadNodes(ctx context.Context, ids []string) ([]model.Node, error) {
	if v := viewer.FromContext(ctx); v != nil && v.Kind == viewer.Visitor {
		return r.loadForVisitor(ctx, ids)
	}
	list, err := r.Services.Nodes.Load(ctx, ids)
	if err != nil {
		return nil, err
	}
	for prefix, load := range map[string]func(context.Context, []string) ([]any, error){
		id.Task:             loader.AnyOf(r.Services.Conversations.TasksByID),
		id.ContactList:      loader.AnyOf(r.Services.Contacts.ListsByID),
		id.Consent:          loader.AnyOf(r.Services.Consents.ByID),
		id.SubscriptionType: loader.AnyOf(r.Services.Consents.TypesOf),
		id.Erasure:          loader.AnyOf(r.Services.Privacy.ByID),
	} {
		if err := loader.Place(ctx, list, ids, prefix, load); err != nil {
			return nil, err
		}
	}
	return asNodes(list), nil
}

// loadForVisitor loads what is a visitor's own, as visitors see it: the visitor, their
// conversations and the messages in them.
func (r *Resolver) loadForVisitor(ctx context.Context, ids []string) ([]model.Node, error) {
	list := make([]any, len(ids))
	for prefix, load := range map[string]func(context.Context, []string) ([]any, error){
		id.Visitor:      loader.AnyOf(r.Services.Nodes.Visitors),
		id.Session:      loader.AnyOf(r.Services.Nodes.VisitorSessions),
		id.Conversation: loader.AnyOf(shownAs(r.Services.Visitors.ConversationsByID, shownConversation)),
		id.Message:      loader.AnyOf(shownAs(r.Services.Nodes.UndeletedMessages, shownMessage)),
	} {
		if err := loader.Place(ctx, list, ids, prefix, load); err != nil {
			return nil, err
		}
	}
	return asNodes(list), nil
}

// shownAs is a function that loads rows, as visitors see them.
func shownAs[F, T any](load func(context.Context, []string) ([]*F, error), as func(*F) *T) func(context.Context, []string) ([]*T, error) {
	return func(ctx context.Context, ids []string) ([]*T, error) {
		found, err := load(ctx, ids)
		return pick(found, as), err
	}
}

func asNodes(list []any) []model.Node {
	nodes := make([]model.Node, len(list))
	for i, object := range list {
		nodes[i] = object
	}
	return nodes
}

// actorOf returns the viewer's id if it is one of a type; else "".
func actorOf(v *viewer.Viewer, prefix string) string {
	if id.Is(v.ActorID, prefix) {
		return v.ActorID
	}
	return ""
}

// nodeOf loads an object of one type by its id; nil for one of another type.
func nodeOf[T any](ctx context.Context, r *Resolver, nodeID string) (*T, error) {
	object, err := r.loadNode(ctx, nodeID)
	if err != nil {
		return nil, err
	}
	own, _ := object.(*T)
	return own, nil
}

// loadChannel loads a channel of any kind by its id.
func (r *Resolver) loadChannel(ctx context.Context, channelID string) (model.Channel, error) {
	object, err := r.loadNode(ctx, channelID)
	if err != nil {
		return nil, err
	}
	switch object.(type) {
	case *ent.Channel, *ent.EmailChannel, *ent.CustomChannel:
		return object, nil
	}
	return nil, nil
}

// removeChannel removes a channel of any kind (IB-6).
func (r *Resolver) removeChannel(ctx context.Context, in emailsettings.RemoveChannelInput) (model.Channel, error) {
	channel, err := r.loadChannel(ctx, in.ChannelID)
	switch channel.(type) {
	case *ent.Channel:
		return r.Services.ChatSettings.Remove(ctx, settings.RemoveChatChannel{
			ChannelID: in.ChannelID, ConfirmName: in.ConfirmName, IdempotencyKey: in.IdempotencyKey, Input: in,
		})
	case *ent.EmailChannel:
		return r.Services.EmailSettings.Remove(ctx, in)
	case *ent.CustomChannel:
		return r.Services.Custom.Remove(ctx, custom.Remove{
			Mutation: "removeChannel", ChannelID: in.ChannelID, ConfirmName: in.ConfirmName, IdempotencyKey: in.IdempotencyKey, Input: in,
		})
	}
	if err != nil {
		return nil, err
	}
	return nil, errs.New(errs.NotFound, "There is no channel %q that you may see.", errs.Clip(in.ChannelID)).On("channelId")
}
