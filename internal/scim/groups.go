package scim

import (
	"net/http"
	"slices"
	"strings"

	scim "github.com/elimity-com/scim"
	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"
	filter "github.com/scim2/filter-parser/v2"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/errs"
)

func groupSchema() schema.Schema { return schema.CoreGroupSchema() }

// groups serves /Groups.
type groups struct {
	accounts *account.Service
	base     string
	faults   *presenter
}

var _ scim.ResourceHandler = (*groups)(nil)

// Create makes a team.
func (h *groups) Create(r *http.Request, given scim.ResourceAttributes) (scim.Resource, error) {
	t, err := h.accounts.ProvisionTeam(r.Context(), "", func(p *account.ProvisionedTeam) error { return setGroup(p, given) })
	return h.answerGroup(r, t, err)
}

// Get returns a team.
func (h *groups) Get(r *http.Request, id string) (scim.Resource, error) {
	t, err := h.accounts.ProvisionedTeamByID(r.Context(), id)
	return h.answerGroup(r, t, err)
}

// GetAll returns a page of the teams that a filter matches.
func (h *groups) GetAll(r *http.Request, params scim.ListRequestParams) (scim.Page, error) {
	where, err := h.conditions(r.Context(), params.FilterValidator)
	if err != nil {
		return scim.Page{}, h.faults.presentError(r.Context(), err)
	}
	found, total, err := h.accounts.ProvisionedTeams(r.Context(), where, params.StartIndex-1, params.Count)
	if err != nil {
		return scim.Page{}, h.faults.presentError(r.Context(), err)
	}
	list, err := h.resources(r, found)
	return scim.Page{TotalResults: total, Resources: list}, err
}

// Replace makes a team what a directory describes. Without members it has none.
func (h *groups) Replace(r *http.Request, id string, given scim.ResourceAttributes) (scim.Resource, error) {
	t, err := h.accounts.ProvisionTeam(r.Context(), known(id), func(p *account.ProvisionedTeam) error {
		p.Members = nil
		return setGroup(p, given)
	})
	return h.answerGroup(r, t, err)
}

// known is an id as a use case takes it, for which "" is a new team.
func known(id string) string {
	if id == "" {
		return "-"
	}
	return id
}

// Delete deletes a team, or archives one that something names.
func (h *groups) Delete(r *http.Request, id string) error {
	if err := h.accounts.ProvisionTeamGone(r.Context(), id); err != nil {
		return h.faults.presentError(r.Context(), err)
	}
	return nil
}

// Patch changes a team. The answer has no content: a group may have many members.
func (h *groups) Patch(r *http.Request, id string, operations []scim.PatchOperation) (scim.Resource, error) {
	_, err := h.accounts.ProvisionTeam(r.Context(), known(id), func(p *account.ProvisionedTeam) error {
		members := newOrdered(p.Members)
		for _, o := range operations {
			if err := patchGroup(p, members, o); err != nil {
				return err
			}
		}
		p.Members = members.list()
		return nil
	})
	if err != nil {
		return scim.Resource{}, h.faults.presentError(r.Context(), err)
	}
	return scim.Resource{}, nil
}

func (h *groups) answerGroup(r *http.Request, t *ent.Team, err error) (scim.Resource, error) {
	if err != nil {
		return scim.Resource{}, h.faults.presentError(r.Context(), err)
	}
	list, err := h.resources(r, []*ent.Team{t})
	if err != nil {
		return scim.Resource{}, err
	}
	return list[0], nil
}

