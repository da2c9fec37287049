package privacy

import (
	"encoding/json"
	"strconv"

	entblock "parley/ent/block"
	"parley/ent/contactmerge"
	entdeal "parley/ent/deal"
	"parley/ent/engagement"
	"parley/ent/engagementrevision"
	"parley/ent/recordcontact"
	entticket "parley/ent/ticket"
	"parley/internal/crm"
	"parley/internal/vocab"
)

func (a *archive) addTickets(about map[string]any) error {
	tickets, err := a.s.store.Client(a.ctx).Ticket.Query().Where(entticket.ContactID(a.contact.ID)).Order(entticket.ByID()).All(a.ctx)
	if err != nil {
		return err
	}
	ids := make([]string, len(tickets))
	for i, t := range tickets {
		ids[i] = t.ID
	}
	values, err := a.valuesOf(vocab.PropertyOfTicket, ids)
	if err != nil {
		return err
	}
	list := []map[string]any{}
	for i, t := range tickets {
		list = append(list, map[string]any{
			"id": t.ID, "number": "#" + strconv.Itoa(t.Number), "subject": t.Subject, "description": t.Description, "priority": t.Priority, "source": t.Source,
			"properties": t.Properties, "definedProperties": values[i], "externalId": t.ExternalID, "createdAt": t.CreatedAt.Time().UTC(), "closedAt": moment(t.ClosedAt),
		})
	}
	about["tickets"] = list
	return nil
}

func (a *archive) addDeals(about map[string]any) error {
	deals, err := a.s.store.Client(a.ctx).Deal.Query().Where(entdeal.ContactID(a.contact.ID)).Order(entdeal.ByID()).All(a.ctx)
	if err != nil {
		return err
	}
	ids := make([]string, len(deals))
	for i, d := range deals {
		ids[i] = d.ID
	}
	values, err := a.valuesOf(vocab.PropertyOfDeal, ids)
	if err != nil {
		return err
	}
	list := []map[string]any{}
	for i, d := range deals {
		amount, err := crm.Amount(d)
		if err != nil {
			return err
		}
		list = append(list, map[string]any{
			"id": d.ID, "name": d.Name, "amount": amount, "lostReason": d.LostReason, "properties": d.Properties, "definedProperties": values[i],
			"externalId": d.ExternalID, "createdAt": d.CreatedAt.Time().UTC(), "closedAt": moment(d.ClosedAt),
		})
	}
	about["deals"] = list
	return nil
}

// addOtherRecords adds the tickets and deals that are about someone else, and on which the
// contact is one of the others.
func (a *archive) addOtherRecords(about map[string]any) error {
	rows, err := a.s.store.Client(a.ctx).RecordContact.Query().Where(recordcontact.ContactID(a.contact.ID)).Order(recordcontact.ByID()).All(a.ctx)
	if err != nil {
		return err
	}
	list := []map[string]any{}
	for _, r := range rows {
		list = append(list, map[string]any{"id": r.RecordID, "since": moment(r.At)})
	}
	about["otherRecords"] = list
	return nil
}

// addEngagements adds what the team logged, with what it said before it was changed.
func (a *archive) addEngagements(about map[string]any) error {
	client := a.s.store.Client(a.ctx)
	logged, err := client.Engagement.Query().Where(engagement.ContactID(a.contact.ID)).Order(engagement.ByID()).All(a.ctx)
	if err != nil {
		return err
	}
	list := []map[string]any{}
	for _, e := range logged {
		revisions, err := client.EngagementRevision.Query().Where(engagementrevision.EngagementID(e.ID)).Order(engagementrevision.ByID()).All(a.ctx)
		if err != nil {
			return err
		}
		before := []vocab.EngagementBody{}
		for _, r := range revisions {
			before = append(before, r.Body)
		}
		list = append(list, map[string]any{"id": e.ID, "kind": e.Kind, "body": e.Body, "before": before, "externalId": e.ExternalID, "at": moment(e.At)})
	}
	about["engagements"] = list
	return nil
}

func (a *archive) addBlocks(about map[string]any) error {
	visitors, err := a.visitors()
	if err != nil {
		return err
	}
	senders := append([]string{a.contact.ID}, a.addresses...)
	for _, v := range visitors {
		senders = append(senders, v.ID)
	}
	rows, err := a.s.store.Client(a.ctx).Block.Query().Where(entblock.SenderIn(senders...)).Order(entblock.ByID()).All(a.ctx)
	if err != nil {
		return err
	}
	list := []map[string]any{}
	for _, b := range rows {
		list = append(list, map[string]any{"sender": b.Sender, "reason": b.Reason, "createdAt": moment(b.CreatedAt), "until": moment(b.EndsAt)})
	}
	about["blocks"] = list
	return nil
}

// addMerged adds what is remembered of contacts that became part of this one, also of
// those that became part of them.
func (a *archive) addMerged(about map[string]any) error {
	list := []map[string]any{}
	for into := []string{a.contact.ID}; len(into) > 0; {
		merges, err := a.s.store.Client(a.ctx).ContactMerge.Query().Where(contactmerge.IntoIDIn(into...)).Order(contactmerge.ByID()).All(a.ctx)
		if err != nil {
			return err
		}
		into = nil
		for _, m := range merges {
			into = append(into, m.FromID)
		}
		values, err := a.valuesOf(vocab.PropertyOfContact, into)
		if err != nil {
			return err
		}
		for i, m := range merges {
			merged := map[string]any{"id": m.FromID, "mergedAt": moment(m.MergedAt), "externalId": m.ExternalID, "properties": values[i]}
			if m.Snapshot != "" {
				merged["contact"] = json.RawMessage(m.Snapshot)
			}
			list = append(list, merged)
		}
	}
	about["merged"] = list
	return nil
}
