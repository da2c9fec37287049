package transfer_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"parley/ent"
	"parley/ent/contactlistmember"
	"parley/internal/company"
	"parley/internal/contact"
	"parley/internal/contact/transfer"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/property"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

const people = `External ID,E-mail,Emails,First name,Last name,Phone,Country,Lifecycle stage,Notes
1,Dana@Example.net,"d@example.net; dana@example.net",Dora,Döring,+43 1 234567,AT,customer,"a
note"
2,ben@example.net,,Ben,Bauer,,,,
,carl@example.net,,Carl,,,,,
`

// CR-1: each row makes or changes the contact that its external id or address leads to;
// the same file again changes nothing and tells nothing.
func TestImport(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		task, i := w.imports(people)
		check.Same(t, []any{task.State, task.Total, task.Done, task.Skipped, i.Created, i.FileName}, []any{vocab.TaskDone, 3, 3, 0, 3, "people.csv"})
		check.Same(t, w.report(i), []string{"CREATED", "CREATED", "CREATED"})
		dora := w.by("1")
		check.Same(t, []any{dora.Name, dora.Email, dora.Phone, dora.Country, dora.LifecycleStage, dora.Source},
			[]any{"Dora Döring", "dana@example.net", "+43 1 234567", "AT", vocab.StageCustomer, vocab.SourceImport})
		check.Same(t, w.by("d@example.net").ID, dora.ID)

		check.Same(t, w.told(func() { _, i = w.imports(people) }), 0)
		check.Same(t, []int{i.Created, i.Updated, i.Unchanged, i.Refused}, []int{0, 0, 3, 0})

		// An empty cell says nothing; the external id is given to whom the address finds.
		_, i = w.imports("external_id;email;name;city\n3;carl@example.net;;Graz\n1;;Dora D.;\n")
		check.Same(t, w.report(i), []string{"UPDATED", "UPDATED"})
		carl := w.by("3")
		check.Same(t, []any{carl.ID, carl.Name, carl.City, w.by("1").Name, w.by("1").Email}, []any{w.by("carl@example.net").ID, "Carl", "Graz", "Dora D.", "dana@example.net"})
	})
}

// CR-1: a row that cannot be imported is refused with its column and the reason, and
// changes nothing; the others are imported.
func TestRefusedRows(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		_, i := w.imports("id,email,language,owner,stage,country\n" +
			"1,no address,,,,\n" +
			"2,two@example.net,xx-bad!,,,\n" +
			"3,three@example.net,,nobody@example.net,,\n" +
			"4,four@example.net,,,friend,\n" +
			"5,five@example.net,,,,Austria\n" +
			",,de,,,\n" +
			"7,seven@example.net,de,,lead,at\n" +
			"8,seven@example.net,,,,\n")
		check.Same(t, w.report(i), []string{
			"REFUSED INVALID email", "REFUSED INVALID language", "REFUSED NOT_FOUND owner", "REFUSED INVALID stage", "REFUSED INVALID country",
			"REFUSED REQUIRED", "CREATED", "REFUSED ALREADY_EXISTS email",
		})
		check.Same(t, []any{i.Created, i.Refused, w.by("5") == nil, w.by("7").Country}, []any{1, 7, true, "AT"})
		check.Same(t, w.report(i, vocab.ImportCreated), []string{"CREATED"})
		page := check.Must(w.Rows(w.Admin, []*ent.ContactImport{i}, []vocab.ContactImportOutcome{vocab.ImportRefused}, paging.PageArgs{Last: new(1)}))(t)[0]
		check.Same(t, []any{page.Edges[0].Node.Number, page.Edges[0].Node.Cells[1], page.PageInfo.HasPreviousPage}, []any{8, "seven@example.net", true})
	})
}

