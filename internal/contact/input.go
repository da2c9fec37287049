package contact

import (
	"parley/internal/contact/smartlist"
	"parley/internal/opt"
	"parley/internal/property"
	"parley/internal/vocab"
)

// CreateContactInput is the input of createContact. A new contact: at least
// one of name, e-mail, phone and external id.
type CreateContactInput struct {
	// ID is the contact's id, if the caller chose it.
	ID             *string
	Name           *string
	Email          *string
	Phone          *string
	AvatarURL      *string
	ExternalID     *string
	FirstName      *string
	LastName       *string
	Emails         []ContactEmailInput
	Phones         []ContactPhoneInput
	JobTitle       *string
	CompanyID      *string
	OwnerID        *string
	Language       *string
	TimeZone       *string
	Country        *string
	City           *string
	LifecycleStage *vocab.LifecycleStage
	Properties     []property.PropertyValueInput
	IdempotencyKey *string
}

// ContactEmailInput is an address that a contact is to have. What is nil stays as it is.
type ContactEmailInput struct {
	Email    string
	Primary  *bool
	Verified *bool
	Label    *string
}

// ContactPhoneInput is a phone number that a contact is to have.
type ContactPhoneInput struct {
	Number  string
	Primary *bool
	Label   *string
}

// ContactFacts is what an update or upsert may change of a contact. What is left out
// stays as it is.
type ContactFacts struct {
	Name       opt.Value[*string]
	Email      opt.Value[*string]
	Phone      opt.Value[*string]
	AvatarURL  opt.Value[*string]
	ExternalID opt.Value[*string]
	FirstName  opt.Value[*string]
	LastName   opt.Value[*string]
	// Emails and Phones are all of them; null is none.
	Emails   opt.Value[[]ContactEmailInput]
	Phones   opt.Value[[]ContactPhoneInput]
	JobTitle opt.Value[*string]
	// CompanyID is set by hand; null: none, and none by a mail domain either.
	CompanyID      opt.Value[*string]
	OwnerID        opt.Value[*string]
	Language       opt.Value[*string]
	TimeZone       opt.Value[*string]
	Country        opt.Value[*string]
	City           opt.Value[*string]
	LifecycleStage opt.Value[*vocab.LifecycleStage]
	// Properties are values of defined ones; those that are not named stay.
	Properties opt.Value[[]property.PropertyValueInput]
}

// UpdateContactInput is the input of updateContact. What is left out stays as
// it is.
type UpdateContactInput struct {
	ContactID string
	ContactFacts
	IdempotencyKey *string
}

// ContactKey is what leads to one contact: exactly one of these.
type ContactKey struct {
	ID         *string
	ExternalID *string
	Email      *string
}

// UpsertContactInput is the input of upsertContact. Which contact, and what is known of
// it.
type UpsertContactInput struct {
	By ContactKey
	ContactFacts
	IdempotencyKey *string
}

// MergeContactsInput is the input of mergeContacts. Who becomes part of whom.
type MergeContactsInput struct {
	IntoContactID  string
	ContactIDs     []string
	IdempotencyKey *string
}

// UndoMergeContactsInput is the input of undoMergeContacts. The contact that was merged.
type UndoMergeContactsInput struct {
	ContactID      string
	IdempotencyKey *string
}

// DeleteContactInput is the input of deleteContact. Which contact to delete.
type DeleteContactInput struct {
	ContactID      string
	IdempotencyKey *string
}

// CreateContactListInput is the input of createContactList. A new list.
type CreateContactListInput struct {
	// ID is the list's id, if the caller chose it.
	ID   *string
	Name string
	// Criteria are those of a smart list; nil: it is static.
	Criteria       *smartlist.ContactListCriteriaInput
	IdempotencyKey *string
}

// UpdateContactListInput is the input of updateContactList. What is left out stays
// as it is.
type UpdateContactListInput struct {
	ContactListID  string
	Name           opt.Value[*string]
	Criteria       opt.Value[*smartlist.ContactListCriteriaInput]
	IdempotencyKey *string
}

// DeleteContactListInput is the input of deleteContactList. Which list to delete.
type DeleteContactListInput struct {
	ContactListID string
	// Archive keeps the list where it is used.
	Archive        *bool
	IdempotencyKey *string
}

// ListChange is who enters or leaves a list.
type ListChange struct {
	ContactListID  string
	ContactIDs     []string
	IdempotencyKey *string
}

// AddContactsToListInput is the input of addContactsToList. Who is to be on a list.
type AddContactsToListInput ListChange

// RemoveContactsFromListInput is the input of removeContactsFromList. Who is to be off a list.
type RemoveContactsFromListInput ListChange
