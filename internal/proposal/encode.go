package proposal

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"parley/internal/clock"
)

// writer writes an input as JSON with the names of the SDL. What was left out is left out.
type writer struct {
	// shown: for the API, whose times are texts; otherwise as Go reads it again.
	shown bool
}

func (w writer) write(v any) (json.RawMessage, error) {
	value, err := w.value(reflect.ValueOf(v))
	if err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

func (w writer) value(v reflect.Value) (any, error) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return nil, nil
		}
		v = v.Elem()
	}
	if at, ok := v.Interface().(clock.Micros); ok {
		if w.shown {
			return at.String(), nil
		}
		return int64(at), nil
	}
	if _, ok := v.Interface().(json.Marshaler); ok {
		if given := v.MethodByName("Value"); given.IsValid() { // an opt.Value
			return w.value(given.Call(nil)[0])
		}
		return v.Interface(), nil
	}
	switch v.Kind() {
	case reflect.Struct:
		fields := map[string]any{}
		return fields, w.addFields(fields, v)
	case reflect.Slice:
		items := make([]any, v.Len())
		for i := range items {
			item, err := w.value(v.Index(i))
			if err != nil {
				return nil, err
			}
			items[i] = item
		}
		return items, nil
	case reflect.Map, reflect.Func, reflect.Chan:
		return nil, fmt.Errorf("an action has a %s, which is not written", v.Type())
	}
	return v.Interface(), nil
}

// addFields adds what was given in a struct. Those of an embedded one are among its own.
func (w writer) addFields(to map[string]any, v reflect.Value) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		switch {
		case f.Anonymous:
			if err := w.addFields(to, v.Field(i)); err != nil {
				return err
			}
			continue
		case leftOut(v.Field(i)):
			continue
		}
		value, err := w.value(v.Field(i))
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		to[nameInSDL(f.Name)] = value
	}
	return nil
}

// leftOut reports whether nothing was given: an opt.Value knows, and otherwise what was
// left out is the zero value.
func leftOut(v reflect.Value) bool {
	if o, ok := v.Interface().(interface{ IsZero() bool }); ok {
		return o.IsZero()
	}
	return v.IsZero()
}

// nameInSDL is a Go field as the SDL has it, which Go's decoder finds whatever its case.
func nameInSDL(name string) string {
	for _, word := range []string{"ID", "URL", "HTML"} {
		if rest, found := strings.CutPrefix(name, word); found {
			return strings.ToLower(word) + rest
		}
		name = strings.ReplaceAll(name, word, word[:1]+strings.ToLower(word[1:]))
	}
	return strings.ToLower(name[:1]) + name[1:]
}
