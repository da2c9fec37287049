package property

import (
	"context"
	"slices"
	"strconv"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/propertyvalue"
	"parley/internal/store"
)

// Records selects the records that have a value which meets the test, or, of a test that
// asks for none, those that have any.
func (t Test) Records(s *sql.Selector) *sql.Selector {
	d := sql.Dialect(s.Dialect())
	v := d.Table(propertyvalue.Table)
	where := []*sql.Predicate{sql.EQ(v.C(propertyvalue.FieldPropertyID), t.PropertyID)}
	text, number := v.C(propertyvalue.FieldTextKey), v.C(propertyvalue.FieldNumberKey)
	if t.keys != nil {
		where = append(where, sql.In(text, anys(t.keys)...))
	}
	for _, bound := range []struct {
		is      *float64
		compare func(string, any) *sql.Predicate
	}{{t.from, sql.GTE}, {t.to, sql.LTE}, {t.below, sql.LT}} {
		if bound.is != nil {
			where = append(where, bound.compare(number, *bound.is))
		}
	}
	return d.Select(v.C(propertyvalue.FieldRecordID)).From(v).Where(sql.And(where...))
}

// Narrow leaves of a query those whose id, in the column, has or lacks what the test
// asks for: each is looked up by itself.
func (t Test) Narrow(s *sql.Selector, column string) {
	records := t.Records(s)
	records.Where(sql.EQ(sql.Table(propertyvalue.Table).C(propertyvalue.FieldRecordID), sql.Expr(s.C(column))))
	if t.Lacks {
		s.Where(sql.Not(sql.Exists(records)))
		return
	}
	s.Where(sql.Exists(records))
}

// Found returns the records that meet a test that asks for a value, if they are at most
// limit; ok is false if there are more, or if it asks for none.
func (t Test) Found(ctx context.Context, client *ent.Client, limit int) (ids []string, ok bool, err error) {
	if t.Lacks {
		return nil, false, nil
	}
	q := client.PropertyValue.Query().Limit(limit + 1)
	q.Modify(func(s *sql.Selector) {
		if where := t.Records(s).P(); where != nil {
			s.Where(where)
		}
	})
	ids, err = q.Select(propertyvalue.FieldRecordID).Strings(ctx)
	return ids, err == nil && len(ids) <= limit, err
}

func anys(list []string) []any {
	all := make([]any, len(list))
	for i, s := range list {
		all[i] = s
	}
	return all
}

// RecordsSQL writes the query of Records into a statement.
func (t Test) RecordsSQL(s *store.Statement) string {
	return written(s, t.Records(sql.Dialect(dialect.Postgres).Select()).Distinct())
}

// HoldsSQL writes into a statement that the record, in a column of another table, has or
// lacks what the test asks for.
func (t Test) HoldsSQL(s *store.Statement, column string) string {
	records := t.Records(sql.Dialect(dialect.Postgres).Select())
	records.Where(sql.EQ(sql.Table(propertyvalue.Table).C(propertyvalue.FieldRecordID), sql.Expr(column)))
	exists := "EXISTS (" + written(s, records) + ")"
	if t.Lacks {
		return "NOT " + exists
	}
	return exists
}

// written writes a query into a statement, of which both databases read the arguments.
func written(s *store.Statement, q *sql.Selector) string {
	q.SetTotal(len(s.Args))
	text, args := q.Query()
	s.Args = append(s.Args, args...)
	return text
}

// testsPerQuery is the most tests that one query asks for.
const testsPerQuery = 40

// Met reports which tests a record meets, by what is stored of it now. What is no record
// yet, "", has no values.
func Met(ctx context.Context, client *ent.Client, recordID string, tests []Test) ([]bool, error) {
	met := make([]bool, len(tests))
	for i, t := range tests {
		met[i] = t.Lacks
	}
	if recordID == "" {
		return met, nil
	}
	first := 0
	for some := range slices.Chunk(tests, testsPerQuery) {
		found, err := foundOf(ctx, client, recordID, some)
		if err != nil {
			return nil, err
		}
		for _, i := range found {
			met[first+i] = !some[i].Lacks
		}
		first += len(some)
	}
	return met, nil
}

// foundOf are the places of the tests for which the record has a value, with one query.
func foundOf(ctx context.Context, client *ent.Client, recordID string, tests []Test) ([]int, error) {
	var rows []struct {
		Place int `json:"place"`
	}
	err := client.PropertyValue.Query().Where(propertyvalue.ID("")).Modify(func(s *sql.Selector) {
		s.Select().AppendSelectExprAs(sql.Raw("-1"), "place")
		for i, t := range tests {
			records := t.Records(s)
			records.Where(sql.EQ(sql.Table(propertyvalue.Table).C(propertyvalue.FieldRecordID), recordID))
			records.Select().AppendSelectExprAs(sql.Raw(strconv.Itoa(i)), "place")
			s.UnionAll(records)
		}
	}).Scan(ctx, &rows)
	places := make([]int, len(rows))
	for i, r := range rows {
		places[i] = r.Place
	}
	return places, err
}
