package vocab

import "strings"

// AnonymousName is how someone is called of whom no name or address is known, such as
// "Visitor 4F2A": a word for what they are, and the end of their id, which stays
// the same and which one can find them by.
func AnonymousName(kind, id string) string {
	const most = 4
	return kind + " " + strings.ToUpper(id[max(0, len(id)-most):])
}

// DisplayName is the first of what is known that is not empty, such as a name and an
// address; otherwise an anonymous name.
func DisplayName(kind, id string, known ...string) string {
	for _, name := range known {
		if strings.TrimSpace(name) != "" {
			return name
		}
	}
	return AnonymousName(kind, id)
}
