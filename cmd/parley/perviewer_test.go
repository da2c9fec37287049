package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// colleague adds an agent with the rights of the first one, of whom nothing is the
// same: they read nothing, and have own views, mailboxes, tasks and notices.
func (l *lab) colleague(w *world) (dan string) {
	l.t.Helper()
	dan = id.New(id.User)
	w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		c, now := tx.Client, w.Store.Now()
		tx.Append(ctx, store.Event{Type: vocab.ConversationRead, InboxID: w.InboxIDs[0], ConversationID: w.ConversationIDs[0], UserID: dan})
		return all(
			ctx,
			c.User.Create().SetID(dan).SetName("Dan").SetEmail("dan@example.com").SetRole(vocab.RoleAgent).SetSeat(vocab.SeatSales).SetAvailability(vocab.Away).SetCreatedAt(now),
			c.InboxUser.Create().SetID(id.New("member")).SetInboxID(w.InboxIDs[0]).SetUserID(dan),
			c.Draft.Create().SetID(id.New(id.Draft)).SetInboxID(w.InboxIDs[0]).SetConversationID(w.ConversationIDs[1]).SetUserID(dan).SetUpdatedAt(now).SetCreatedAt(now),
			c.SavedView.Create().SetID(id.New(id.SavedView)).SetInboxID(w.InboxIDs[0]).SetOwnerID(dan).SetPrivateTo(dan).SetName("Dan's").SetView(vocab.ViewAll).
				SetFilter(json.RawMessage(`{}`)).SetOrderBy(vocab.ActivityDesc).SetCreatedAt(now),
			c.PersonalMailbox.Create().SetID(id.New(id.PersonalMailbox)).SetUserID(dan).SetAddress("dan@example.org").SetProvider(vocab.EmailIMAP).SetCreatedAt(now),
			c.ImageSender.Create().SetID(id.New(id.ImageSender)).SetUserID(dan).SetAddress("ada@example.net").SetCreatedAt(now),
			c.Notification.Create().SetID(id.New(id.Notification)).SetUserID(dan).SetKind(vocab.NotifyAssigned).SetInboxID(w.InboxIDs[0]).SetConversationID(w.ConversationIDs[1]).
				SetFirstSequence(1).SetLastSequence(1).SetSequence(1).SetUpdatedAt(now).SetCreatedAt(now),
			c.Task.Create().SetID(id.New(id.Task)).SetKind(vocab.TaskBulkClose).SetState(vocab.TaskQueued).SetParams(json.RawMessage(`{}`)).SetTotal(1).
				SetProblems([]vocab.TaskProblem{}).SetActorKind(viewer.Agent).SetActorID(dan).SetCreatedAt(now),
			c.ApiToken.Create().SetID(id.New(id.APIToken)).SetHash([]byte(dan)).SetName("D").SetUserID(dan).SetScopes([]string{"*"}).SetExpiresAt(now+1e12).SetCreatedAt(now),
			c.Conversation.UpdateOneID(w.ConversationIDs[1]).SetAssigneeID(dan),
			c.Conversation.UpdateOneID(w.ConversationIDs[0]).SetAssigneeID(w.AgentIDs[0]),
		)
	})
	if got := l.run(w.Agent(0), fmt.Sprintf(`mutation { markConversationRead(input: {conversationId: %q}) { userErrors { code } } }`, w.ConversationIDs[0])); len(got.codes()) > 0 {
		l.t.Fatal(got.raw)
	}
	if got := l.run(w.Agent(0), fmt.Sprintf(`mutation { followConversation(input: {conversationId: %q}) { userErrors { code } } }`, w.ConversationIDs[0])); len(got.codes()) > 0 {
		l.t.Fatal(got.raw)
	}
	// Dan looked at Filtered after this came there.
	if got := l.run(w.Admin, fmt.Sprintf(`mutation { markConversationAsSpam(input: {conversationId: %q}) { userErrors { code } } }`, w.ConversationIDs[1])); len(got.codes()) > 0 {
		l.t.Fatal(got.raw)
	}
	if got := l.run(like(w.Agent(0), dan), fmt.Sprintf(`mutation { markFilteredSeen(input: {inboxId: %q}) { userErrors { code } } }`, w.InboxIDs[0])); len(got.codes()) > 0 {
		l.t.Fatal(got.raw)
	}
	return dan
}

// like returns the context of another caller with the rights of a context's.
func like(ctx context.Context, actorID string) context.Context {
	v := *viewer.FromContext(ctx)
	v.ActorID, v.TokenID = actorID, ""
	return viewer.NewContext(ctx, &v)
}