// CR-1: columns are what the mapping says; defined properties are typed.
func TestMappedColumns(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		properties := property.New(w.Store)
		for name, kind := range map[string]vocab.PropertyKind{
			"plan": vocab.ChoiceProperty, "seats": vocab.NumberProperty, "since": vocab.DateProperty, "vip": vocab.BooleanProperty, "hobbies": vocab.ChoicesProperty,
		} {
			in := property.CreatePropertyInput{Object: vocab.PropertyOfContact, Name: name, Kind: kind}
			if kind.HasOptions() {
				in.Options = []property.PropertyOptionInput{{Value: "gold", Label: new("Gold plan")}, {Value: "chess"}}
			}
			check.Must(properties.Create(w.Admin, in))(t)
		}
		_, i := w.imports("Mail,Tarif,seats,since,vip,hobbies\n"+
			"a@example.net,gold PLAN,12.5,2026-01-31,yes,chess; gold\n"+
			"b@example.net,silver,,,,\n"+
			"c@example.net,,many,,,\n"+
			"d@example.net,,,31.1.2026,,\n", func(in *transfer.ImportInput) {
			in.Columns = []transfer.ColumnInput{
				{Column: "Mail", Field: new(vocab.ImportEmail)}, {Column: "Tarif", Property: new("plan")}, {Column: "seats", Property: new("seats")},
				{Column: "since", Property: new("since")}, {Column: "hobbies", Property: new("hobbies")},
			}
		})
		check.Same(t, w.report(i), []string{"CREATED", "REFUSED INVALID Tarif", "REFUSED INVALID seats", "REFUSED INVALID since"})
		values := check.Must(properties.Of(w.Admin, vocab.PropertyOfContact, []string{w.by("a@example.net").ID}, nil))(t)[0]
		got := map[string]any{}
		for _, v := range values {
			switch {
			case v.Choice != nil:
				got[v.Property.Name] = v.Choice.Value
			case v.Number != nil:
				got[v.Property.Name] = *v.Number
			case v.Date != nil:
				got[v.Property.Name] = *v.Date
			default:
				got[v.Property.Name] = len(v.Choices)
			}
		}
		check.Same(t, got, map[string]any{"plan": "gold", "seats": 12.5, "since": "2026-01-31", "hobbies": 2}) // vip is no column of the mapping

		preview := check.Must(w.PreviewFile(w.Admin, strings.NewReader("E-Mail\tPLAN\tWhat\nx@example.net\tgold\t\n"), 10))(t)
		check.Same(t, []any{preview.Rows, preview.Delimiter, preview.Encoding, *preview.Columns[0].Field, *preview.Columns[1].Property, preview.Columns[2].Field == nil, preview.Columns[0].Samples},
			[]any{1, "\t", "UTF-8", vocab.ImportEmail, "plan", true, []string{"x@example.net"}})
	})
}

// CR-1: a file that is no table of contacts is refused as a whole, with the place.
func TestRefusedFiles(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		wide := strings.Repeat("a,", 10_000)
		for text, field := range map[string]string{
			"": "file", " \n\n": "file", "\x00\x01PK": "file", "email,email\n": "file", "email,\"x\ny@example.net,\n": "file", "email\n": "file", "email,,name\n": "file",
			"email,name\na@example.net,A,more\n": "file", "name,city\nA,B\n": "columns", "email\n" + strings.Repeat("x", 10_001) + "\n": "file",
			wide: "file", "a \"quoted\" name,email\nx,y\n": "file",
		} {
			_, err := w.Import(w.Admin, w.input(text))
			e := errs.Of(err)
			if e == nil || e.Field[0] != field {
				t.Errorf("%.40q: got %v, want an error on %s", text, err, field)
			}
		}
		for _, columns := range [][]transfer.ColumnInput{
			{{Column: "nothing", Field: new(vocab.ImportEmail)}}, {{Column: "email"}}, {{Column: "email", Property: new("unknown")}},
			{{Column: "email", Field: new(vocab.ImportEmail)}, {Column: "name", Field: new(vocab.ImportEmail)}},
			{{Column: "email", Field: new(vocab.ImportEmail)}, {Column: "email", Field: new(vocab.ImportName)}}, {{Column: "name", Field: new(vocab.ImportName)}},
		} {
			_, err := w.Import(w.Admin, w.input("email,name\na@example.net,A\n", func(in *transfer.ImportInput) { in.Columns = columns }))
			if e := errs.Of(err); e == nil || e.Field[0] != "columns" {
				t.Errorf("%v: got %v", columns, err)
			}
		}
		_, err := w.Import(w.Admin, w.input("email\na@example.net\n", func(in *transfer.ImportInput) { in.Size = 2 << 20 }))
		check.Refused(t, err, errs.TooLong, "file")
		_, err = w.Import(w.Admin, w.input("email\na@example.net\n", func(in *transfer.ImportInput) { in.ContactListID = "list_x" }))
		check.Refused(t, err, errs.NotFound, "contactListId")
		_, err = w.Import(w.Agent(0), w.input("email\na@example.net\n"))
		check.Same(t, errs.Is(err, errs.Forbidden), true)
		left := check.Must(w.Store.Strings(w.System, "SELECT cells FROM contact_import_rows WHERE account_id = $1", w.AccountID))(t)
		check.Same(t, len(left), 0)
	})
}

