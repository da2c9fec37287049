package vocab

import "parley/internal/clock"

// PropertyObject says of what kind of record a property is (CR-11).
type PropertyObject string

// Kinds of records that have properties.
const (
	PropertyOfContact      PropertyObject = "CONTACT"
	PropertyOfCompany      PropertyObject = "COMPANY"
	PropertyOfConversation PropertyObject = "CONVERSATION"
	PropertyOfTicket       PropertyObject = "TICKET"
	PropertyOfDeal         PropertyObject = "DEAL"
)

// PropertyKind says what a property's values are (CR-11).
type PropertyKind string

// Kinds of properties.
const (
	TextProperty     PropertyKind = "TEXT"
	LongTextProperty PropertyKind = "LONG_TEXT"
	NumberProperty   PropertyKind = "NUMBER"
	DateProperty     PropertyKind = "DATE"
	TimeProperty     PropertyKind = "TIME"
	BooleanProperty  PropertyKind = "BOOLEAN"
	ChoiceProperty   PropertyKind = "CHOICE"
	ChoicesProperty  PropertyKind = "CHOICES"
)

// HasOptions reports whether values are chosen from a list.
func (k PropertyKind) HasOptions() bool { return k == ChoiceProperty || k == ChoicesProperty }

// PropertyOption is one of the values that a property of choices has.
type PropertyOption struct {
	Value    string `json:"value"`
	Label    string `json:"label"`
	Archived bool   `json:"archived,omitempty"`
}

// PropertyCondition is a condition on what a record has of a property: one test, or a
// range of one kind (CR-11).
type PropertyCondition struct {
	Name       string
	IsSet      *bool
	AnyOf      []string
	Boolean    *bool
	Number     *float64
	NumberFrom *float64
	NumberTo   *float64
	DateFrom   *string
	DateTo     *string
	TimeAfter  *clock.Micros
	TimeBefore *clock.Micros
	// PropertyID names the property in conditions that are kept, whatever it is called
	// later; then Name is empty.
	PropertyID string `json:",omitzero"`
}
