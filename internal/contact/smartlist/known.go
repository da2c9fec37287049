package smartlist

import (
	"context"
	"slices"
	"strconv"
	"time"

	"parley/ent"
	"parley/ent/contactlist"
	entinbox "parley/ent/inbox"
	entproperty "parley/ent/property"
	"parley/ent/subscriptiontype"
	"parley/ent/user"
	"parley/internal/availability"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/property"
	"parley/internal/tag"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// known is what criteria refer to, as far as it is there.
type known struct {
	properties []*ent.Property
	inboxes    []string
	users      []string
	types      map[string]clock.Micros // when they were archived
	lists      map[string]clock.Micros // likewise
	tags       map[string][]string     // the ids by which conversations have them; the first is the tag's
	zone       *time.Location          // the account's; nil: it is not asked for
}

// loadKnown loads what criteria refer to, as far as the viewer sees it: a query for each
// kind that they name.
func loadKnown(ctx context.Context, client *ent.Client, all []*ContactListCriteriaInput) (k known, err error) {
	var properties, dates bool
	var inboxes, users, types, lists, tags []string
	for _, c := range all {
		c.each(nil, func(in *ContactListCriteriaInput, _ []string) {
			properties, dates = properties || in.Property != nil || in.PropertyDate != nil, dates || in.PropertyDate != nil
			users = append(users, in.OwnerIDs...)
			if in.Conversation != nil {
				inboxes, tags = appendGiven(inboxes, in.Conversation.InboxID), append(tags, in.Conversation.Tags...)
			}
			if in.Consent != nil {
				types = appendGiven(types, in.Consent.ContactSubscriptionTypeID)
			}
			lists = appendGiven(lists, in.ContactListID)
		})
	}
	if properties {
		if k.properties, err = client.Property.Query().Where(entproperty.ObjectEQ(vocab.PropertyOfContact)).All(ctx); err != nil {
			return k, err
		}
	}
	if inboxes != nil {
		if k.inboxes, err = client.Inbox.Query().Where(entinbox.IDIn(inboxes...), entinbox.DeletedAt(0)).IDs(ctx); err != nil {
			return k, err
		}
	}
	if users != nil {
		if k.users, err = client.User.Query().Where(user.IDIn(users...)).IDs(ctx); err != nil {
			return k, err
		}
	}
	if err := k.loadTags(ctx, client, tags); err != nil {
		return k, err
	}
	if dates {
		if k.zone, err = zoneOf(ctx, client); err != nil {
			return k, err
		}
	}
	return k, k.loadArchivable(ctx, client, types, lists)
}

// loadTags looks up the tags that words name, also by the ids that criteria have of them
// later.
func (k *known) loadTags(ctx context.Context, client *ent.Client, words []string) error {
	if words == nil {
		return nil
	}
	matching, err := tag.Matching(ctx, client, words)
	if err != nil {
		return err
	}
	k.tags = map[string][]string{}
	for word, ids := range matching {
		if len(ids) > 0 {
			k.tags[word], k.tags[ids[0]] = ids, ids
		}
	}
	return nil
}

// zoneOf is the time zone of the context's account, in which its days begin.
func zoneOf(ctx context.Context, client *ent.Client) (*time.Location, error) {
	a, err := client.Account.Get(ctx, viewer.FromContext(ctx).AccountID)
	if err != nil {
		return nil, err
	}
	return availability.LoadZone(a.TimeZone)
}

func (k *known) loadArchivable(ctx context.Context, client *ent.Client, types, lists []string) error {
	k.types, k.lists = map[string]clock.Micros{}, map[string]clock.Micros{}
	if types != nil {
		found, err := client.SubscriptionType.Query().Where(subscriptiontype.IDIn(types...)).All(ctx)
		if err != nil {
			return err
		}
		for _, t := range found {
			k.types[t.ID] = t.ArchivedAt
		}
	}
	if lists != nil {
		found, err := client.ContactList.Query().Where(contactlist.IDIn(lists...)).All(ctx)
		if err != nil {
			return err
		}
		for _, l := range found {
			k.lists[l.ID] = l.ArchivedAt
		}
	}
	return nil
}

func appendGiven(list []string, given *string) []string {
	if given == nil {
		return list
	}
	return append(list, *given)
}

// property is the one that a condition is on: by its id, or at first by its name; nil:
// there is none.
func (k known) property(in *ContactListCriteriaInput) *ent.Property {
	i := slices.IndexFunc(k.properties, func(p *ent.Property) bool {
		return p.ID == in.PropertyID || in.PropertyID == "" && p.Name == in.propertyName()
	})
	if i < 0 {
		return nil
	}
	return k.properties[i]
}

// fault says why one condition does not hold together; nil: it does. A list keeps what was
// archived since it was saved, but for properties.
func (k known) fault(in *ContactListCriteriaInput, path []string, saving bool) *errs.Error {
	switch {
	case in.Property != nil:
		return k.propertyFault(in, join(path, "property"))
	case in.PropertyDate != nil:
		return k.propertyFault(in, join(path, "propertyDate"))
	case in.OwnerIDs != nil:
		for i, owner := range in.OwnerIDs {
			if !slices.Contains(k.users, owner) {
				return errs.New(errs.NotFound, "There is no user %q.", errs.Clip(owner)).On(join(path, "ownerIds", strconv.Itoa(i))...)
			}
		}
	case in.Conversation != nil:
		return k.conversationFault(in.Conversation, join(path, "conversation"))
	case in.Consent != nil && in.Consent.ContactSubscriptionTypeID != nil:
		at := join(path, "consent", "contactSubscriptionTypeId")
		if _, there := k.types[*in.Consent.ContactSubscriptionTypeID]; there && in.Consent.Kind != vocab.ConsentCommunicate {
			return errs.New(errs.Invalid, "Only a consent to COMMUNICATE has a subscription type.").On(at...)
		}
		return archivable(k.types, *in.Consent.ContactSubscriptionTypeID, "subscription type", saving, at)
	case in.ContactListID != nil:
		return archivable(k.lists, *in.ContactListID, "list", saving, join(path, "contactListId"))
	}
	return nil
}

// conversationFault checks what a condition on conversations names, and has it name tags by
// their ids.
func (k known) conversationFault(in *ContactConversationConditionInput, path []string) *errs.Error {
	if in.InboxID != nil && !slices.Contains(k.inboxes, *in.InboxID) {
		return errs.New(errs.NotFound, "There is no inbox %q.", errs.Clip(*in.InboxID)).On(join(path, "inboxId")...)
	}
	for i, word := range in.Tags {
		ids := k.tags[word]
		if ids == nil {
			return errs.New(errs.NotFound, "There is no tag %q.", errs.Clip(word)).On(join(path, "tags", strconv.Itoa(i))...)
		}
		in.Tags[i] = ids[0]
	}
	return nil
}

func archivable(known map[string]clock.Micros, wanted, what string, saving bool, path []string) *errs.Error {
	archived, there := known[wanted]
	switch {
	case !there:
		return errs.New(errs.NotFound, "There is no %s %q.", what, errs.Clip(wanted)).On(path...)
	case saving && archived.IsSet():
		return errs.New(errs.Invalid, "The %s was archived.", what).On(path...)
	}
	return nil
}

// propertyFault checks a condition on a property, and has it know the property's id and
// present name.
func (k known) propertyFault(in *ContactListCriteriaInput, path []string) *errs.Error {
	p := k.property(in)
	switch {
	case p == nil:
		return errs.New(errs.NotFound, "CONTACT has no property %q.", errs.Clip(in.propertyName())).On(join(path, "name")...)
	case p.ArchivedAt.IsSet():
		return errs.New(errs.Invalid, "The property %q is archived.", p.Name).On(join(path, "name")...)
	}
	in.PropertyID = p.ID
	if in.PropertyDate != nil {
		in.PropertyDate.Name = p.Name
		if p.Kind != vocab.DateProperty && p.Kind != vocab.TimeProperty {
			return errs.New(errs.Invalid, "%s is a %s: only a DATE or a TIME is so far from now.", p.Name, p.Kind).On(join(path, "name")...)
		}
		return nil
	}
	in.Property.Name = p.Name
	_, err := property.On(*in.Property, p, path...)
	return errs.Of(err)
}
