// Package opt has what an input may leave out: a field of an update that is left
// out keeps what is there, and one that is null clears it.
package opt

import (
	"github.com/99designs/gqlgen/graphql"

	"parley/internal/errs"
)

// Value is an input field that knows whether it was given. T can be nil, which is
// the SDL's null: a pointer, or a slice.
//
// It is gqlgen's type, which fills it; no other package below graph imports
// gqlgen.
type Value[T any] = graphql.Omittable[T]

// Of is a value that was given.
func Of[T any](value T) Value[*T] { return graphql.OmittableOf(&value) }

// List is a list that was given.
func List[T any](items ...T) Value[[]T] { return graphql.OmittableOf(append([]T{}, items...)) }

// Null is a null that was given.
func Null[T any]() Value[*T] { return graphql.OmittableOf[*T](nil) }

// Set puts what was given into field; null is the zero value.
func Set[T any](field *T, v Value[*T]) {
	var none T
	SetOr(field, v, none)
}

// SetOr puts what was given into field; null is initial, which a new object has.
func SetOr[T any](field *T, v Value[*T], initial T) {
	switch given, ok := v.ValueOK(); {
	case !ok:
	case given == nil:
		*field = initial
	default:
		*field = *given
	}
}

// Require puts what was given into field, which cannot be without a value: null is
// REQUIRED at path.
func Require[T any](field *T, v Value[*T], path ...string) error {
	given, err := NotNull(v, path...)
	if given != nil {
		*field = *given
	}
	return err
}

// NotNull is what was given, nil if it was left out: null is REQUIRED at path.
func NotNull[T any](v Value[*T], path ...string) (*T, error) {
	given, ok := v.ValueOK()
	if ok && given == nil {
		return nil, errs.New(errs.Required, "This cannot be null: enter a value, or omit the field to keep what is there.").On(path...)
	}
	return given, nil
}

// OrZero is what was given, nil if it was left out; null is the zero value.
func OrZero[T any](v Value[*T]) *T {
	given, ok := v.ValueOK()
	if ok && given == nil {
		return new(T)
	}
	return given
}

// SetList puts a list that was given into field; null is an empty list.
func SetList[T any](field *[]T, v Value[[]T]) {
	if items, ok := v.ValueOK(); ok {
		*field = append([]T{}, items...)
	}
}
