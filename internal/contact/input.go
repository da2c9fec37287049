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
