package smartlist

import (
	"encoding/json"
	"slices"

	"parley/internal/vocab"
)

// ContactListCriteriaInput says who is on a smart list: exactly one field is set.
type ContactListCriteriaInput struct {
	All             []*ContactListCriteriaInput        `json:"all,omitempty"`
	Any             []*ContactListCriteriaInput        `json:"any,omitempty"`
	Not             *ContactListCriteriaInput          `json:"not,omitempty"`
	Property        *vocab.PropertyCondition           `json:"property,omitempty"`
	PropertyDate    *ContactPropertyDateConditionInput `json:"propertyDate,omitempty"`
	Languages       []string                           `json:"languages,omitempty"`
	Countries       []string                           `json:"countries,omitempty"`
	LifecycleStages []vocab.LifecycleStage             `json:"lifecycleStages,omitempty"`
	OwnerIDs        []string                           `json:"ownerIds,omitempty"`
	Sources         []vocab.ContactSource              `json:"sources,omitempty"`
	EmailDomains    []string                           `json:"emailDomains,omitempty"`
	Time            *ContactTimeConditionInput         `json:"time,omitempty"`
	Conversation    *ContactConversationConditionInput `json:"conversation,omitempty"`
	Consent         *ContactConsentConditionInput      `json:"consent,omitempty"`
	PageView        *ContactPageViewConditionInput     `json:"pageView,omitempty"`
	ContactListID   *string                            `json:"contactListId,omitempty"`
	// PropertyID is that of Property or PropertyDate, whatever it is called later.
	PropertyID string `json:"propertyId,omitempty"`
}

// ContactPropertyDateConditionInput is a condition on how far from now a property of the
// contact is, a day or a time. A contact without a value meets none.
type ContactPropertyDateConditionInput struct {
	Name  string                     `json:"name"`
	Range *ContactListDateRangeInput `json:"range"`
}

// ContactListDateRangeInput is how far from now something is: one of the four.
type ContactListDateRangeInput struct {
	WithinLastDays    *int `json:"withinLastDays,omitempty"`
	MoreThanDaysAgo   *int `json:"moreThanDaysAgo,omitempty"`
	WithinNextDays    *int `json:"withinNextDays,omitempty"`
	MoreThanDaysAhead *int `json:"moreThanDaysAhead,omitempty"`
}

// ContactTimeConditionInput is a condition on when something of the contact was. What
// never was meets none.
type ContactTimeConditionInput struct {
	Field vocab.ContactTime          `json:"field"`
	Range *ContactListTimeRangeInput `json:"range"`
}

// ContactConversationConditionInput asks for a conversation which meets all that is given,
// or, of a time, for the last message of all that do.
type ContactConversationConditionInput struct {
	InboxID *string                   `json:"inboxId,omitempty"`
	Kind    *vocab.ChannelKind        `json:"kind,omitempty"`
	Status  *vocab.ConversationStatus `json:"status,omitempty"`
	// Tags are words as they come in, and ids from then on; any of them.
	Tags []string `json:"tags,omitempty"`
	// LastMessage is when the last message of these was.
	LastMessage *ContactListTimeRangeInput `json:"lastMessage,omitempty"`
}

// ContactListTimeRangeInput is how long ago something was: one of the two.
type ContactListTimeRangeInput struct {
	WithinDays      *int `json:"withinDays,omitempty"`
	MoreThanDaysAgo *int `json:"moreThanDaysAgo,omitempty"`
}

// ContactConsentConditionInput asks for a consent that was not withdrawn.
type ContactConsentConditionInput struct {
	Kind                      vocab.ConsentKind `json:"kind"`
	ContactSubscriptionTypeID *string           `json:"contactSubscriptionTypeId,omitempty"`
}

// ContactPageViewConditionInput asks for a page that a visitor of the contact's looked at,
// among the last 100 of each.
type ContactPageViewConditionInput struct {
	Operator vocab.TargetingOperator `json:"operator"`
	Value    string                  `json:"value"`
	// Parameter is compared in the URL's place.
	Parameter  *string `json:"parameter,omitempty"`
	WithinDays *int    `json:"withinDays,omitempty"`
}

// Parse reads criteria as a list keeps them; nil: the list is static.
func Parse(stored string) (*ContactListCriteriaInput, error) {
	if stored == "" {
		return nil, nil
	}
	c := &ContactListCriteriaInput{}
	return c, json.Unmarshal([]byte(stored), c)
}

// each calls f with a condition and all below it, and where each stands.
func (in *ContactListCriteriaInput) each(path []string, f func(in *ContactListCriteriaInput, path []string)) {
	f(in, path)
	for i, below := range in.All {
		below.each(at(path, "all", i), f)
	}
	for i, below := range in.Any {
		below.each(at(path, "any", i), f)
	}
	if in.Not != nil {
		in.Not.each(join(path, "not"), f)
	}
}

// Names reports whether the criteria refer to an object, by its id.
func (in *ContactListCriteriaInput) Names(objectID string) (named bool) {
	in.each(nil, func(in *ContactListCriteriaInput, _ []string) {
		named = named || in.PropertyID != "" && in.PropertyID == objectID || in.Conversation != nil && slices.Contains(in.Conversation.Tags, objectID) ||
			in.ContactListID != nil && *in.ContactListID == objectID
	})
	return named
}

// Follows reports whether the criteria look at what inboxes hold.
func (in *ContactListCriteriaInput) Follows() (follows bool) {
	in.each(nil, func(in *ContactListCriteriaInput, _ []string) {
		follows = follows || in.Conversation != nil || in.PageView != nil
	})
	return follows
}

// Dates reports whether the criteria count days from today, which depends on the account's
// time zone.
func (in *ContactListCriteriaInput) Dates() (dates bool) {
	in.each(nil, func(in *ContactListCriteriaInput, _ []string) { dates = dates || in.PropertyDate != nil })
	return dates
}

// propertyName is what the condition calls its property; "": it is on none.
func (in *ContactListCriteriaInput) propertyName() string {
	switch {
	case in.Property != nil:
		return in.Property.Name
	case in.PropertyDate != nil:
		return in.PropertyDate.Name
	}
	return ""
}

// Lists are the lists that the criteria refer to.
func (in *ContactListCriteriaInput) Lists() (ids []string) {
	in.each(nil, func(in *ContactListCriteriaInput, _ []string) {
		if in.ContactListID != nil {
			ids = append(ids, *in.ContactListID)
		}
	})
	return ids
}