func (h *groups) resources(r *http.Request, found []*ent.Team) ([]scim.Resource, error) {
	var members map[string][]*ent.User
	if withMembers := wants(r, "members"); withMembers && len(found) > 0 {
		teamIDs := make([]string, len(found))
		for i, t := range found {
			teamIDs[i] = t.ID
		}
		var err error
		members, err = h.accounts.ProvisionedMembers(r.Context(), teamIDs)
		if errs.Is(err, errs.TooLong) {
			return nil, wrong(scimerrors.ScimTypeTooMany, "The groups of this page have too many members together. Ask for fewer groups by count, or pass excludedAttributes=members.")
		}
		if err != nil {
			return nil, h.faults.presentError(r.Context(), err)
		}
	}
	list := make([]scim.Resource, len(found))
	for i, t := range found {
		made := t.CreatedAt.Time()
		in := make([]any, len(members[t.ID]))
		for j, u := range members[t.ID] {
			in[j] = map[string]any{"value": u.ID, "display": u.Name, "type": "User", "$ref": h.base + "/Users/" + u.ID}
		}
		list[i] = scim.Resource{ID: t.ID, Meta: scim.Meta{Created: &made}, Attributes: shown(r, scim.ResourceAttributes{"displayName": t.Name, "members": in})}
		if t.ExternalID != nil {
			list[i].ExternalID = optional.NewString(*t.ExternalID)
		}
	}
	return list, nil
}

// setGroup puts the attributes that are given into p.
func setGroup(p *account.ProvisionedTeam, given map[string]any) error {
	for key, value := range given {
		text, isText := value.(string)
		attribute, _ := splitPath(key)
		switch {
		case attribute == "members":
			p.Members = valuesOf(value)
		case !isText:
			return wrong(scimerrors.ScimTypeInvalidValue, key+" is a text.")
		case attribute == "displayname":
			p.Name = text
		case attribute == "externalid":
			p.ExternalID = text
		}
	}
	return nil
}

// ordered is a list of ids, each once.
type ordered struct {
	ids []string
	has map[string]bool
}

func newOrdered(ids []string) *ordered {
	o := &ordered{has: map[string]bool{}}
	o.add(ids)
	return o
}

func (o *ordered) add(ids []string) {
	for _, one := range ids {
		if !o.has[one] {
			o.has[one] = true
			o.ids = append(o.ids, one)
		}
	}
}

func (o *ordered) remove(ids []string) {
	for _, one := range ids {
		delete(o.has, one)
	}
	o.ids = slices.DeleteFunc(o.ids, func(one string) bool { return !o.has[one] })
}

func (o *ordered) list() []string { return o.ids }

func patchGroup(p *account.ProvisionedTeam, members *ordered, o scim.PatchOperation) error {
	if o.Path == nil {
		values, ok := o.Value.(map[string]any)
		if !ok {
			return wrong(scimerrors.ScimTypeInvalidValue, "An operation without a path has an object of attributes as its value.")
		}
		given := *p
		given.Members = nil
		if err := setGroup(&given, values); err != nil {
			return err
		}
		p.Name, p.ExternalID = given.Name, given.ExternalID
		if given.Members != nil {
			if o.Op == scim.PatchOperationReplace {
				members.remove(slices.Clone(members.ids))
			}
			members.add(given.Members)
		}
		return nil
	}
	text, _ := o.Value.(string)
	switch strings.ToLower(o.Path.AttributePath.AttributeName) {
	case "members":
		return patchMembers(members, o)
	case "displayname":
		if o.Op == scim.PatchOperationRemove {
			return wrong(scimerrors.ScimTypeMutability, "A group keeps a displayName.")
		}
		p.Name = text
	case "externalid":
		p.ExternalID = text
	}
	return nil
}

func patchMembers(members *ordered, o scim.PatchOperation) error {
	ids := valuesOf(o.Value)
	if e := o.Path.ValueExpression; e != nil {
		named, ok := e.(*filter.AttributeExpression)
		var one string
		if ok {
			one, ok = named.CompareValue.(string)
		}
		if !ok || named.Operator != filter.EQ || !strings.EqualFold(named.AttributePath.AttributeName, "value") || o.Op != scim.PatchOperationRemove {
			return wrong(scimerrors.ScimTypeInvalidPath, `Of members only one can be removed by a path: members[value eq "user_..."].`)
		}
		members.remove([]string{unescaped(one)})
		return nil
	}
	switch {
	case o.Op == scim.PatchOperationAdd:
		members.add(ids)
	case o.Op == scim.PatchOperationReplace:
		members.remove(slices.Clone(members.ids))
		members.add(ids)
	case o.Value == nil: // all of them
		members.remove(slices.Clone(members.ids))
	default:
		members.remove(ids)
	}
	return nil
}
