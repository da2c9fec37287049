package scim

import (
	"maps"
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
	"parley/internal/vocab"
)

// userSchema is RFC 7643's, with what is kept.
func userSchema() schema.Schema {
	s := schema.CoreUserSchema()
	var kept schema.Attributes
	for _, a := range s.Attributes {
		switch name := strings.ToLower(a.Name()); {
		case name == "emails":
			kept = append(kept, a.WithMutability(schema.AttributeMutabilityReadOnly()))
		case name == "groups" || slices.Contains(keptOfUsers, name):
			kept = append(kept, a)
		}
	}
	s.Attributes = kept
	return s
}

// users serves /Users.
type users struct {
	accounts *account.Service
	base     string
	faults   *presenter
}

var _ scim.ResourceHandler = (*users)(nil)

// Create makes the user that a directory describes.
func (h *users) Create(r *http.Request, given scim.ResourceAttributes) (scim.Resource, error) {
	var p account.Provisioned
	if err := setUser(&p, given); err != nil {
		return scim.Resource{}, err
	}
	u, err := h.accounts.ProvisionNew(r.Context(), p)
	return h.answerUser(r, u, err)
}

// Get returns a user.
func (h *users) Get(r *http.Request, id string) (scim.Resource, error) {
	u, err := h.accounts.ProvisionedUser(r.Context(), id)
	return h.answerUser(r, u, err)
}

// GetAll returns a page of the users that a filter matches.
func (h *users) GetAll(r *http.Request, params scim.ListRequestParams) (scim.Page, error) {
	where, err := h.conditions(r.Context(), params.FilterValidator)
	if err != nil {
		return scim.Page{}, h.faults.presentError(r.Context(), err)
	}
	found, total, err := h.accounts.ProvisionedUsers(r.Context(), where, params.StartIndex-1, params.Count)
	if err != nil {
		return scim.Page{}, h.faults.presentError(r.Context(), err)
	}
	list, err := h.resources(r, found)
	return scim.Page{TotalResults: total, Resources: list}, err
}

// Replace makes a user what a directory describes. What it leaves out stays as it is, but for the name.
func (h *users) Replace(r *http.Request, id string, given scim.ResourceAttributes) (scim.Resource, error) {
	u, err := h.accounts.ProvisionUser(r.Context(), id, func(p *account.Provisioned) error {
		p.Name = vocab.DirectoryName{}
		return setUser(p, given)
	})
	return h.answerUser(r, u, err)
}

// Delete deactivates a user for good.
func (h *users) Delete(r *http.Request, id string) error {
	if err := h.accounts.ProvisionGone(r.Context(), id); err != nil {
		return h.faults.presentError(r.Context(), err)
	}
	return nil
}

// Patch changes a user.
func (h *users) Patch(r *http.Request, id string, operations []scim.PatchOperation) (scim.Resource, error) {
	u, err := h.accounts.ProvisionUser(r.Context(), id, func(p *account.Provisioned) error {
		for _, o := range operations {
			if err := patchUser(p, o); err != nil {
				return err
			}
		}
		return nil
	})
	return h.answerUser(r, u, err)
}

func (h *users) answerUser(r *http.Request, u *ent.User, err error) (scim.Resource, error) {
	if err != nil {
		return scim.Resource{}, h.faults.presentError(r.Context(), err)
	}
	list, err := h.resources(r, []*ent.User{u})
	if err != nil {
		return scim.Resource{}, err
	}
	return list[0], nil
}

func (h *users) resources(r *http.Request, found []*ent.User) ([]scim.Resource, error) {
	var teams map[string][]*ent.Team
	if wants(r, "groups") {
		var err error
		if teams, err = h.accounts.ProvisionedTeamsOf(r.Context(), found); err != nil {
			return nil, h.faults.presentError(r.Context(), err)
		}
	}
	list := make([]scim.Resource, len(found))
	for i, u := range found {
		made := u.CreatedAt.Time()
		list[i] = scim.Resource{ID: u.ID, Meta: scim.Meta{Created: &made}, Attributes: shown(r, h.attributes(u, teams[u.ID]))}
		if u.ExternalID != nil {
			list[i].ExternalID = optional.NewString(*u.ExternalID)
		}
	}
	return list, nil
}

