package company

import (
	"parley/internal/opt"
	"parley/internal/property"
)

// CompanyFacts are what is known of a company. What is left out stays as it is.
type CompanyFacts struct {
	Name opt.Value[*string]
	// Domains are all of them, the main one first; null is none.
	Domains    opt.Value[[]string]
	Industry   opt.Value[*string]
	Size       opt.Value[*int]
	Country    opt.Value[*string]
	OwnerID    opt.Value[*string]
	ExternalID opt.Value[*string]
	// Properties are values of defined ones; those that are not named stay.
	Properties opt.Value[[]property.PropertyValueInput]
}

// CreateCompanyInput is the input of createCompany. A new company: at least a name or a
// domain.
type CreateCompanyInput struct {
	CompanyFacts
	// ID is the company's id, if the caller chose it.
	ID             *string
	IdempotencyKey *string
}

// UpdateCompanyInput is the input of updateCompany. What is left out stays as it is.
type UpdateCompanyInput struct {
	CompanyFacts
	CompanyID      string
	IdempotencyKey *string
}

// CompanyKey is what leads to one company: exactly one of these.
type CompanyKey struct {
	ID         *string
	ExternalID *string
	Domain     *string
}

// UpsertCompanyInput is the input of upsertCompany. Which company, and what is known of it.
type UpsertCompanyInput struct {
	CompanyFacts
	By             CompanyKey
	IdempotencyKey *string
}

// DeleteCompanyInput is the input of deleteCompany. Which company to delete.
type DeleteCompanyInput struct {
	CompanyID      string
	IdempotencyKey *string
}
