package privacy

import (
	"slices"
	"time"

	"parley/ent"
	"parley/ent/channelsender"
	"parley/ent/consentrecord"
	"parley/ent/contactemail"
	"parley/ent/contactlist"
	"parley/ent/contactlistmember"
	"parley/ent/libraryopening"
	"parley/ent/libraryshare"
	"parley/ent/pageview"
	entvisitor "parley/ent/visitor"
	"parley/internal/clock"
	"parley/internal/vocab"
)

// about is what the account knows of the contact itself; what is not known is left out.
func (a *archive) about() (map[string]any, error) {
	c := a.contact
	about := map[string]any{"id": c.ID, "createdAt": c.CreatedAt.Time().UTC(), "externalId": c.ExternalID}
	for name, text := range map[string]string{
		"name": c.Name, "firstName": c.FirstName, "lastName": c.LastName, "avatarUrl": c.AvatarURL, "jobTitle": c.JobTitle, "language": c.Language,
		"timeZone": c.TimeZone, "country": c.Country, "city": c.City, "lifecycleStage": string(c.LifecycleStage), "source": string(c.Source),
		"firstSeenAt": moment(c.FirstSeenAt), "lastSeenAt": moment(c.LastSeenAt), "lastContactedAt": moment(c.ContactedAt),
		"transcriptsRefusedAt": moment(c.TranscriptsRefusedAt),
	} {
		if text != "" {
			about[name] = text
		}
	}
	for _, add := range []func(map[string]any) error{a.addAddresses, a.addProperties, a.addLists, a.addTickets, a.addDeals, a.addQuotes, a.addOtherRecords, a.addEngagements, a.addVisits, a.addSenders, a.addOpenings, a.addConsents, a.addBlocks, a.addMerged} {
		if err := add(about); err != nil {
			return nil, err
		}
	}
	return about, nil
}

// moment is a time as JSON has it; "": never.
func moment(at clock.Micros) string {
	if !at.IsSet() {
		return ""
	}
	return at.Time().UTC().Format(time.RFC3339Nano)
}

func (a *archive) addAddresses(about map[string]any) error {
	addresses, err := a.s.store.Client(a.ctx).ContactEmail.Query().Where(contactemail.ContactID(a.contact.ID)).Select(contactemail.FieldAddress).Strings(a.ctx)
	if err != nil {
		return err
	}
	a.addresses = addresses
	emails, err := a.s.deps.Contacts.EmailAddresses(a.ctx, []*ent.Contact{a.contact})
	if err != nil {
		return err
	}
	phones, err := a.s.deps.Contacts.Phones(a.ctx, []*ent.Contact{a.contact})
	about["emails"], about["phones"] = emails[0], phones[0]
	return err
}

func (a *archive) addProperties(about map[string]any) error {
	values, err := a.valuesOf(vocab.PropertyOfContact, []string{a.contact.ID})
	if err != nil {
		return err
	}
	about["properties"] = values[0]
	return nil
}

// valuesOf are the values of each record's properties, by name.
func (a *archive) valuesOf(object vocab.PropertyObject, recordIDs []string) ([]map[string]any, error) {
	found, err := a.s.properties.Of(a.ctx, object, recordIDs, nil)
	if err != nil {
		return nil, err
	}
	values := make([]map[string]any, len(recordIDs))
	for i, list := range found {
		values[i] = map[string]any{}
		for _, v := range list {
			values[i][v.Property.Name] = v.Plain()
		}
	}
	return values, nil
}

func (a *archive) addLists(about map[string]any) error {
	client := a.s.store.Client(a.ctx)
	ids, err := client.ContactListMember.Query().Where(contactlistmember.ContactID(a.contact.ID)).Select(contactlistmember.FieldListID).Strings(a.ctx)
	if err != nil {
		return err
	}
	about["lists"], err = client.ContactList.Query().Where(contactlist.IDIn(ids...)).Select(contactlist.FieldName).Strings(a.ctx)
	return err
}

