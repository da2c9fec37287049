package contact

import "parley/internal/opt"

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
	IdempotencyKey *string
}

// ContactFacts is what an update or upsert may change of a contact. What is left out
// stays as it is.
type ContactFacts struct {
	Name       opt.Value[*string]
	Email      opt.Value[*string]
	Phone      opt.Value[*string]
	AvatarURL  opt.Value[*string]
	ExternalID opt.Value[*string]
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

// CreateContactListInput is the input of createContactList. A new static list.
type CreateContactListInput struct {
	// ID is the list's id, if the caller chose it.
	ID             *string
	Name           string
	IdempotencyKey *string
}

// UpdateContactListInput is the input of updateContactList. What is left out stays
// as it is.
type UpdateContactListInput struct {
	ContactListID  string
	Name           opt.Value[*string]
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