func (h *users) attributes(u *ent.User, teams []*ent.Team) scim.ResourceAttributes {
	name := map[string]any{"formatted": u.Name}
	if n := u.DirectoryName; n.String() == u.Name || n.Display == "" && n.Formatted == "" {
		for part, text := range map[string]string{"givenName": n.Given, "familyName": n.Family} {
			if text != "" {
				name[part] = text
			}
		}
	}
	groups := make([]any, len(teams))
	for i, t := range teams {
		groups[i] = map[string]any{"value": t.ID, "display": t.Name, "$ref": h.base + "/Groups/" + t.ID}
	}
	return scim.ResourceAttributes{
		"userName": u.Email, "displayName": u.Name, "name": name, "active": !u.DeactivatedAt.IsSet(),
		"emails": []any{map[string]any{"value": u.Email, "type": "work", "primary": true}},
		"roles":  []any{map[string]any{"value": string(u.Role), "primary": true}}, "groups": groups,
		"entitlements": []any{map[string]any{"value": string(u.Seat), "primary": true}},
	}
}

// setUser puts the attributes that are given into p.
func setUser(p *account.Provisioned, given map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(given)) {
		attribute, sub := splitPath(key)
		if err := setOfUser(p, attribute, sub, given[key]); err != nil {
			return err
		}
	}
	return nil
}

func patchUser(p *account.Provisioned, o scim.PatchOperation) error {
	if o.Path == nil {
		values, ok := o.Value.(map[string]any)
		if !ok {
			return wrong(scimerrors.ScimTypeInvalidValue, "An operation without a path has an object of attributes as its value.")
		}
		return setUser(p, values)
	}
	attribute := strings.ToLower(o.Path.AttributePath.AttributeName)
	sub := strings.ToLower(o.Path.AttributePath.SubAttributeName() + o.Path.SubAttributeName())
	if o.Op == scim.PatchOperationRemove {
		return removeOfUser(p, attribute, sub, o)
	}
	if attribute == "name" && sub == "" && o.Op == scim.PatchOperationReplace {
		p.Name.Formatted, p.Name.Given, p.Name.Family = "", "", ""
	}
	return setOfUser(p, attribute, sub, o.Value)
}

// setOfUser puts one attribute into p; those that are not kept are passed over.
func setOfUser(p *account.Provisioned, attribute, sub string, value any) error {
	text, isText := value.(string)
	if sub == "" && !isText && slices.Contains([]string{"username", "externalid", "displayname"}, attribute) {
		return wrong(scimerrors.ScimTypeInvalidValue, attribute+" is a text.")
	}
	switch attribute {
	case "username":
		p.Email = text
	case "externalid":
		p.ExternalID = text
	case "displayname":
		p.Name.Display = text
	case "name":
		return setName(&p.Name, sub, value)
	case "active":
		active, ok := value.(bool)
		if !ok {
			return wrong(scimerrors.ScimTypeInvalidValue, "active is true or false.")
		}
		p.Active = &active
	case "roles":
		if sub == "" || sub == "value" {
			return setRole(p, value)
		}
	case "entitlements":
		if sub == "" || sub == "value" {
			return setSeat(p, value)
		}
	}
	return nil
}

func removeOfUser(p *account.Provisioned, attribute, sub string, o scim.PatchOperation) error {
	switch attribute {
	case "externalid":
		p.ExternalID = ""
	case "displayname":
		p.Name.Display = ""
	case "name":
		if sub == "" {
			p.Name = vocab.DirectoryName{Display: p.Name.Display}
			return nil
		}
		return setName(&p.Name, sub, "")
	case "roles":
		is, err := removes(o, sub, string(p.Role))
		if is {
			p.Role = vocab.RoleAgent
		}
		return err
	case "entitlements":
		is, err := removes(o, sub, string(p.Seat))
		if is {
			p.Seat = vocab.SeatNone
		}
		return err
	default:
		return wrong(scimerrors.ScimTypeMutability, attribute+" cannot be removed.")
	}
	return nil
}

