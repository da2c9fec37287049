package scim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
)

// What of a user and of a group is kept here, in lower case. The rest of what directories send is passed over: one refused
// attribute would refuse all that comes with it.
var (
	keptOfUsers  = []string{"username", "externalid", "displayname", "name", "active", "roles", "entitlements"}
	keptOfGroups = []string{"externalid", "displayname", "members"}
	// severalValued are those of them that have a list, which may be given as empty.
	severalValued = []string{"roles", "entitlements", "members"}
)

const operationsKey = "Operations"

// normalize brings a body into the form that the RFCs describe, and which the library checks: without attributes that are
// not kept, with booleans where a directory (Entra ID) sends text, and with lists of objects. empty: nothing is left of a PATCH.
// What is no JSON stays as it is.
func normalize(method string, ofGroup bool, body []byte) (clean []byte, empty bool, err error) {
	kept := keptOfUsers
	if ofGroup {
		kept = keptOfGroups
	}
	read := json.NewDecoder(bytes.NewReader(body))
	read.UseNumber()
	var given map[string]any
	if read.Decode(&given) != nil || given == nil {
		return body, false, nil
	}
	if method != http.MethodPatch {
		clean, err = json.Marshal(keep(given, kept, method == http.MethodPut))
		return clean, false, err
	}
	var names []string
	for key := range given {
		if strings.EqualFold(key, operationsKey) {
			names = append(names, key)
		}
	}
	if len(names) > 1 {
		return nil, false, wrong(scimerrors.ScimTypeInvalidSyntax, "The request names its Operations more than once.")
	}
	if len(names) == 0 {
		return body, false, nil
	}
	listed, ok := given[names[0]].([]any)
	if !ok || len(listed) == 0 {
		return body, false, nil
	}
	if len(listed) > maxOperations {
		return nil, false, wrong(scimerrors.ScimTypeInvalidValue, fmt.Sprintf("The request has %d operations; at most %d are allowed. Send several requests.", len(listed), maxOperations))
	}
	operations := []any{}
	for _, one := range listed {
		operation, ok := one.(map[string]any)
		if !ok {
			return body, false, nil
		}
		if operation = normalizeOperation(operation, kept); operation != nil {
			operations = append(operations, operation)
		}
	}
	delete(given, names[0])
	given[operationsKey] = operations
	clean, err = json.Marshal(given)
	return clean, len(operations) == 0, err
}

// normalizeOperation returns an operation of a PATCH, or nil if nothing of it is kept.
func normalizeOperation(given map[string]any, kept []string) map[string]any {
	o := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		o[strings.ToLower(key)] = given[key]
	}
	op, _ := o["op"].(string)
	op = strings.ToLower(op)
	o["op"] = op
	path, _ := o["path"].(string)
	if path == "" {
		delete(o, "path")
		if values, ok := o["value"].(map[string]any); ok {
			values = keep(values, kept, op == "replace")
			delete(values, "schemas")
			o["value"] = values
			if len(values) == 0 {
				return nil
			}
		}
		return o
	}
	attribute, _ := splitPath(path)
	if !slices.Contains(kept, attribute) {
		return nil
	}
	if value, has := o["value"]; has {
		switch {
		case op == "add" && isEmpty(attribute, value): // which adds nothing
			return nil
		case op == "replace" && isEmpty(attribute, value):
			delete(o, "value")
			o["op"] = "remove"
		case value == nil:
			delete(o, "value")
		default:
			o["value"] = plain(attribute, strings.HasSuffix(path, ".value"), value)
		}
	}
	return o
}

// isEmpty reports whether a value is none: null, or an empty list of an attribute that has one.
func isEmpty(attribute string, value any) bool {
	list, ok := value.([]any)
	return value == nil || ok && len(list) == 0 && slices.Contains(severalValued, attribute)
}

// splitPath returns the attribute that a path is about, and what of it, in lower case.
func splitPath(path string) (attribute, sub string) {
	path = strings.ToLower(strings.TrimSpace(path))
	for _, prefix := range []string{"urn:ietf:params:scim:schemas:core:2.0:user:", "urn:ietf:params:scim:schemas:core:2.0:group:"} {
		path = strings.TrimPrefix(path, prefix)
	}
	end := strings.IndexAny(path, ".[")
	if end < 0 {
		return path, ""
	}
	if dot := strings.LastIndexByte(path, '.'); dot > strings.LastIndexByte(path, ']') {
		sub = path[dot+1:]
	}
	return path[:end], sub
}

// keep returns those of the attributes that are kept, and the schemas. Of what is given as none only lists count, and
// only where they take the place of what is there.
func keep(given map[string]any, kept []string, replaces bool) map[string]any {
	left := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		attribute, _ := splitPath(key)
		value := given[key]
		switch {
		case attribute == "schemas":
			left[key] = value
		case !slices.Contains(kept, attribute):
		case !isEmpty(attribute, value):
			left[key] = plain(attribute, strings.HasSuffix(key, ".value"), value)
		case replaces && slices.Contains(severalValued, attribute):
			left[key] = []any{}
		}
	}
	return left
}

// plain is a value as the RFC has it.
func plain(attribute string, part bool, value any) any {
	switch attribute {
	case "active":
		if text, ok := value.(string); ok {
			switch strings.ToLower(text) {
			case "true":
				return true
			case "false":
				return false
			}
		}
	case "roles", "entitlements":
		if part {
			return value
		}
		list, ok := value.([]any)
		if !ok {
			list = []any{value}
		}
		values := []any{}
		for _, one := range list {
			if item, ok := one.(map[string]any); ok {
				one = item["value"]
			}
			values = append(values, map[string]any{"value": one})
		}
		return values
	case "members":
		list, ok := value.([]any)
		if !ok {
			list = []any{value}
		}
		values := []any{}
		for _, one := range list {
			if item, ok := one.(map[string]any); ok {
				one = map[string]any{"value": item["value"]}
			}
			values = append(values, one)
		}
		return values
	}
	return value
}
