package company

import (
	"context"
	"errors"
	"strings"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/property"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// maxIndustry is the most characters of an industry, maxSize the most people.
	maxIndustry = 100
	maxSize     = 100_000_000
)

// apply puts what is given into a company, but for its domains and defined properties.
func (f CompanyFacts) apply(ctx context.Context, tx *store.Tx, c *ent.Company) error {
	return errors.Join(f.applyName(c), f.applyIndustry(c), f.applySize(c), f.applyCountry(c), f.applyOwner(ctx, tx, c), account.SetExternalID(&c.ExternalID, f.ExternalID))
}

// applyName: a new company without a name is called by its first domain.
func (f CompanyFacts) applyName(c *ent.Company) (err error) {
	name := f.Name.Value()
	switch {
	case name != nil && (c.Name != "" || strings.TrimSpace(*name) != ""):
		c.Name, err = account.CleanName(*name, "name")
	case c.Name != "":
		_, err = opt.NotNull(f.Name, "name")
	default:
		domains, err := cleanDomains(f.Domains.Value())
		if err != nil {
			return nil // they are refused on their own
		}
		if len(domains) == 0 {
			return errs.New(errs.Required, "A company needs a name or a domain.").On("name")
		}
		c.Name = domains[0]
	}
	return err
}

func (f CompanyFacts) applyIndustry(c *ent.Company) (err error) {
	industry := opt.OrZero(f.Industry)
	if industry == nil {
		return nil
	}
	if c.Industry, err = richtext.OneLine(*industry, maxIndustry, "industry"); errs.Is(err, errs.Required) {
		return nil
	}
	return err
}

func (f CompanyFacts) applySize(c *ent.Company) error {
	size, given := f.Size.ValueOK()
	if given && size != nil && (*size < 0 || *size > maxSize) {
		return errs.New(errs.Invalid, "The size is how many people work there: from 0 to %d.", maxSize).On("size")
	}
	if given {
		c.Size = size
	}
	return nil
}

func (f CompanyFacts) applyCountry(c *ent.Company) (err error) {
	if country := opt.OrZero(f.Country); country != nil {
		c.Country, err = account.CleanCountry(*country, "country")
	}
	return err
}

func (f CompanyFacts) applyOwner(ctx context.Context, tx *store.Tx, c *ent.Company) error {
	before := c.OwnerID
	opt.Set(&c.OwnerID, f.OwnerID)
	if c.OwnerID == before || c.OwnerID == "" {
		return nil
	}
	_, err := account.ActiveUserIDs(ctx, tx, "ownerId", []string{c.OwnerID})
	if e := errs.Of(err); e != nil {
		return e.On("ownerId")
	}
	return err
}

// insertCompany makes a company of what a call gives.
func insertCompany(ctx context.Context, tx *store.Tx, companyID string, f CompanyFacts) (*ent.Company, error) {
	c := &ent.Company{ID: companyID}
	if err := f.apply(ctx, tx, c); err != nil {
		return nil, err
	}
	saved, err := tx.Client.Company.Create().SetID(companyID).SetName(c.Name).SetIndustry(c.Industry).SetNillableSize(c.Size).SetCountry(c.Country).
		SetOwnerID(c.OwnerID).SetNillableExternalID(c.ExternalID).SetUpdatedAt(tx.Now()).SetCreatedAt(tx.Now()).Save(ctx)
	if err != nil {
		return nil, account.ExternalIDTaken(err, "company")
	}
	changes := changesOf(&ent.Company{}, saved)
	more, err := f.applyRest(ctx, tx, saved)
	if err != nil {
		return nil, err
	}
	tx.Append(ctx, store.Event{Type: vocab.CompanyCreated, SubjectID: companyID, Changes: append(changes, more...)})
	return saved, nil
}

// applyRest writes domains and defined properties, and returns what changed.
func (f CompanyFacts) applyRest(ctx context.Context, tx *store.Tx, of *ent.Company) (store.Changes, error) {
	var c store.Changes
	if f.Domains.IsSet() {
		domains, err := cleanDomains(f.Domains.Value())
		if err != nil {
			return nil, err
		}
		changed, err := setDomains(ctx, tx, of, domains)
		if err != nil {
			return nil, err
		}
		c.Named("domains", changed)
	}
	values, err := property.Set(ctx, tx, vocab.PropertyOfCompany, of.ID, f.Properties.Value())
	if err == nil && !values.IsZero() {
		c = append(c, values.FieldChange())
	}
	return c, err
}

// changeCompany changes a locked company by what a call gives, and records it; nothing
// new: nothing happens.
func changeCompany(ctx context.Context, tx *store.Tx, c *ent.Company, f CompanyFacts) error {
	before := *c
	if err := f.apply(ctx, tx, c); err != nil {
		return err
	}
	changes := changesOf(&before, c)
	more, err := f.applyRest(ctx, tx, c)
	if changes = append(changes, more...); err != nil || len(changes) == 0 {
		return err
	}
	tx.Append(ctx, store.Event{Type: vocab.CompanyUpdated, SubjectID: c.ID, Changes: changes})
	c.UpdatedAt = tx.Now()
	update := tx.Client.Company.UpdateOneID(c.ID).SetName(c.Name).SetIndustry(c.Industry).SetCountry(c.Country).SetOwnerID(c.OwnerID).
		SetNillableSize(c.Size).SetNillableExternalID(c.ExternalID).SetUpdatedAt(c.UpdatedAt)
	if c.Size == nil {
		update.ClearSize()
	}
	if c.ExternalID == nil {
		update.ClearExternalID()
	}
	return account.ExternalIDTaken(update.Exec(ctx), "company")
}

// changesOf are what differs between two states of a company.
func changesOf(before, after *ent.Company) store.Changes {
	var c store.Changes
	c.Named("name", before.Name != after.Name)
	c.Named("industry", before.Industry != after.Industry)
	c.Named("size", sizeOf(before) != sizeOf(after))
	c.Named("country", before.Country != after.Country)
	c.Optional("owner", before.OwnerID, after.OwnerID)
	account.ExternalIDChange(&c, before.ExternalID, after.ExternalID)
	return c
}

func sizeOf(c *ent.Company) int {
	if c.Size == nil {
		return -1
	}
	return *c.Size
}
