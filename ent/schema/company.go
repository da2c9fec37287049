package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Company is an organization that contacts, tickets and deals belong to (CR-6).
type Company struct{ ent.Schema }

// Mixin of Company.
func (Company) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of Company.
func (Company) Fields() []ent.Field {
	return []ent.Field{
		field.String("name"),
		text("industry"),
		field.Int("size").Optional().Nillable().Comment("How many people work there; null: not known."),
		field.String("country").Default("").Comment("ISO 3166, two letters."),
		reference("owner_id"),
		externalID(),
		instant("updated_at"),
		made(),
	}
}

// Indexes of Company.
func (Company) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("account_id", "id").Unique(), index.Fields("account_id", "external_id").Unique(),
		index.Fields("account_id", "name", "id"), index.Fields("account_id", "created_at", "id"), index.Fields("account_id", "owner_id", "id"),
	}
}

// CompanyDomain is a mail domain whose contacts belong to a company (CR-6).
type CompanyDomain struct{ ent.Schema }

// Mixin of CompanyDomain.
func (CompanyDomain) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of CompanyDomain.
func (CompanyDomain) Fields() []ent.Field {
	return []ent.Field{
		field.String("company_id").Immutable(),
		field.String("domain").Immutable().Comment("In lower case; unique in the account."),
		field.Int("place").Comment("Among the company's; the first is the main one."),
	}
}

// Indexes of CompanyDomain.
func (CompanyDomain) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "domain").Unique(), index.Fields("company_id", "place")}
}
