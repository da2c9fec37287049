package inbox

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"parley/ent"
	"parley/ent/inboxteam"
	"parley/ent/team"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Limits of an inbox's settings.
const (
	maxSilence     = 365 * 24 * 60 // minutes
	maxPassOn      = 7 * 24 * 60   // minutes
	minNoAnswer    = 10            // seconds
	maxNoAnswer    = 24 * 60 * 60  // seconds
	maxFarewell    = 5_000         // characters
	minuteOrLonger = 1
	maxQuestion    = 200         // characters
	maxEscalation  = 7 * 24 * 60 // minutes
)

// UpdateSettings changes how an inbox's conversations are worked on (IN-21, IN-22,
// IN-23, RT-8, RT-9, AC-15, NT-1, NT-8). Errors: INVALID, REQUIRED and TOO_LONG on the
// fields; NOT_FOUND and INVALID on escalateToTeamId.
func (s *Service) UpdateSettings(ctx context.Context, in UpdateInboxSettingsInput) (*ent.Inbox, error) {
	call := idempotency.Call{Mutation: "updateInboxSettings", Key: in.IdempotencyKey, Input: in, Result: in.InboxID}
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		i, err := Load(ctx, tx.Client, in.InboxID)
		if err != nil {
			return err
		}
		after, err := in.applyTo(i.Settings, tx.Now())
		if err != nil {
			return err
		}
		if err := mayEscalateTo(ctx, tx, i, after.EscalateTo); err != nil {
			return err
		}
		changes := settingsChanges(i.Settings, after)
		if len(changes) == 0 {
			return nil
		}
		tx.Append(ctx, store.Event{Type: vocab.InboxUpdated, InboxID: i.ID, SubjectID: i.ID, Changes: changes})
		return tx.Client.Inbox.UpdateOneID(i.ID).SetSettings(after).Exec(ctx)
	})
	if err != nil {
		return nil, err
	}
	return Load(ctx, s.store.Client(ctx), in.InboxID)
}

// applyTo returns the settings as the input wants them. What closes by itself closes
// nothing that was silent before it was switched on (IN-22).
func (in UpdateInboxSettingsInput) applyTo(before vocab.InboxSettings, now clock.Micros) (vocab.InboxSettings, error) {
	s, digest := before, before.FilteredDigest()
	faults := []error{
		opt.Require(&s.AssignOnReply, in.AssignOnReply, "assignOnReply"), opt.Require(&s.ShowQueuePosition, in.ShowQueuePosition, "showQueuePosition"),
		opt.Require(&s.RerouteUnanswered, in.RerouteUnanswered, "rerouteUnanswered"), opt.Require(&s.NoAnswerSeconds, in.NoAnswerSeconds, "noAnswerSeconds"),
		opt.Require(&s.OnClose, in.OnClose, "onClose"), opt.Require(&digest, in.FilteredDigest, "filteredDigest"),
		opt.Require(&s.AnswersByMail, in.AnswersByMail, "answersByMail"), setWithin(&s.EscalateAfter, in.EscalateAfter, maxEscalation, "escalateAfter"),
		setWithin(&s.CloseSilentChatsAfter, in.CloseSilentChatsAfter, maxSilence, "closeSilentChatsAfter"),
		setWithin(&s.CloseSilentEmailsAfter, in.CloseSilentEmailsAfter, maxSilence, "closeSilentEmailsAfter"),
		setWithin(&s.PassOnAfter, in.PassOnAfter, maxPassOn, "passOnAfter"),
		setFarewell(&s.FarewellText, in.FarewellText), setRating(&s.Rating, in.Rating),
	}
	if n := in.NoAnswerSeconds.Value(); n != nil && (*n < minNoAnswer || *n > maxNoAnswer) {
		faults = append(faults, errs.New(errs.Invalid, "The time must be from %d to %d seconds.", minNoAnswer, maxNoAnswer).On("noAnswerSeconds"))
	}
	opt.Set(&s.EscalateTo, in.EscalateToTeamID)
	s.NoFilteredDigest = !digest
	s.CloseSilentChatsSince = switchedOn(before.CloseSilentChatsAfter, s.CloseSilentChatsAfter, before.CloseSilentChatsSince, now)
	s.CloseSilentEmailsSince = switchedOn(before.CloseSilentEmailsAfter, s.CloseSilentEmailsAfter, before.CloseSilentEmailsSince, now)
	return s, errors.Join(faults...)
}

// switchedOn is since when something is on.
func switchedOn(before, after int, since, now clock.Micros) clock.Micros {
	switch {
	case after == 0:
		return 0
	case before == 0:
		return now
	}
	return since
}