// visitors are those of the contact, as an erasure has them too.
func (a *archive) visitors() ([]*ent.Visitor, error) {
	stray, err := a.s.store.Strings(a.ctx, strayVisitors, a.contact.ID)
	if err != nil {
		return nil, err
	}
	return a.s.store.Client(a.ctx).Visitor.Query().Where(entvisitor.Or(entvisitor.ContactID(a.contact.ID), entvisitor.IDIn(stray...))).Order(entvisitor.ByID()).All(a.ctx)
}

// addSenders adds by what custom channels know them, and what those say of them.
func (a *archive) addSenders(about map[string]any) error {
	rows, err := a.s.store.Client(a.ctx).ChannelSender.Query().Where(channelsender.ContactID(a.contact.ID)).Order(channelsender.ByID()).All(a.ctx)
	if err != nil {
		return err
	}
	list := []map[string]any{}
	for _, s := range rows {
		list = append(list, map[string]any{"channelId": s.ChannelID, "key": s.Key, "name": s.Name, "avatarUrl": s.AvatarURL, "email": s.Email, "phone": s.Phone})
	}
	about["customChannels"] = list
	return nil
}

func (a *archive) addVisits(about map[string]any) error {
	client := a.s.store.Client(a.ctx)
	visitors, err := a.visitors()
	if err != nil {
		return err
	}
	list := []map[string]any{}
	for _, v := range visitors {
		views, err := client.PageView.Query().Where(pageview.VisitorID(v.ID)).Order(pageview.ByID()).All(a.ctx)
		if err != nil {
			return err
		}
		pages := []map[string]any{}
		for _, p := range views {
			pages = append(pages, map[string]any{"url": p.URL, "title": p.Title, "viewedAt": p.ViewedAt.Time().UTC()})
		}
		list = append(list, map[string]any{
			"id": v.ID, "name": v.Name, "email": v.Email, "language": v.Language, "timeZone": v.TimeZone, "lastSeenAt": moment(v.LastSeenAt), "pages": pages, "suggested": v.Suggested,
		})
	}
	about["visits"] = list
	return nil
}

// addOpenings adds which documents that were sent to the contact were opened.
func (a *archive) addOpenings(about map[string]any) error {
	client := a.s.store.Client(a.ctx)
	rows, err := client.LibraryOpening.Query().Where(libraryopening.ContactID(a.contact.ID)).Order(libraryopening.ByOpenedAt(), libraryopening.ByID()).All(a.ctx)
	if err != nil {
		return err
	}
	shares := make([]string, len(rows))
	for i, r := range rows {
		shares[i] = r.ShareID
	}
	slices.Sort(shares)
	found, err := client.LibraryShare.Query().Where(libraryshare.IDIn(slices.Compact(shares)...)).All(a.ctx)
	if err != nil {
		return err
	}
	titles := map[string]string{}
	for _, share := range found {
		titles[share.ID] = share.Title
	}
	list := []map[string]any{}
	for _, r := range rows {
		list = append(list, map[string]any{
			"document": titles[r.ShareID], "openedAt": moment(r.OpenedAt), "visibleSeconds": r.Seconds, "downloadedAt": moment(r.DownloadedAt), "email": r.Email,
		})
	}
	about["documentOpenings"] = list
	return nil
}

func (a *archive) addConsents(about map[string]any) error {
	rows, err := a.s.store.Client(a.ctx).ConsentRecord.Query().Where(consentrecord.ContactID(a.contact.ID)).Order(consentrecord.ByID()).All(a.ctx)
	if err != nil {
		return err
	}
	list := []map[string]any{}
	for _, r := range rows {
		list = append(list, map[string]any{
			"id": r.ID, "kind": r.Kind, "basis": r.Basis, "text": r.Text, "pageUrl": r.PageURL, "givenAt": moment(r.GivenAt), "withdrawnAt": moment(r.WithdrawnAt),
		})
	}
	about["consents"] = list
	return nil
}
