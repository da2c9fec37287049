package model

import (
	"parley/ent"
	"parley/internal/vocab"
)

// RoutingCondition is a pointer to one of the conditions below.
type RoutingCondition interface{}

// RoutingTextCondition compares a text; conditions on one text have no more.
type RoutingTextCondition struct {
	Operator vocab.RoutingOperator
	Value    *string
}

// Conditions on a text.
type (
	// RoutingLanguageCondition is on the language of the visitor's browser.
	RoutingLanguageCondition struct{ RoutingTextCondition }
	// RoutingPageCondition is on the page on which a chat started.
	RoutingPageCondition struct{ RoutingTextCondition }
	// RoutingSubjectCondition is on the subject of the first mail.
	RoutingSubjectCondition struct{ RoutingTextCondition }
	// RoutingToAddressCondition is on the addresses that got the first mail.
	RoutingToAddressCondition struct{ RoutingTextCondition }
)

// RoutingContactPropertyCondition is on a property of the contact.
type RoutingContactPropertyCondition struct {
	Property vocab.RoutingContactProperty
	RoutingTextCondition
}

// RoutingDefinedPropertyCondition is on what the contact has of a defined property.
type RoutingDefinedPropertyCondition struct{ Condition *vocab.PropertyCondition }

// RoutingListCondition is on the contact's being on a list.
type RoutingListCondition struct {
	List   *ent.ContactList
	Member bool
}

// RoutingHoursCondition is on the channel's operating hours.
type RoutingHoursCondition struct{ Hours vocab.RoutingHours }

// TargetingRule is a pointer to one of the rules below.
type TargetingRule interface{}

// TargetingPagesRule matches pages whatever their URL.
type TargetingPagesRule struct{ Pages vocab.TargetingPages }

// TargetingURLRule compares the page's URL.
type TargetingURLRule struct {
	Operator vocab.TargetingOperator
	Value    *string
}

// TargetingQueryParameterRule looks for a query parameter.
type TargetingQueryParameterRule struct {
	Parameter *string
	Value     *string
}