// setWithin puts a number that was given into field; null: 0, which is never.
func setWithin(field *int, v opt.Value[*int], most int, name string) error {
	if n := v.Value(); n != nil && (*n < minuteOrLonger || *n > most) {
		return errs.New(errs.Invalid, "The time must be from %d to %d minutes; null means never.", minuteOrLonger, most).On(name)
	}
	opt.Set(field, v)
	return nil
}

func setFarewell(field *string, v opt.Value[*string]) error {
	given := opt.OrZero(v)
	if given == nil {
		return nil
	}
	text, err := richtext.Clean(*given, "farewellText")
	if text = strings.TrimSpace(text); utf8.RuneCountInString(text) > maxFarewell {
		return errs.Exceeds(maxFarewell, "The text may have at most %d characters.", maxFarewell).On("farewellText")
	}
	*field = text
	return err
}

// setRating puts what contacts are asked into field; null: nothing (CO-5).
func setRating(field **vocab.RatingSettings, v opt.Value[*vocab.RatingSettings]) error {
	given := v.Value()
	if given == nil {
		if v.IsSet() {
			*field = nil
		}
		return nil
	}
	r := *given
	if len(r.Media) == 0 {
		return errs.New(errs.Required, "Say where contacts are asked, or give null to ask nothing.").On("rating", "media")
	}
	r.Media = slices.Compact(slices.Sorted(slices.Values(r.Media)))
	question, err := richtext.Clean(r.Question, "rating", "question")
	r.Question = strings.Join(strings.Fields(question), " ")
	if n := utf8.RuneCountInString(r.Question); n > maxQuestion {
		return errs.Exceeds(maxQuestion, "The question has %d characters; at most %d are allowed.", n, maxQuestion).On("rating", "question")
	}
	*field = &r
	return err
}

// mayEscalateTo refuses a team that notifications are to be escalated to, unless it is one of
// the inbox's. One that was chosen before may have left since.
func mayEscalateTo(ctx context.Context, tx *store.Tx, i *ent.Inbox, teamID string) error {
	if teamID == "" || teamID == i.Settings.EscalateTo {
		return nil
	}
	t, err := tx.Client.Team.Query().Where(team.ID(teamID)).Only(ctx)
	if ent.IsNotFound(err) {
		return errs.New(errs.NotFound, "There is no %q.", errs.Clip(teamID)).On("escalateToTeamId")
	}
	if err != nil {
		return err
	}
	if t.ArchivedAt.IsSet() {
		return errs.New(errs.Invalid, "The team %s is archived: give another one, or null for the admins who are members.", errs.Clip(t.Name)).On("escalateToTeamId")
	}
	is, err := tx.Client.InboxTeam.Query().Where(inboxteam.InboxID(i.ID), inboxteam.TeamID(t.ID)).Exist(ctx)
	if err == nil && !is {
		err = errs.New(errs.Invalid, "The team %s is not a member of the inbox: add it first, or give null for the admins who are members.", errs.Clip(t.Name)).On("escalateToTeamId")
	}
	return err
}

// settingsChanges is what differs.
func settingsChanges(before, after vocab.InboxSettings) store.Changes {
	var c store.Changes
	c.Value("assignOnReply", string(cmp.Or(before.AssignOnReply, vocab.AssignOnReplyOn)), string(cmp.Or(after.AssignOnReply, vocab.AssignOnReplyOn)))
	c.Flag("showQueuePosition", before.ShowQueuePosition, after.ShowQueuePosition)
	c.Named("closeSilentChatsAfter", before.CloseSilentChatsAfter != after.CloseSilentChatsAfter)
	c.Named("closeSilentEmailsAfter", before.CloseSilentEmailsAfter != after.CloseSilentEmailsAfter)
	c.Named("farewellText", before.FarewellText != after.FarewellText)
	c.Flag("rerouteUnanswered", before.RerouteUnanswered, after.RerouteUnanswered)
	c.Named("noAnswerSeconds", before.NoAnswerSeconds != after.NoAnswerSeconds)
	c.Named("passOnAfter", before.PassOnAfter != after.PassOnAfter)
	c.Value("onClose", string(cmp.Or(before.OnClose, vocab.OnCloseKeepAssignee)), string(cmp.Or(after.OnClose, vocab.OnCloseKeepAssignee)))
	c.Flag("filteredDigest", before.FilteredDigest(), after.FilteredDigest())
	c.Named("escalateAfter", before.EscalateAfter != after.EscalateAfter)
	c.Optional("escalateTo", before.EscalateTo, after.EscalateTo)
	c.Flag("answersByMail", before.AnswersByMail, after.AnswersByMail)
	c.Named("rating", !reflect.DeepEqual(before.Rating, after.Rating))
	return c
}
