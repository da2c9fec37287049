package account_test

import (
	"context"
	"strings"
	"testing"

	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
)

// AC-13: bots have tokens that admins make, rotate and end. They see the bot's inboxes.
func TestBotTokens(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		bot := id.New(id.Bot)
		o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Bot.Create().SetID(bot).SetName("Robot").SetCreatedAt(tx.Now()).Exec(ctx)
		})
		in := account.CreateApiTokenInput{Name: "Robot", BotID: &bot, Scopes: []string{"conversations:read"}, InboxIDs: o.InboxIDs[:1]}
		made, err := o.people.CreateToken(o.Admin, in)
		check.NoError(t, err)
		v, err := o.people.Authenticate(t.Context(), made.Text)
		check.NoError(t, err)
		check.Same(t, []any{v.Kind, v.ActorID, v.InboxIDs}, []any{viewer.Bot, bot, o.InboxIDs[:1]})
		again, err := o.people.ViewerOf(o.System, o.AccountID, bot, made.Token.ID)
		check.NoError(t, err)
		check.Same(t, again.InboxIDs, o.InboxIDs[:1])
		own, err := o.Store.Client(viewer.NewContext(t.Context(), v)).ApiToken.Query().IDs(viewer.NewContext(t.Context(), v))
		check.NoError(t, err)
		check.Same(t, own, []string{made.Token.ID})

		rotated, err := o.people.RotateToken(o.Admin, account.RotateApiTokenInput{APITokenID: made.Token.ID})
		check.NoError(t, err)
		_, err = o.people.Authenticate(t.Context(), made.Text)
		check.Same(t, errs.Of(err).Code, errs.Unauthenticated)
		_, err = o.people.RevokeToken(o.Admin, account.RevokeApiTokenInput{APITokenID: made.Token.ID})
		check.NoError(t, err)
		_, err = o.people.Authenticate(t.Context(), rotated.Text)
		check.Same(t, errs.Of(err).Code, errs.Unauthenticated)

		for name, c := range map[string]struct {
			ctx  context.Context
			in   account.CreateApiTokenInput
			want string
		}{
			"agent":       {o.Agent(0), in, "FORBIDDEN "},
			"user too":    {o.Admin, account.CreateApiTokenInput{Name: "T", BotID: &bot, UserID: &o.AdminID, Scopes: []string{"*"}}, "INVALID botId"},
			"unknown bot": {o.Admin, account.CreateApiTokenInput{Name: "T", BotID: &o.AdminID, Scopes: []string{"*"}}, "NOT_FOUND botId"},
			"no inbox":    {o.Admin, account.CreateApiTokenInput{Name: "T", BotID: &bot, Scopes: []string{"*"}, InboxIDs: []string{o.AdminID}}, "NOT_FOUND inboxIds.0"},
		} {
			_, err := o.people.CreateToken(c.ctx, c.in)
			if e := errs.Of(err); e == nil || string(e.Code)+" "+strings.Join(e.Field, ".") != c.want {
				t.Errorf("%s: got %v, want %s", name, err, c.want)
			}
		}
	})
}

// AC-12: an integration's inboxes can be changed, and its tokens see that.
func TestInboxesOfIntegration(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		made, err := o.people.CreateToken(o.Admin, account.CreateApiTokenInput{Name: "Shop", Scopes: []string{"*"}, InboxIDs: o.InboxIDs[:1]})
		check.NoError(t, err)
		set := func(ids []string) error {
			_, err := o.people.UpdateIntegration(o.Admin, account.UpdateIntegrationInput{IntegrationID: made.Token.IntegrationID, InboxIDs: opt.List(ids...)})
			return err
		}
		check.NoError(t, set(o.InboxIDs[:]))
		v, err := o.people.Authenticate(t.Context(), made.Text)
		check.NoError(t, err)
		check.Same(t, len(v.InboxIDs), len(o.InboxIDs))
		check.Same(t, strings.Join(errs.Of(set([]string{"x"})).Field, "."), "inboxIds.0")
	})
}

// AC-6: the operator sets how many inboxes the account may have.
func TestMaxInboxes(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		check.Same(t, errs.Of(o.people.SetMaxInboxes(o.Admin, check.Ptr(3))).Code, errs.Forbidden)
		check.Same(t, errs.Of(o.people.SetMaxInboxes(o.System, check.Ptr(-1))).Code, errs.Invalid)
		for _, most := range []*int{check.Ptr(3), check.Ptr(3), nil} {
			check.NoError(t, o.people.SetMaxInboxes(o.System, most))
			a, err := o.people.Account(o.Admin)
			check.NoError(t, err)
			check.Same(t, a.MaxInboxes, most)
		}
	})
}
