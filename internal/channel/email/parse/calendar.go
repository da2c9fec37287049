package parse

import (
	"strings"
	"time"
)

// mostCalendar is how much of a calendar file is read.
const mostCalendar = 1 << 20

// calendarText says in words what an invitation says (RFC 5545, 5546), for a mail that is
// nothing but one. It is the first event's; "" if there is none that has a title or a time.
func calendarText(file string) string {
	method, event := readEvent(clip(file, mostCalendar))
	summary, start := event["SUMMARY"].value, event["DTSTART"].when()
	if summary == "" && start == "" {
		return ""
	}
	title := map[string]string{"CANCEL": "Cancelled", "REPLY": "Answer to an invitation", "COUNTER": "Counter-proposal"}[method]
	if title == "" {
		title = "Invitation"
	}
	lines := []string{strings.TrimSpace(title + ": " + summary)}
	add := func(label, value string) {
		if value != "" {
			lines = append(lines, label+": "+value)
		}
	}
	if end := event["DTEND"].when(); end != "" && start != "" {
		start += " to " + shortEnd(start, end)
	}
	add("When", start)
	add("Where", event["LOCATION"].value)
	add("Organizer", event["ORGANIZER"].person())
	if method == "REPLY" {
		attendee := event["ATTENDEE"]
		add("Answer", strings.TrimSpace(attendee.person()+" "+strings.ToLower(attendee.params["PARTSTAT"])))
	}
	if description := strings.TrimSpace(event["DESCRIPTION"].value); description != "" {
		lines = append(lines, "", description)
	}
	return strings.Join(lines, "\n")
}

// property is a line of a calendar file.
type property struct {
	params map[string]string
	value  string
}

// readEvent returns the method, and the properties of the first event, the first of each
// name.
func readEvent(file string) (method string, event map[string]property) {
	file = strings.NewReplacer("\n ", "", "\n\t", "").Replace(file) // which unfolds it
	event = map[string]property{}
	depth, inside := 0, 0
	for line := range strings.Lines(file) {
		name, p := readProperty(strings.TrimSpace(line))
		switch {
		case name == "BEGIN":
			if depth++; inside == 0 && strings.EqualFold(p.value, "VEVENT") {
				inside = depth
			}
		case name == "END":
			if inside > 0 && depth == inside {
				return method, event
			}
			depth--
		case name == "METHOD" && inside == 0:
			method = strings.ToUpper(p.value)
		case inside > 0 && depth == inside:
			if _, known := event[name]; !known {
				event[name] = p
			}
		}
	}
	return method, event
}

// readProperty splits NAME;PARAM=value;PARAM="value":text.
func readProperty(line string) (name string, p property) {
	quoted, colon := false, -1
	for i := range len(line) {
		if line[i] == '"' {
			quoted = !quoted
		}
		if line[i] == ':' && !quoted {
			colon = i
			break
		}
	}
	if colon < 0 {
		return "", p
	}
	fields := strings.Split(line[:colon], ";")
	p.params = map[string]string{}
	for _, f := range fields[1:] {
		key, value, _ := strings.Cut(f, "=")
		p.params[strings.ToUpper(key)] = strings.Trim(value, `"`)
	}
	p.value = strings.TrimSpace(strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`).Replace(line[colon+1:]))
	return strings.ToUpper(fields[0]), p
}

// when is a time as the file has it, with its zone.
func (p property) when() string {
	zone := p.params["TZID"]
	if value, is := strings.CutSuffix(p.value, "Z"); is {
		p.value, zone = value, "UTC"
	}
	if day, err := time.Parse("20060102", p.value); err == nil {
		return day.Format("Mon, 2 Jan 2006")
	}
	at, err := time.Parse("20060102T150405", p.value)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(at.Format("Mon, 2 Jan 2006 15:04") + " " + zone)
}

// shortEnd leaves out of an end what it has in common with the start: the day.
func shortEnd(start, end string) string {
	const day = len("Mon, 02 Jan 2006")
	for n := min(len(start), len(end), day); n >= day-1; n-- {
		if start[:n] == end[:n] && len(end) > n && end[n] == ' ' {
			return end[n+1:]
		}
	}
	return end
}

// person is who a property names: "Ada <ada@example.com>".
func (p property) person() string {
	address := strings.TrimSpace(p.value)
	if len(address) > len(mailto) && strings.EqualFold(address[:len(mailto)], mailto) {
		address = address[len(mailto):]
	}
	if name := strings.TrimSpace(p.params["CN"]); name != "" && name != address {
		return strings.TrimSpace(name + " <" + address + ">")
	}
	return address
}
