package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// budget is what an operation has to keep to. Zero values demand nothing.
type budget struct {
	ratio     float64       // least share of the floor's rate
	perSecond float64       // least rate
	p99       time.Duration // slowest of 99 in 100
	median    time.Duration // slowest of every second one
}

// String writes the budget as the table shows it.
func (b budget) String() string {
	var parts []string
	if b.ratio > 0 {
		parts = append(parts, fmt.Sprintf(">= %.2f", b.ratio))
	}
	if b.perSecond > 0 {
		parts = append(parts, fmt.Sprintf(">= %.0f/s", b.perSecond))
	}
	if b.p99 > 0 {
		parts = append(parts, fmt.Sprintf("p99 <= %v", b.p99))
	}
	if b.median > 0 {
		parts = append(parts, fmt.Sprintf("p50 <= %v", b.median))
	}
	return strings.Join(parts, ", ")
}

// unmet names what a result fails in; empty: it keeps the budget.
func (b budget) unmet(r result) []string {
	missed := []string{}
	miss := func(broken bool, name string) {
		if broken {
			missed = append(missed, name)
		}
	}
	miss(b.ratio > 0 && r.Ratio < b.ratio, "ratio")
	miss(b.perSecond > 0 && r.PerSecond < b.perSecond, "rate")
	miss(b.p99 > 0 && r.P99 > milliseconds(b.p99), "p99")
	miss(b.median > 0 && r.P50 > milliseconds(b.median), "p50")
	return missed
}

// result is an operation against one floor. Times are in milliseconds.
type result struct {
	Operation      string   `json:"operation"`
	Conversations  int      `json:"conversations"`
	Floor          string   `json:"floor,omitempty"`
	FloorPerSecond float64  `json:"floorPerSecond,omitempty"`
	PerSecond      float64  `json:"perSecond,omitempty"`
	Ratio          float64  `json:"ratio,omitempty"`
	P50            float64  `json:"p50"`
	P99            float64  `json:"p99"`
	CPU            float64  `json:"cpu,omitempty"` // of the server, for one request; its database's only on SQLite
	Budget         string   `json:"budget"`
	Unmet          []string `json:"unmet"`
}

// quotient compares an operation at two sizes: 1.3 says that the small one was
// 1.3 times as fast.
type quotient struct {
	Operation string   `json:"operation"`
	Small     int      `json:"small"`
	Large     int      `json:"large"`
	Quotient  float64  `json:"quotient"`
	Budget    string   `json:"budget"`
	Unmet     []string `json:"unmet"`
}

// memory is what an idle subscription keeps resident, in kB.
type memory struct {
	Subscription string   `json:"subscription"`
	Sockets      int      `json:"sockets"`
	Floor        float64  `json:"floor"`
	Parley       float64  `json:"parley"`
	Ratio        float64  `json:"ratio"`
	Budget       string   `json:"budget"`
	Unmet        []string `json:"unmet"`
}

// report is all that a run found.
type report struct {
	Database string     `json:"database"`
	Notes    []string   `json:"notes,omitempty"`
	Clients  int        `json:"clients"`
	Seconds  float64    `json:"seconds"`
	Messages []int64    `json:"messages"`
	Results  []result   `json:"results"`
	Scale    []quotient `json:"scale,omitempty"`
	Memory   []memory   `json:"memory,omitempty"`
}

// addResult judges a result by its budget and keeps it.
func (r *report) addResult(found result, b budget) {
	found.Budget, found.Unmet = b.String(), b.unmet(found)
	r.Results = append(r.Results, found)
}

// addNote keeps what a reader of the figures must know, once.
func (r *report) addNote(text string) {
	for _, n := range r.Notes {
		if n == text {
			return
		}
	}
	r.Notes = append(r.Notes, text)
}

// growth is how much slower a list may be when there are many conversations.
const growth = 1.3

func (r *report) compare(small, large int) {
	rates := map[string]map[int]float64{}
	var names []string
	for _, found := range r.Results {
		if rates[found.Operation] == nil {
			rates[found.Operation] = map[int]float64{}
			names = append(names, found.Operation)
		}
		rates[found.Operation][found.Conversations] = found.PerSecond
	}
	for _, name := range names {
		q := quotient{Operation: name, Small: small, Large: large, Budget: fmt.Sprintf("<= %.1f", growth), Unmet: []string{}}
		if rate := rates[name][large]; rate > 0 {
			q.Quotient = rates[name][small] / rate
		}
		if q.Quotient > growth || q.Quotient == 0 {
			q.Unmet = []string{"quotient"}
		}
		r.Scale = append(r.Scale, q)
	}
}

func (r *report) print(out io.Writer) {
	fmt.Fprintf(out, "\n%s, %d callers, %gs for each figure, messages %v. Times in ms; cpu is the server's for one request.\n", r.Database, r.Clients, r.Seconds, r.Messages)
	for _, note := range r.Notes {
		fmt.Fprintln(out, "Note:", note)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\noperation\tconversations\tfloor\tfloor/s\tparley/s\tratio\tp50\tp99\tcpu\tbudget\tmet")
	for _, found := range r.Results {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%.2f\t%.2f\t%s\t%s\t%s\n", found.Operation, cell("%.0f", float64(found.Conversations)), found.Floor,
			cell("%.0f", found.FloorPerSecond), cell("%.0f", found.PerSecond), cell("%.2f", found.Ratio), found.P50, found.P99, cell("%.2f", found.CPU), found.Budget, verdict(found.Unmet))
	}
	if len(r.Scale) > 0 {
		fmt.Fprintln(table, "\noperation\tconversations\tquotient\tbudget\tmet")
	}
	for _, q := range r.Scale {
		fmt.Fprintf(table, "%s\t%d : %d\t%.2f\t%s\t%s\n", q.Operation, q.Small, q.Large, q.Quotient, q.Budget, verdict(q.Unmet))
	}
	if len(r.Memory) > 0 {
		fmt.Fprintln(table, "\nidle subscription\tsockets\traw kB\tparley kB\tratio\tbudget\tmet")
	}
	for _, m := range r.Memory {
		fmt.Fprintf(table, "%s\t%d\t%.1f\t%.1f\t%.2f\t%s\t%s\n", m.Subscription, m.Sockets, m.Floor, m.Parley, m.Ratio, m.Budget, verdict(m.Unmet))
	}
	_ = table.Flush()
}

func verdict(unmet []string) string {
	if len(unmet) == 0 {
		return "yes"
	}
	return "NO: " + strings.Join(unmet, ", ")
}

// cell leaves out what was not measured.
func cell(format string, v float64) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf(format, v)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
