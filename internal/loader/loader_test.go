package loader_test

import (
	"context"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/loader"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// harness is an account with an object of every type.
type harness struct {
	*testkit.Fixture
	*loader.Service
	t   *testing.T
	ids map[string]string // by type
}

func eachLoader(t *testing.T, test func(t *testing.T, l *harness)) {
	t.Helper()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		s := db.Open(t, clock.System{})
		test(t, load(t, s))
	})
}

func load(t *testing.T, s *store.Store) *harness {
	f := testkit.Account(t, s)
	l := &harness{Fixture: f, Service: loader.New(s), t: t, ids: map[string]string{
		id.Account: f.AccountID, id.User: f.AgentIDs[1], id.Inbox: f.InboxIDs[0], id.Channel: f.ChannelIDs[0], id.Contact: f.ContactID,
		id.Visitor: f.VisitorIDs[0], id.Conversation: f.ConversationIDs[0],
	}}
	for _, prefix := range []string{id.Team, id.Bot, id.Integration, id.TargetedMessage, id.APIToken, id.Attachment, id.Ticket, id.Deal, id.Company, id.IdentityProvider, id.OauthApp, id.UserSession, id.AuditEntry} {
		l.ids[prefix] = id.New(prefix)
	}
	l.ids[id.PipelineStage] = l.first("SELECT id FROM pipeline_stages WHERE account_id = $1 AND name = 'New'", f.AccountID)
	l.ids[id.Pipeline] = l.first("SELECT pipeline_id FROM pipeline_stages WHERE id = $1", l.ids[id.PipelineStage])
	f.Write(f.System, l.makeRest)
	l.ids[id.Message] = l.first("SELECT id FROM messages WHERE conversation_id = $1 AND number = 1", f.ConversationIDs[0])
	l.ids[id.Event] = l.first("SELECT id FROM events WHERE account_id = $1", f.AccountID)
	return l
}

