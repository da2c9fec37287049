package contact

import (
	"context"
	"time"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/companydomain"
	entcontact "parley/ent/contact"
	"parley/ent/contactemail"
	"parley/internal/company"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/reaction"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// mayLink reports whether a mail domain may lead a contact to a company: it has none, and
// no one said so.
func mayLink(c *ent.Contact) bool { return c.CompanyID == "" && !c.CompanyByHand }

// linkByDomain makes a locked contact one of the company that has a domain of its
// addresses; "": none has.
func linkByDomain(ctx context.Context, tx *store.Tx, c *ent.Contact, domain, companyID string) error {
	if companyID == "" || !mayLink(c) || company.IsFreemail(domain) {
		return nil
	}
	c.CompanyID = companyID
	return tx.Client.Contact.UpdateOneID(c.ID).SetCompanyID(companyID).Exec(ctx)
}

// applyCompany sets a locked contact's company by hand; null is none, and stays so.
func (f ContactFacts) applyCompany(ctx context.Context, tx *store.Tx, c *ent.Contact) error {
	given, ok := f.CompanyID.ValueOK()
	if !ok {
		return nil
	}
	wanted := ""
	if given != nil {
		wanted = *given
	}
	if wanted != c.CompanyID {
		if err := company.Keep(ctx, tx, wanted); err != nil {
			return err
		}
	}
	if wanted == c.CompanyID && c.CompanyByHand {
		return nil
	}
	c.CompanyID, c.CompanyByHand = wanted, true
	return tx.Client.Contact.UpdateOneID(c.ID).SetCompanyID(wanted).SetCompanyByHand(true).Exec(ctx)
}

// companyChange is what an event says of another company.
func companyChange(changes store.Changes, before string, c *ent.Contact) store.Changes {
	changes.Optional("company", before, c.CompanyID)
	return changes
}

// ofCompany is the order of the contacts of one company.
var ofCompany = store.Listing[ent.Contact]{
	Name: "contacts of company", Kind: id.Contact, Column: entcontact.FieldCreatedAt,
	Number: func(c *ent.Contact) int64 { return int64(c.CreatedAt) }, ID: idOf,
}

// OfCompanies returns a page of each company's contacts that the viewer may see, oldest
// first (CR-6, AC-14).
func (s *Service) OfCompanies(ctx context.Context, companies []*ent.Company, args paging.PageArgs) ([]*Page, error) {
	ids := make([]string, len(companies))
	for i, c := range companies {
		ids[i] = c.ID
	}
	found, err := ofCompany.Pages(args, pageOfContact, ids, store.Of(entcontact.FieldCompanyID), func(narrow func(*sql.Selector)) ([]*ent.Contact, error) {
		q := s.store.Client(ctx).Contact.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
	if err != nil {
		return nil, err
	}
	pages := make([]*Page, len(found))
	for i, page := range found {
		l := list{s: s, filter: ContactFilter{CompanyIDs: ids[i : i+1]}}
		pages[i] = &Page{*page, l.count}
	}
	return pages, nil
}

const (
	// linkedAtOnce is how many contacts one transaction links to a company.
	linkedAtOnce = 200
	// slowLinking is how long the handling of one event may take: a company may have very
	// many contacts, some hundred in each transaction.
	slowLinking = 10 * time.Minute
)

// companyConsumer links contacts to companies by their mail domains (CR-6).
func (s *Service) companyConsumer() reaction.Consumer {
	return reaction.Consumer{
		Name: "link-companies", Timeout: slowLinking, Handle: s.linkAfter, Check: s.linkAll,
		Types: []vocab.EventType{vocab.CompanyCreated, vocab.CompanyUpdated, vocab.CompanyDeleted},
	}
}

// linkAfter links contacts to a company that got a domain, and takes a deleted one off
// them.
func (s *Service) linkAfter(ctx context.Context, e *event.Entry) error {
	ctx = viewer.NewContext(ctx, viewer.System("companies", e.AccountID))
	if e.Type == vocab.CompanyDeleted {
		return s.unlinkCompany(ctx, e.SubjectID)
	}
	for _, c := range e.Changes {
		if c.Field == "domains" {
			return s.linkCompany(ctx, e.SubjectID)
		}
	}
	return nil
}

// linkAll links all contacts of the context's account.
func (s *Service) linkAll(ctx context.Context) error {
	ctx = viewer.NewContext(ctx, viewer.System("companies", viewer.FromContext(ctx).AccountID))
	for after := ""; ; {
		ids, err := s.store.Client(ctx).CompanyDomain.Query().Where(companydomain.CompanyIDGT(after)).
			Order(companydomain.ByCompanyID()).Unique(true).Limit(linkedAtOnce).Select(companydomain.FieldCompanyID).Strings(ctx)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, companyID := range ids {
			if err := s.linkCompany(ctx, companyID); err != nil {
				return err
			}
			after = companyID
		}
	}
}

// linkCompany links contacts with an address at one of a company's domains.
func (s *Service) linkCompany(ctx context.Context, companyID string) error {
	domains, err := s.store.Client(ctx).CompanyDomain.Query().Where(companydomain.CompanyID(companyID)).Select(companydomain.FieldDomain).Strings(ctx)
	if err != nil {
		return err
	}
	for _, domain := range domains {
		if company.IsFreemail(domain) {
			continue
		}
		if err := s.linkDomain(ctx, companyID, domain); err != nil {
			return err
		}
	}
	return nil
}

// linkDomain links contacts with an address at a domain, step by step.
func (s *Service) linkDomain(ctx context.Context, companyID, domain string) error {
	for after := ""; ; {
		ids, err := s.store.Client(ctx).ContactEmail.Query().Where(contactemail.Domain(domain), contactemail.ContactIDGT(after)).
			Order(contactemail.ByContactID()).Limit(linkedAtOnce).Select(contactemail.FieldContactID).Strings(ctx)
		if err != nil || len(ids) == 0 {
			return err
		}
		after = ids[len(ids)-1]
		err = s.changeCompanies(ctx, ids, companyID, func(ctx context.Context, tx *store.Tx) (bool, error) {
			return tx.Client.CompanyDomain.Query().Where(companydomain.CompanyID(companyID), companydomain.Domain(domain)).Exist(ctx)
		}, mayLink)
		if err != nil {
			return err
		}
	}
}

// unlinkCompany takes a company that is gone off its contacts, step by step.
func (s *Service) unlinkCompany(ctx context.Context, companyID string) error {
	always := func(context.Context, *store.Tx) (bool, error) { return true, nil }
	for {
		ids, err := s.store.Client(ctx).Contact.Query().Where(entcontact.CompanyID(companyID)).Limit(linkedAtOnce).IDs(ctx)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := s.changeCompanies(ctx, ids, "", always, func(c *ent.Contact) bool { return c.CompanyID == companyID }); err != nil {
			return err
		}
	}
}

// changeCompanies gives contacts a company, those for which that holds, if what it goes by
// is still so in the transaction.
func (s *Service) changeCompanies(ctx context.Context, ids []string, companyID string, still func(context.Context, *store.Tx) (bool, error), holds func(*ent.Contact) bool) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if so, err := still(ctx, tx); err != nil || !so {
			return err
		}
		rows, err := tx.Client.Contact.Query().Where(entcontact.IDIn(ids...)).Order(entcontact.ByID()).Modify(store.ForUpdate).All(ctx)
		if err != nil {
			return err
		}
		for _, c := range rows {
			if !holds(c) {
				continue
			}
			before := c.CompanyID
			c.CompanyID = companyID
			if err := tx.Client.Contact.UpdateOneID(c.ID).SetCompanyID(companyID).SetCompanyByHand(false).Exec(ctx); err != nil {
				return err
			}
			recordChange(ctx, tx, c, companyChange(nil, before, c))
		}
		return nil
	})
}