// CR-1: files come with semicolons, in UTF-8 with a byte order mark, UTF-16 and
// Windows-1252.
func TestEncodings(t *testing.T) {
	t.Parallel()
	const text = "name;email\r\n\"Döring; Dora\";dana@example.net\r\n;;\r\nÄnne;anne@example.net\r\n"
	wide := []byte{0xFF, 0xFE}
	for _, unit := range utf16.Encode([]rune(text)) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	narrow := []byte{}
	for _, r := range text {
		narrow = append(narrow, byte(r))
	}
	for name, file := range map[string]string{"plain": text, "marked": "\ufeff" + text, "UTF-16": string(wide), "Windows": string(narrow)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(w *world) {
				_, i := w.imports(file)
				check.Same(w.t, []any{i.Created, w.by("dana@example.net").Name, w.by("anne@example.net").Name}, []any{2, "Döring; Dora", "Änne"})
			})
		})
	}
}

// CR-1: a trial run says what would become of each row and changes nothing.
func TestDryRun(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.imports("id,email,name\n1,one@example.net,One\n")
		var task *ent.Task
		var i *ent.ContactImport
		told := w.told(func() {
			task, i = w.imports("id,email,name\n1,,Other\n1,,One\n2,two@example.net,Two\n3,bad,\n", func(in *transfer.ImportInput) { in.DryRun = true })
		})
		check.Same(t, w.report(i), []string{"UPDATED", "UNCHANGED", "CREATED", "REFUSED INVALID email"})
		check.Same(t, []any{told, task.State, task.Done, task.Skipped, w.by("1").Name, w.by("2") == nil}, []any{0, vocab.TaskDone, 3, 1, "One", true})
	})
}

// CR-1, OP-3: an import that broke off goes on where it was; one that was canceled, or
// whose asker lost the right, stops at the next row.
func TestImportGoesOn(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		var text strings.Builder
		text.WriteString("id,name\n")
		for n := range 40 {
			fmt.Fprintf(&text, "%d,Person %d\n", n, n)
		}
		task := w.begins(text.String(), func(in *transfer.ImportInput) { in.IdempotencyKey = new("once") })
		again := w.begins(text.String(), func(in *transfer.ImportInput) { in.IdempotencyKey = new("once") })
		check.Same(t, again.ID, task.ID)
		_, err := w.Import(w.Admin, w.input("id,name\n1,A\n", func(in *transfer.ImportInput) { in.IdempotencyKey = new("once") }))
		check.Same(t, errs.Is(err, errs.Conflict), true)
		kept := check.Must(w.Store.Numbers(w.System, "SELECT COUNT(*) FROM contact_import_rows WHERE account_id = $1", w.AccountID))(t)
		check.Same(t, kept[0], int64(40))

		ctx, cancel := context.WithCancel(t.Context())
		w.viewers.stop = func(asked int) {
			if asked == 10 {
				cancel()
			}
		}
		if err := w.Run(ctx, transfer.ImportArgs{AccountID: w.AccountID, TaskID: task.ID}); err == nil {
			t.Fatal("it did not break off")
		}
		half := w.task(task.ID)
		check.Same(t, []any{half.State, half.Done > 0 && half.Done < 40}, []any{vocab.TaskRunning, true})
		w.viewers.stop = nil
		done, i := w.ends(task)
		check.Same(t, []any{done.State, done.Done, i.Created, i.Updated}, []any{vocab.TaskDone, 40, 40, 0})

		refused := w.begins("id,name\n50,A\n51,B\n")
		w.viewers.err = errs.New(errs.Forbidden, "The token was revoked.")
		failed, i := w.ends(refused)
		check.Same(t, []any{failed.State, failed.Failure, i.Created, w.by("50") == nil}, []any{vocab.TaskFailed, "The token was revoked.", 0, true})
	})
}