func (l *harness) makeRest(ctx context.Context, tx *store.Tx) error {
	c, now := tx.Client, tx.Now()
	tx.Append(ctx, store.Event{Type: vocab.ConversationCreated, InboxID: l.InboxIDs[0], ConversationID: l.ConversationIDs[0]})
	for _, make := range []func() error{
		func() error { return c.Team.Create().SetID(l.ids[id.Team]).SetName("Team").SetCreatedAt(now).Exec(ctx) },
		func() error {
			return c.Company.Create().SetID(l.ids[id.Company]).SetName("Company").SetCreatedAt(now).Exec(ctx)
		},
		func() error {
			return c.Bot.Create().SetID(l.ids[id.Bot]).SetName("Bot").SetInboxIds(l.InboxIDs[:1]).SetNobodyAvailableText("Gone").SetArchivedAt(now).
				SetRouting(vocab.Routing{OfferMaxAge: 90}).SetCreatedAt(now).Exec(ctx)
		},
		func() error {
			return c.Integration.Create().SetID(l.ids[id.Integration]).SetName("Integration").SetInboxIds([]string{}).SetCreatedAt(now).Exec(ctx)
		},
		func() error {
			return c.TargetedMessage.Create().SetID(l.ids[id.TargetedMessage]).SetInboxID(l.InboxIDs[0]).SetChannelID(l.ChannelIDs[0]).SetName("Welcome").
				SetState(vocab.TargetedDraft).SetPosition(1).SetAudience(vocab.AudienceEveryone).SetIncludeListIds([]string{}).SetExcludeListIds([]string{}).
				SetRules(nil).SetWelcomeMessage("Hi").SetCreatedAt(now).Exec(ctx)
		},
		func() error {
			return c.Attachment.Create().SetID(l.ids[id.Attachment]).SetInboxID(l.InboxIDs[0]).SetUploaderKind(viewer.Agent).SetUploaderID(l.AgentIDs[1]).
				SetFileName("a.txt").SetContentType("text/plain").SetSize(1).SetHash("1").SetBlobKey(l.ids[id.Attachment]).SetScan(vocab.ScanNone).SetCreatedAt(now).Exec(ctx)
		},
		func() error {
			return c.Ticket.Create().SetID(l.ids[id.Ticket]).SetSubject("Help").SetPipelineID(l.ids[id.Pipeline]).SetStageID(l.ids[id.PipelineStage]).SetStageKind(vocab.StageOpen).SetPriority(vocab.PriorityNone).SetCreatedAt(now).Exec(ctx)
		},
		func() error {
			return c.Deal.Create().SetID(l.ids[id.Deal]).SetName("Deal").SetPipelineID(l.ids[id.Pipeline]).SetStageID(l.ids[id.PipelineStage]).SetStageKind(vocab.StageOpen).SetCreatedAt(now).Exec(ctx)
		},
		func() error {
			return c.IdentityProvider.Create().SetID(l.ids[id.IdentityProvider]).SetName("Example").SetIssuer("https://login.example.com").SetClientID("parley").SetCreatedAt(now).Exec(ctx)
		},
		func() error {
			return c.AuditEntry.Create().SetID(l.ids[id.AuditEntry]).SetNumber(1000).SetAction(vocab.AuditExported).SetAt(now).SetActorKind(viewer.Admin).SetChanges([]vocab.FieldChange{}).Exec(ctx)
		},
		func() error {
			return c.OauthApp.Create().SetID(l.ids[id.OauthApp]).SetName("Pocket").SetClientID("client_x").SetCreatedAt(now).Exec(ctx)
		},
		func() error {
			return c.Session.Create().SetID(l.ids[id.UserSession]).SetUserID(l.AdminID).SetHash([]byte(l.ids[id.UserSession])).SetExpiresAt(now + 1).SetCreatedAt(now).Exec(ctx)
		},
		func() error {
			return c.ApiToken.Create().SetID(l.ids[id.APIToken]).SetHash([]byte(l.ids[id.APIToken])).SetName("Token").SetUserID(l.AdminID).
				SetScopes([]string{"*"}).SetExpiresAt(now + 1).SetCreatedAt(now).Exec(ctx)
		},
	} {
		if err := make(); err != nil {
			return err
		}
	}
	return nil
}