// inSession returns the context of a caller who calls by a session.
func inSession(ctx context.Context, sessionID string) context.Context {
	v := *viewer.FromContext(ctx)
	v.TokenID = sessionID
	return viewer.NewContext(ctx, &v)
}

// carriers are types whose fields differ where the field differs that has them.
var carriers = []string{"Connection", "Edge", "PageInfo"}

// differing are the fields, as Type.field, that differ between two answers.
func differing(a, b any, field string, into map[string]string) {
	switch a := a.(type) {
	case map[string]any:
		if b, isMap := b.(map[string]any); isMap && sameObject(a, b) {
			for key := range a {
				name := field
				typeName, _, _ := strings.Cut(key, "_")
				if typeName != "" && typeName != key && !slices.ContainsFunc(carriers, func(c string) bool { return strings.HasSuffix(typeName, c) }) {
					name = strings.Replace(key, "_", ".", 1)
				}
				differing(a[key], b[key], name, into)
			}
			return
		}
	case []any:
		if b, isList := b.([]any); isList && len(a) == len(b) {
			for i := range a {
				differing(a[i], b[i], field, into)
			}
			return
		}
	}
	if !reflect.DeepEqual(a, b) {
		into[field] = fmt.Sprintf("%.200v and %.200v", a, b)
	}
}

// sameObject reports whether two objects of answers are of one type and have one id, if any.
func sameObject(a, b map[string]any) bool {
	typeName, _ := a["__typename"].(string)
	return a["__typename"] == b["__typename"] && a[typeName+"_id"] == b[typeName+"_id"]
}

// Pitfall 13, IN-15: what colleagues with the same rights see differently of an
// object is marked @perViewer, and what is marked does differ: live answers are
// shared by all who select nothing of it.
func TestWhatDiffersByCallerIsMarked(t *testing.T) {
	t.Parallel()
	eachLab(t, func(t *testing.T, l *lab) {
		w := l.world()
		dan := l.colleague(w)
		found, compared := map[string]string{}, map[string]bool{}
		for _, one := range []context.Context{w.Agent(0), inSession(w.Admin, w.own[id.UserSession])} {
			for kind, nodeID := range w.own {
				typeName := text(l.run(one, fmt.Sprintf("{ node(id: %q) { __typename } }", nodeID)).Data, "node", "__typename")
				if typeName == "" { // they do not see it
					continue
				}
				document := fmt.Sprintf("{ node(id: %q) { __typename ... on %s%s } }", nodeID, typeName, everything(l.schema, ast.NamedType(typeName, nil), 1))
				a, b := l.run(one, document), l.run(like(one, dan), document)
				if len(a.Errors)+len(b.Errors) > 0 {
					t.Fatalf("%s: %.600s\n%.600s", kind, a.raw, b.raw)
				}
				compared[text(a.Data, "node", "__typename")] = true
				if at(b.Data, "node") != nil { // what one does not see at all comes to them in no stream
					differing(a.Data, b.Data, kind, found)
				}
			}
		}
		for _, c := range l.calls() {
			if c.operation == "query" && c.admits(viewer.Agent) && c.field.Name != "viewer" && l.schema.Types[c.field.Type.Name()].IsCompositeType() {
				document := (&writer{lab: l, call: c, world: w}).document(everything(l.schema, c.field.Type, 1))
				a, b := l.run(w.Agent(0), document), l.run(like(w.Agent(0), dan), document)
				differing(a.Data, b.Data, c.field.Name, found)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(found)) {
			typeName, field, isField := strings.Cut(name, ".")
			if !isField {
				continue // what a root field lists is no one else's answer
			}
			if def := l.schema.Types[typeName]; def == nil || def.Fields.ForName(field).Directives.ForName("perViewer") == nil {
				t.Errorf("%s differs by caller and is not @perViewer: %s", name, found[name])
			}
		}
		for name, def := range l.schema.Types {
			if implements(def, "Node") && !compared[name] && !onlyForVisitors(name) {
				t.Errorf("no %s was compared", name)
			}
			for _, f := range def.Fields {
				// Addresses are signed for one user, and markup has such addresses.
				marked := f.Directives.ForName("perViewer") != nil && f.Type.Name() != "HTML" && f.Type.Name() != "URL"
				if marked && def.Kind == ast.Object && found[name+"."+f.Name] == "" {
					t.Errorf("%s.%s is @perViewer and does not differ", name, f.Name)
				}
			}
		}
	})
}

func implements(def *ast.Definition, name string) bool {
	return def.Kind == ast.Object && slices.Contains(def.Interfaces, name)
}

// onlyForVisitors reports whether only visitors get objects of a type, of whom each
// gets answers of their own.
func onlyForVisitors(typeName string) bool {
	return typeName == "VisitorConversation" || typeName == "VisitorMessage"
}