// CR-1, CR-4: the contacts of a file are put on a list.
func TestImportOntoList(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		l := check.Must(w.contacts.CreateList(w.Admin, contact.CreateContactListInput{Name: "Fair"}))(t)
		onto := func(in *transfer.ImportInput) { in.ContactListID = l.ID }
		_, i := w.imports("email\na@example.net\nb@example.net\na@example.net\n", onto)
		check.Same(t, w.report(i), []string{"CREATED", "CREATED", "UNCHANGED"})
		members := check.Must(w.Store.Client(w.System).ContactListMember.Query().Where(contactlistmember.ListID(l.ID)).Count(w.System))(t)
		check.Same(t, members, 2)
	})
}

// CR-1: the rows of a file are kept for a month, and those of an import that never began
// for a day.
func TestForget(t *testing.T) {
	t.Parallel()
	eachAlone(t, func(w *world) {
		_, i := w.imports("email\nbad\n")
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO contact_import_rows (account_id, task_id, number, cells, kept_at) VALUES ($1, $2, 1, '[]', $3)",
				w.AccountID, "task_lost"+w.AccountID, int64(w.Store.Now()))
			return err
		})
		count := func() int64 {
			return check.Must(w.Store.Numbers(w.System, "SELECT COUNT(*) FROM contact_import_rows WHERE account_id = $1", w.AccountID))(t)[0]
		}
		check.NoError(t, w.Forget(t.Context()))
		check.Same(t, count(), int64(2))
		w.clock.Advance(25 * 3600e9)
		check.NoError(t, w.Forget(t.Context()))
		check.Same(t, []any{count(), len(w.report(i))}, []any{int64(1), 1})
		w.clock.Advance(transfer.Kept)
		check.NoError(t, w.Forget(t.Context()))
		check.Same(t, []any{count(), len(w.report(i))}, []any{int64(0), 0})
	})
}

// CR-1, CR-6: a row's company is found by its domain or its name, or made; the same file
// again changes nothing, and an export has it.
func TestImportedCompanies(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		companies := company.New(w.Store)
		lamps := check.Must(companies.Create(w.Admin, company.CreateCompanyInput{CompanyFacts: company.CompanyFacts{Name: opt.Of("Lamps"), Domains: opt.List("lamps.example")}}))(t)
		for range 2 {
			check.Must(companies.Create(w.Admin, company.CreateCompanyInput{CompanyFacts: company.CompanyFacts{Name: opt.Of("Twice")}}))(t)
		}
		count := func() int { return check.Must(w.Store.Client(w.System).Company.Query().Count(w.System))(t) }
		const file = "email,company,company domain\n" +
			"a@example.net,Other name,Lamps.example\n" +
			"b@example.net,Lamps,\n" +
			"c@example.net,New,new.example\n" +
			"d@example.net,New,\n" +
			"e@example.net,,only.example\n" +
			"f@example.net,Twice,\n" +
			"g@example.net,,gmail.com\n" +
			"h@example.net,,no domain\n"
		want := []string{"CREATED", "CREATED", "CREATED", "CREATED", "CREATED", "REFUSED INVALID company", "REFUSED INVALID company domain", "REFUSED INVALID company domain"}
		before := count()
		_, i := w.imports(file, func(in *transfer.ImportInput) { in.DryRun = true })
		check.Same(t, []any{w.report(i), count()}, []any{want, before})
		_, i = w.imports(file)
		check.Same(t, []any{w.report(i), count()}, []any{want, before + 2})
		check.Same(t, []string{w.by("a@example.net").CompanyID, w.by("b@example.net").CompanyID}, []string{lamps.ID, lamps.ID})
		made := w.by("c@example.net").CompanyID
		check.Same(t, w.by("d@example.net").CompanyID, made)
		only := check.Must(w.Store.Client(w.System).Company.Get(w.System, w.by("e@example.net").CompanyID))(t)
		check.Same(t, only.Name, "only.example")

		check.Same(t, w.told(func() { _, i = w.imports(file) }), 0)
		check.Same(t, []int{i.Unchanged, i.Refused, count()}, []int{5, 3, before + 2})
		_, i = w.imports("email,company\na@example.net,New\n")
		check.Same(t, []any{w.report(i), w.by("a@example.net").CompanyID}, []any{[]string{"UPDATED"}, made})

		text := w.fetches(transfer.ExportInput{Format: vocab.ExportCSV})
		check.Same(t, strings.Contains(text, ",New,new.example,"), true)
		check.Same(t, w.told(func() { _, i = w.imports(strings.Replace(text, "\ufeffid,", "Key,", 1)) }), 0)
		check.Same(t, i.Refused, 0)
	})
}