// get loads one object.
func (l *harness) get(ctx context.Context, nodeID string) (any, error) {
	found, err := l.Load(ctx, []string{nodeID})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

func (l *harness) first(query, arg string) string {
	l.t.Helper()
	list, err := l.Store.Strings(l.System, query, arg)
	if err != nil || len(list) == 0 {
		l.t.Fatal(list, err)
	}
	return list[0]
}

// idOf returns the id of what was loaded, whatever it is.
func idOf(found any) string {
	switch v := found.(type) {
	case *ent.Account:
		return v.ID
	case *ent.User:
		return v.ID
	case *ent.Team:
		return v.ID
	case *ent.Inbox:
		return v.ID
	case *ent.Channel:
		return v.ID
	case *ent.Contact:
		return v.ID
	case *ent.Company:
		return v.ID
	case *ent.Visitor:
		return v.ID
	case *ent.Conversation:
		return v.ID
	case *ent.Message:
		return v.ID
	case *ent.Bot:
		return v.ID
	case *ent.Integration:
		return v.ID
	case *ent.TargetedMessage:
		return v.ID
	case *ent.Event:
		return v.ID
	case *ent.EmailChannel:
		return "mail " + v.ID
	case *ent.Attachment:
		return v.ID
	case *ent.Ticket:
		return v.ID
	case *ent.Deal:
		return v.ID
	case *ent.Pipeline:
		return v.ID
	case *ent.PipelineStage:
		return v.ID
	case *ent.AuditEntry:
		return v.ID
	case *ent.IdentityProvider:
		return v.ID
	case *ent.OauthApp:
		return v.ID
	case *ent.Session:
		return v.ID
	case *ent.ApiToken:
		return v.ID
	case *viewer.Viewer:
		return "system " + v.ActorID
	}
	return ""
}

// Any object is found by its id alone; what the viewer may not see is as if it
// were not there (AC-1, AC-3).
func TestGet(t *testing.T) {
	t.Parallel()
	eachLoader(t, func(t *testing.T, l *harness) {
		other := load(t, l.Store)
		outsider := viewer.NewContext(t.Context(), &viewer.Viewer{Kind: viewer.Agent, AccountID: l.AccountID, ActorID: l.AgentIDs[0]})
		shared := map[string]bool{id.Account: true, id.User: true, id.Team: true, id.Contact: true, id.Company: true, id.Bot: true, id.Integration: true, id.Ticket: true, id.Deal: true, id.Pipeline: true, id.PipelineStage: true, id.OauthApp: true}
		for prefix, nodeID := range l.ids {
			for name, tc := range map[string]struct {
				ctx     context.Context
				visible bool
			}{
				"member":  {l.Agent(0), prefix != id.APIToken && prefix != id.IdentityProvider && prefix != id.UserSession && prefix != id.AuditEntry}, // AC-5, AC-17
				"admin":   {l.Admin, true},
				"outside": {outsider, shared[prefix]},
				"foreign": {other.Admin, false},
			} {
				found, err := l.get(tc.ctx, nodeID)
				if err != nil || (found != nil) != tc.visible || found != nil && idOf(found) != nodeID {
					t.Errorf("%s of a %s: %v, %v", prefix, name, found, err)
				}
			}
		}
	})
}

// A channel is what its kind makes it; whoever may not see the inbox sees none.
func TestChannelsOfAnyKind(t *testing.T) {
	t.Parallel()
	eachLoader(t, func(t *testing.T, l *harness) {
		mail := id.New(id.Channel)
		l.Write(l.System, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Client.Channel.Create().SetID(mail).SetInboxID(l.InboxIDs[1]).SetKind(vocab.Email).SetKey(mail).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
				return err
			}
			return tx.Client.EmailChannel.Create().SetID(mail).SetInboxID(l.InboxIDs[1]).SetAddress("support@example.com").SetAliases([]string{}).
				SetProvider(vocab.EmailIMAP).SetState(vocab.EmailConnected).SetCreatedAt(tx.Now()).Exec(ctx)
		})
		for _, tc := range []struct {
			ctx  context.Context
			want []string
		}{{l.Agent(1), []string{"mail " + mail, "", l.ChannelIDs[0]}}, {l.Agent(0), []string{"", "", l.ChannelIDs[0]}}} {
			found, err := l.AnyChannels(tc.ctx, []string{mail, "", l.ChannelIDs[0]})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range found {
				got = append(got, idOf(f))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		}
	})
}

// A deleted message's file is gone with it (IN-14).
func TestFilesOfDeletedMessages(t *testing.T) {
	t.Parallel()
	eachLoader(t, func(t *testing.T, l *harness) {
		file := l.ids[id.Attachment]
		take := func(gone clock.Micros) {
			l.Write(l.System, func(ctx context.Context, tx *store.Tx) error {
				if err := tx.Client.Message.UpdateOneID(l.ids[id.Message]).SetDeletedAt(gone).Exec(ctx); err != nil {
					return err
				}
				return tx.Client.Attachment.UpdateOneID(file).SetMessageID(l.ids[id.Message]).Exec(ctx)
			})
		}
		take(0)
		if found, err := l.get(l.Agent(0), file); err != nil || idOf(found) != file {
			t.Errorf("%v, %v", found, err)
		}
		take(1)
		if found, err := l.get(l.Agent(0), file); err != nil || found != nil {
			t.Errorf("%v, %v", found, err)
		}
	})
}

