package transfer

import "strings"

// formulas are what cells begin with that spreadsheets compute: whoever opens an export
// would run what a stranger wrote.
const formulas = "=+-@\t\r"

// guarded is a text as a cell has it, that no spreadsheet takes for a formula.
func guarded(text string) string {
	if text != "" && strings.ContainsRune(formulas, rune(text[0])) {
		return "'" + text
	}
	return text
}

// unguarded is the text of a cell that an export guarded.
func unguarded(cell string) string {
	if rest, found := strings.CutPrefix(cell, "'"); found && rest != "" && strings.ContainsRune(formulas, rune(rest[0])) {
		return rest
	}
	return cell
}
