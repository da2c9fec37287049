package transfer

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"parley/internal/errs"
)

const (
	// maxColumns and maxRows bound a file, maxCell the characters of one of its cells.
	maxColumns = 200
	maxRows    = 1_000_000
	maxCell    = 10_000
	// probed is how much of a file tells its encoding and its delimiter.
	probed = 64 << 10
)

// table is a CSV file that is read from its beginning.
type table struct {
	Header    []string
	Delimiter rune
	// Encoding is the file's, by its IANA name.
	Encoding string

	rows *csv.Reader
}

// openTable reads the head of a file: with commas, semicolons, tabs or bars between its
// cells, in UTF-8, UTF-16 with a byte order mark, or Windows-1252. Errors are on file.
func openTable(file io.ReadSeeker) (*table, error) {
	encoding, err := encodingOf(file)
	if err != nil {
		return nil, err
	}
	text := bufio.NewReaderSize(decoded(file, encoding), probed)
	head, err := text.Peek(probed)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(bytes.TrimSpace(head)) == 0 {
		return nil, errs.New(errs.Invalid, "The file is empty; its first line has the names of the columns.").On("file")
	}
	if bytes.IndexByte(head, 0) >= 0 {
		return nil, errs.New(errs.Invalid, "The file is not CSV: it contains binary data. Save the table as CSV.").On("file")
	}
	t := &table{Encoding: encoding, Delimiter: delimiterOf(head)}
	t.rows = newReader(text, t.Delimiter)
	if t.Header, err = t.rows.Read(); err != nil {
		return nil, malformed(err)
	}
	return t, t.checkHeader()
}

func newReader(text io.Reader, delimiter rune) *csv.Reader {
	r := csv.NewReader(text)
	r.Comma, r.FieldsPerRecord = delimiter, -1
	return r
}

func (t *table) checkHeader() error {
	for len(t.Header) > 0 && strings.TrimSpace(t.Header[len(t.Header)-1]) == "" {
		t.Header = t.Header[:len(t.Header)-1] // delimiters at the end of each line
	}
	if n := len(t.Header); n > maxColumns {
		return errs.Exceeds(maxColumns, "The file has %d columns; at most %d are allowed.", n, maxColumns).On("file")
	}
	seen := map[string]bool{}
	for i, name := range t.Header {
		name = strings.Join(strings.Fields(name), " ")
		t.Header[i] = name
		switch {
		case name == "":
			return errs.New(errs.Invalid, "Column %d has no name. The first line of the file must have the names of the columns.", i+1).On("file")
		case seen[name]:
			return errs.New(errs.Invalid, "Two columns are called %q.", errs.Clip(name)).On("file")
		}
		seen[name] = true
	}
	return nil
}

// nextRow returns the next row, with as many cells as there are columns; io.EOF: there is
// none. Empty lines are passed over.
func (t *table) nextRow() ([]string, error) {
	for {
		cells, err := t.rows.Read()
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		if err != nil {
			return nil, malformed(err)
		}
		empty := true
		for i, cell := range cells {
			if cells[i] = strings.TrimSpace(cell); cells[i] != "" {
				empty = false
			}
			if utf8.RuneCountInString(cell) > maxCell {
				line, _ := t.rows.FieldPos(i)
				return nil, errs.Exceeds(maxCell, "A cell in line %d has more than %d characters.", line, maxCell).On("file")
			}
		}
		if empty {
			continue
		}
		return t.fitRow(cells)
	}
}

// fitRow gives a row as many cells as there are columns.
func (t *table) fitRow(cells []string) ([]string, error) {
	for len(cells) < len(t.Header) {
		cells = append(cells, "")
	}
	for _, cell := range cells[len(t.Header):] {
		if cell != "" {
			line, _ := t.rows.FieldPos(0)
			return nil, errs.New(errs.Invalid, "Line %d has %d cells, but there are %d columns.", line, len(cells), len(t.Header)).On("file")
		}
	}
	return cells[:len(t.Header)], nil
}

// malformed is what the reader says of a file, for people.
func malformed(err error) error {
	if fault := (*csv.ParseError)(nil); errors.As(err, &fault) {
		return errs.New(errs.Invalid, "Line %d of the file is not valid CSV: %s.", fault.Line, strings.TrimPrefix(fault.Err.Error(), "csv: ")).On("file")
	}
	return err
}

const (
	utf8Name    = "UTF-8"
	utf16Name   = "UTF-16"
	windowsName = "windows-1252"
)

// encodingOf looks at the whole file, and leaves it at its beginning.
func encodingOf(file io.ReadSeeker) (string, error) {
	mark := make([]byte, 2)
	n, err := io.ReadFull(file, mark)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", err
	}
	name := utf8Name
	switch mark = mark[:n]; {
	case bytes.Equal(mark, []byte{0xFF, 0xFE}), bytes.Equal(mark, []byte{0xFE, 0xFF}):
		name = utf16Name
	default:
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return "", err
		}
		valid, err := isUTF8(file)
		if err != nil {
			return "", err
		}
		if !valid {
			name = windowsName
		}
	}
	_, err = file.Seek(0, io.SeekStart)
	return name, err
}

func isUTF8(file io.Reader) (bool, error) {
	from := bufio.NewReader(file)
	for {
		r, size, err := from.ReadRune()
		switch {
		case errors.Is(err, io.EOF):
			return true, nil
		case err != nil:
			return false, err
		case r == utf8.RuneError && size == 1:
			return false, nil
		}
	}
}

// decoded is the file as UTF-8, without a byte order mark.
func decoded(file io.Reader, encoding string) io.Reader {
	switch encoding {
	case windowsName:
		return transform.NewReader(file, charmap.Windows1252.NewDecoder())
	case utf16Name:
		return transform.NewReader(file, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder())
	}
	return transform.NewReader(file, unicode.UTF8BOM.NewDecoder())
}

// delimiters are those that programs write, the usual ones first.
var delimiters = []rune{',', ';', '\t', '|'}

// delimiterOf is what separates the cells of a head: that which makes the most columns of
// its first line, and as many of the others.
func delimiterOf(head []byte) rune {
	best, most := delimiters[0], 1
	for _, d := range delimiters {
		if n := columnsBy(head, d); n > most {
			best, most = d, n
		}
	}
	return best
}

// columnsBy is how many columns a delimiter makes of a head; 0: its lines do not agree.
func columnsBy(head []byte, delimiter rune) int {
	rows := newReader(bytes.NewReader(head), delimiter)
	columns := 0
	for line := range 20 {
		cells, err := rows.Read()
		switch {
		case line > 0 && err != nil:
			return columns // the head may end within a cell
		case err != nil:
			return 0
		case line == 0:
			columns = len(cells)
		case len(cells) < 2 && columns > 1 && strings.TrimSpace(strings.Join(cells, "")) != "":
			return 0
		}
	}
	return columns
}