// API-5, API-12: what names nothing is nothing, without an error.
func TestGetNothing(t *testing.T) {
	t.Parallel()
	eachLoader(t, func(t *testing.T, l *harness) {
		for _, none := range []string{"", "nonsense", "user_\x00", id.New(id.User), id.New("member"), id.New("nothing")} {
			if found, err := l.get(l.Admin, none); found != nil || err != nil {
				t.Errorf("%q: %v, %v", none, found, err)
			}
		}
	})
}

// A list's edges are loaded with one statement, and stand where their ids stand.
func TestAligned(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		asked := &testkit.Statements{}
		l := load(t, db.Open(t, clock.System{}, asked.Trace))
		ids := []string{l.AgentIDs[1], "", l.AdminID, id.New(id.User), l.AgentIDs[1]}
		var users []*ent.User
		statements := asked.Of(func() {
			var err error
			if users, err = l.Users(l.Agent(0), ids); err != nil {
				t.Error(err)
			}
		})
		if len(statements) != 1 {
			t.Errorf("%d statements", len(statements))
		}
		for i, u := range users {
			if want := map[int]string{0: l.AgentIDs[1], 2: l.AdminID, 4: l.AgentIDs[1]}[i]; u == nil && want != "" || u != nil && u.ID != want {
				t.Errorf("at %d stands %v, want %s", i, u, want)
			}
		}
		if statements := asked.Of(func() { _, _ = l.Users(l.Agent(0), []string{"", ""}) }); len(statements) != 0 {
			t.Errorf("%d statements for nothing", len(statements))
		}
	})
}

// Whoever did something is always someone: the person, the contact who wrote by
// mail, the visitor's contact, else the visitor, else the name of what it was.
func TestActors(t *testing.T) {
	t.Parallel()
	eachLoader(t, func(t *testing.T, l *harness) {
		foreign := load(t, l.Store).ids[id.Bot]
		refs := []loader.Ref{
			{Kind: viewer.Agent, ID: l.AgentIDs[0]}, {Kind: viewer.Integration, ID: l.ids[id.Integration]}, {Kind: viewer.Bot, ID: l.ids[id.Bot]},
			{Kind: viewer.Visitor, ID: l.VisitorIDs[0]}, {Kind: viewer.Visitor, ID: l.VisitorIDs[2]}, {Kind: viewer.SystemKind, ID: "trash"},
			{Kind: viewer.Agent, ID: id.New(id.User)}, {ID: l.AdminID}, {ID: id.New(id.User)}, {ID: "bulk"},
			{Kind: viewer.Visitor, ID: l.ContactID}, {Kind: viewer.Bot, ID: foreign},
		}
		names := func(ctx context.Context) []string {
			found, err := l.Actors(ctx, refs)
			if err != nil {
				t.Fatal(err)
			}
			var list []string
			for _, f := range found {
				list = append(list, idOf(f))
			}
			return list
		}
		want := []string{
			l.AgentIDs[0], l.ids[id.Integration], l.ids[id.Bot], l.ContactID, l.VisitorIDs[2], "system trash",
			"system AGENT", l.AdminID, "system USER", "system bulk", l.ContactID, "system BOT",
		}
		if diff := cmp.Diff(want, names(l.Agent(1))); diff != "" {
			t.Error(diff)
		}
		whole, err := l.Bots(l.Agent(1), []string{l.ids[id.Bot]})
		check.NoError(t, err)
		actors, err := l.Actors(l.Agent(1), refs)
		check.NoError(t, err)
		if diff := cmp.Diff(whole[0], actors[2], cmpopts.IgnoreUnexported(ent.Bot{})); diff != "" {
			t.Errorf("a bot that did something lacks what others have: %s", diff)
		}
		// The second inbox's visitor is hidden from the first one's agent (AC-3).
		want[4] = "system VISITOR"
		if diff := cmp.Diff(want, names(l.Agent(0))); diff != "" {
			t.Error(diff)
		}
	})
}
