package paging

// Order names a list and its order, for the cursors of its rows.
type Order struct {
	// Fingerprint is that of the query; see the function.
	Fingerprint uint32
	// Kind is the prefix of the rows' ids.
	Kind string
	// Text: the rows are ordered by Key.Text, not by Key.Value.
	Text bool
	Desc bool
}

// Cursor returns the cursor of the row at k.
func (o Order) Cursor(k Key) string {
	if o.Text {
		return encodeText(o.Fingerprint, o.Desc, k)
	}
	return EncodeCursor(o.Fingerprint, o.Desc, k)
}

// From returns the place behind which the page's rows are to lie, in walking
// order; nil: the walk begins at the list's end. Errors are those of Page.Key.
func (o Order) From(p Page) (*Key, error) {
	if p.cursor == nil {
		return nil, nil
	}
	decode := DecodeCursor
	if o.Text {
		decode = decodeText
	}
	key, err := decode(p.cursorField(), *p.cursor, o.Fingerprint, o.Desc, o.Kind)
	if err != nil {
		return nil, err
	}
	return &key, nil
}
