package store

import "entgo.io/ent/dialect/sql"

// OfContact leaves of a selector's tickets or deals those whose main contact it is, or one
// of whose others (CR-7, CR-9). Two indexes lead to them: a list in some order is Few.
func OfContact(s *sql.Selector, contactID string) {
	d := sql.Dialect(s.Dialect())
	main, others := d.Table(s.TableName()), d.Table("record_contacts")
	ids := d.Select(main.C("id")).From(main).Where(sql.EQ(main.C("contact_id"), contactID)).
		UnionAll(d.Select(others.C("record_id")).From(others).Where(sql.EQ(others.C("contact_id"), contactID)))
	s.Where(sql.In(s.C("id"), ids))
}