// removes reports whether a removal takes away the one value that a user has of an attribute.
func removes(o scim.PatchOperation, sub, held string) (bool, error) {
	if sub != "" && sub != "value" {
		return false, nil
	}
	if e := o.Path.ValueExpression; e != nil {
		return isOf(e, held)
	}
	return o.Value == nil || slices.ContainsFunc(valuesOf(o.Value), func(one string) bool { return isHeld(one, held) }), nil
}

func isHeld(value, held string) bool { return strings.EqualFold(strings.TrimSpace(value), held) }

// isOf reports whether the expression of a path is about the value that is held, which is the primary one.
func isOf(e filter.Expression, held string) (bool, error) {
	return condition(e, func(attribute string, value any) (bool, bool) {
		switch attribute {
		case "value":
			text, ok := value.(string)
			return ok && isHeld(text, held), ok
		case "primary":
			primary, ok := plain("active", false, value).(bool)
			return primary, ok
		}
		return false, false
	}, func(both ...bool) bool { return both[0] && both[1] }, func(either ...bool) bool { return either[0] || either[1] },
		wrong(scimerrors.ScimTypeInvalidPath, `Of roles and entitlements a path names one by value or primary: roles[value eq "ADMIN"].`))
}

func setName(n *vocab.DirectoryName, sub string, value any) error {
	if sub == "" {
		parts, ok := value.(map[string]any)
		if !ok {
			return wrong(scimerrors.ScimTypeInvalidValue, "name is an object of formatted, givenName and familyName.")
		}
		for _, part := range slices.Sorted(maps.Keys(parts)) {
			if err := setName(n, strings.ToLower(part), parts[part]); err != nil {
				return err
			}
		}
		return nil
	}
	text, ok := value.(string)
	if !ok {
		return wrong(scimerrors.ScimTypeInvalidValue, "The parts of a name are texts.")
	}
	switch sub {
	case "formatted":
		n.Formatted = text
	case "givenname":
		n.Given = text
	case "familyname":
		n.Family = text
	}
	return nil
}

// valuesOf are the values of an attribute that has several: each is a text, or the member "value" of an object.
func valuesOf(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case map[string]any:
		return valuesOf(v["value"])
	case []any:
		all := []string{}
		for _, one := range v {
			all = append(all, valuesOf(one)...)
		}
		return all
	}
	return nil
}

// setRole takes the highest of several roles; none: AGENT.
func setRole(p *account.Provisioned, value any) error {
	values := valuesOf(value)
	if len(values) == 0 {
		p.Role = vocab.RoleAgent
	}
	for i, one := range values {
		role := vocab.UserRole(strings.ToUpper(strings.TrimSpace(one)))
		if role != vocab.RoleAdmin && role != vocab.RoleAgent {
			return wrong(scimerrors.ScimTypeInvalidValue, "A role is ADMIN or AGENT.")
		}
		if i == 0 || role == vocab.RoleAdmin {
			p.Role = role
		}
	}
	return nil
}

// setSeat takes the first of several seats that is one; none: NONE.
func setSeat(p *account.Provisioned, value any) error {
	values := valuesOf(value)
	if len(values) == 0 {
		p.Seat = vocab.SeatNone
	}
	for i, one := range values {
		seat := vocab.Seat(strings.ToUpper(strings.TrimSpace(one)))
		if seat != vocab.SeatNone && seat != vocab.SeatSales && seat != vocab.SeatService {
			return wrong(scimerrors.ScimTypeInvalidValue, "An entitlement is NONE, SALES or SERVICE, the user's seat.")
		}
		if i == 0 || p.Seat == vocab.SeatNone {
			p.Seat = seat
		}
	}
	return nil
}
