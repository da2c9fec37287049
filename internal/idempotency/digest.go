package idempotency

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// version stands before each stored digest. It is raised when the same input
// gets another digest than before.
const version = 2

// digest identifies an input by what was given: the order of a Go type's fields,
// and fields that were left out, do not matter. So a change of the type does not
// turn a retry into a CONFLICT.
func digest(input any) ([]byte, error) {
	given, err := givenIn(reflect.ValueOf(input))
	if err != nil {
		return nil, err
	}
	canonical, err := json.Marshal(given) // with sorted keys
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(canonical)
	return append([]byte{version}, sum[:]...), nil
}

// sameInput compares a stored digest with that of a repeated call. One that an
// earlier or later version of Parley stored says nothing of the input: the call
// counts as the same, and gets the first answer. Such keys are gone after Kept.
func sameInput(stored, now []byte) bool {
	readable := len(stored) == len(now) && stored[0] == version
	return !readable || bytes.Equal(stored, now)
}

// givenIn is a value of an input as JSON has it: maps, lists and plain values. Null
// is nil.
func givenIn(v reflect.Value) (any, error) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return nil, nil
		}
		v = v.Elem()
	}
	if !v.IsValid() {
		return nil, nil
	}
	if inner, ok := omittable(v); ok {
		return givenIn(inner)
	}
	if _, ok := v.Interface().(json.Marshaler); ok {
		return v.Interface(), nil
	}
	switch v.Kind() {
	case reflect.Struct:
		fields := map[string]any{}
		return fields, addFields(fields, v)
	case reflect.Slice:
		if v.IsNil() {
			return nil, nil
		}
		return itemsOf(v)
	case reflect.Bool, reflect.String, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return v.Interface(), nil
	default:
		return nil, fmt.Errorf("an input has a %s, which has no digest", v.Type())
	}
}

// omittable returns what is in an opt.Value.
func omittable(v reflect.Value) (inner reflect.Value, ok bool) {
	o, ok := v.Interface().(interface {
		json.Marshaler
		IsSet() bool
		IsZero() bool
	})
	if !ok || !o.IsSet() {
		return reflect.Value{}, ok
	}
	return v.MethodByName("Value").Call(nil)[0], true
}

func itemsOf(v reflect.Value) (any, error) {
	items := make([]any, v.Len())
	for i := range items {
		item, err := givenIn(v.Index(i))
		if err != nil {
			return nil, err
		}
		items[i] = item
	}
	return items, nil
}

// addFields adds what was given in a struct. Those of an embedded one are among its
// own, as in JSON.
func addFields(to map[string]any, v reflect.Value) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		switch {
		case f.Anonymous && f.Type.Kind() == reflect.Struct && f.Tag.Get("json") == "":
			if err := addFields(to, v.Field(i)); err != nil {
				return err
			}
			continue
		case !f.IsExported() || leftOut(v.Field(i)):
			continue
		}
		value, err := givenIn(v.Field(i))
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		to[nameOf(f)] = value
	}
	return nil
}

// leftOut reports whether nothing was given: an opt.Value knows, and otherwise what
// was left out is the zero value, as is null.
func leftOut(v reflect.Value) bool {
	if o, ok := v.Interface().(interface{ IsZero() bool }); ok {
		return o.IsZero()
	}
	return v.IsZero()
}

// nameOf is a field's name in JSON.
func nameOf(f reflect.StructField) string {
	if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
		return name
	}
	return f.Name
}
