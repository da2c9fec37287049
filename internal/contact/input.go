package contact

// CreateContactInput is the input of createContact. A new contact: at least
// one of name, e-mail and phone.
type CreateContactInput struct {
	Name           *string
	Email          *string
	Phone          *string
	IdempotencyKey *string
}

// UpdateContactInput is the input of updateContact. What is left out stays as
// it is.
type UpdateContactInput struct {
	ContactID      string
	Name           *string
	Email          *string
	Phone          *string
	IdempotencyKey *string
}

// CreateContactListInput is the input of createContactList. A new static list.
type CreateContactListInput struct {
	Name           string
	IdempotencyKey *string
}

// ListChange is who enters or leaves a list.
type ListChange struct {
	ListID         string
	ContactIDs     []string
	IdempotencyKey *string
}

// AddToListInput is the input of addToList. Who is to be on a list.
type AddToListInput ListChange

// RemoveFromListInput is the input of removeFromList. Who is to be off a list.
type RemoveFromListInput ListChange
