package records_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/shopspring/decimal"

	"onevision/access"
	"onevision/records"
)

var importing = access.System(access.Importing)

func TestPutMark(t *testing.T) {
	t.Parallel()
	h := open(t)
	child, school := h.child(""), h.school("8734001")
	h.enrolment(child, school, "2024-09-01", "2026-11-20")
	put := func(session, code string, late *int16, want records.Result) {
		t.Helper()
		got, err := h.store.PutMark(t.Context(), welfare, records.Mark{Child: child.ID, School: school.ID, Date: day("2026-11-19"), Session: session, Code: code, Minutes: late, Source: "test"})
		if err != nil || got != want {
			t.Errorf("%s %s: %v, %v; want %v", session, code, got, err, want)
		}
	}
	put("PM", "L", minutes(5), records.Added)
	put("PM", "L", minutes(5), records.Unchanged)
	put("am", "/", nil, records.Added)
	put("PM", "L", minutes(6), records.Changed)
	put("PM", "N", nil, records.Changed)
	put("PM", "N", nil, records.Unchanged)
	if row := value[string](h, `SELECT concat_ws(' ', am, am_minutes, pm, pm_minutes, version, source, recorded_by) FROM attendance`); row != "/ N 4 test 1" {
		t.Errorf("the row is %q", row)
	}
	if n := value[int](h, `SELECT count(*) FROM attendance_history`); n != 3 {
		t.Errorf("%d versions in history; want 3", n)
	}
	if n := value[int](h, `SELECT count(*) FROM audit WHERE kind = 'attendance'`); n != 4 {
		t.Errorf("%d audit lines; want 4", n)
	}
	for name, test := range map[string]struct {
		change func(m *records.Mark)
		want   string
	}{
		"a child that is none":  {func(m *records.Mark) { m.Child = "x" }, "child not-found"},
		"a child nobody knows":  {func(m *records.Mark) { m.Child = "00000000-0000-4000-8000-000000000000" }, "child not-found"},
		"a school nobody knows": {func(m *records.Mark) { m.School = "999" }, "child not-enrolled"},
		"after the roll":        {func(m *records.Mark) { m.Date = day("2026-11-20") }, "child not-enrolled"},
		"tomorrow":              {func(m *records.Mark) { m.Date = day("2026-11-21") }, "date in-future"},
		"no session":            {func(m *records.Mark) { m.Session = "noon" }, "session format"},
		"no code":               {func(m *records.Mark) { m.Code = "" }, "code required"},
		"an unknown code":       {func(m *records.Mark) { m.Code = "ZZ" }, "code unknown-code"},
		"an old code":           {func(m *records.Mark) { m.Code = "H" }, "code code-not-in-use"},
		"too late":              {func(m *records.Mark) { m.Minutes = minutes(481) }, "minutes out-of-range"},
		"late and on time":      {func(m *records.Mark) { m.Minutes = minutes(5) }, "minutes not-possible"},
		"late and absent":       {func(m *records.Mark) { m.Code, m.Minutes = "I", minutes(5) }, "minutes not-possible"},
		"an afternoon's mark":   {func(m *records.Mark) { m.Code = `\` }, "code not-possible"},
		"a morning's mark":      {func(m *records.Mark) { m.Session = "PM" }, "code not-possible"},
	} {
		m := records.Mark{Child: child.ID, School: school.ID, Date: day("2026-11-19"), Session: "AM", Code: "/"}
		test.change(&m)
		_, err := h.store.PutMark(t.Context(), welfare, m)
		t.Run(name, func(t *testing.T) {
			var invalid *records.Invalid
			if !errors.As(err, &invalid) || len(invalid.Problems) == 0 || invalid.Problems[0].Field+" "+invalid.Problems[0].Code != test.want {
				t.Errorf("%v; want %s", err, test.want)
			}
		})
	}
}

func TestPutMarks(t *testing.T) {
	t.Parallel()
	h := open(t)
	school, other := h.school("8734001"), h.school("8734002")
	a, b := h.child(upn("873400120001")), h.child(upn("87340012000A"))
	h.enrolment(a, school, "2024-09-01", "")
	h.enrolment(b, school, "2023-09-01", "2026-11-01")
	h.enrolment(b, other, "2026-11-01", "")
	row := func(laestab, upn, date, session, code string) records.MarkRow {
		return records.MarkRow{LAESTAB: laestab, UPN: upn, Date: day(date), Session: session, Code: code}
	}
	rows := []records.MarkRow{
		row("8734001", a.UPN, "2026-11-19", "AM", "/"),
		row("8734001", a.UPN, "2026-11-19", "PM", `\`),
		row("873/4001", " "+a.UPN+" ", "2026-11-18", "am", "n"),
		row("8734001", b.UPN, "2026-10-30", "AM", "L"),
		row("8734002", b.UPN, "2026-11-02", "PM", "I"),
		row("8734001", b.UPN, "2024-07-01", "PM", "H"), // in use then
		row("8734002", b.UPN, "2026-10-30", "AM", "/"), // not yet on that roll
		row("8739999", a.UPN, "2026-11-19", "AM", "/"),
		row("8734001", upn("873400120099"), "2026-11-19", "AM", "/"),
		row("873400", a.UPN, "2026-11-19", "AM", "/"),
		row("8734001", "A801200005001", "2026-11-19", "AM", "/"),
		row("8734001", a.UPN, "2026-11-21", "AM", "/"),
		row("8734001", a.UPN, "2019-08-31", "AM", "/"),
		row("8734001", a.UPN, "2026-11-19", "MA", "/"),
		row("8734001", a.UPN, "2026-11-19", "AM", ""),
		row("8734001", a.UPN, "2026-11-19", "AM", "??"),
		row("8734001", a.UPN, "2026-11-17", "AM", "H"),
		row("8734001", a.UPN, "2026-11-16", "AM", "/"), // contradicted by the next
		row("8734001", a.UPN, "2026-11-16", "AM", "O"),
		row("8734001", a.UPN, "2026-11-16", "PM", "O"),
		row("8734001", a.UPN, "2026-11-16", "PM", "O"), // says the same again
		{LAESTAB: "8734001", UPN: a.UPN, Session: "AM", Code: "/"},
		row("8734001", a.UPN, "2026-11-13", "AM", `\`),
		row("8734001", a.UPN, "2026-11-13", "PM", "/"),
		row("8734001", a.UPN, "2026-11-12", "AM", "I"),
		row("8734001", a.UPN, "2026-11-12", "PM", `\`), // 0 minutes late
	}
	rows[3].MinutesLate, rows[24].MinutesLate, rows[25].MinutesLate = minutes(7), minutes(7), minutes(0)
	for i := range rows {
		rows[i].Line = int64(i + 2)
	}
	first := []string{"added", "added", "added", "added", "added", "added", "unmatched upn not-enrolled", "unmatched laestab not-found", "unmatched upn not-found",
		"rejected laestab format", "rejected upn format", "rejected date in-future", "rejected date out-of-range", "rejected session format", "rejected code required",
		"rejected code unknown-code", "rejected code code-not-in-use", "rejected code contradicts", "rejected code contradicts", "added", "unchanged", "rejected date required",
		"rejected code not-possible", "rejected code not-possible", "rejected minutes_late not-possible", "added"}
	put := func(want []string) {
		t.Helper()
		outcomes, err := h.store.PutMarks(t.Context(), importing, rows, records.Batch{Source: "marks.csv"})
		if err != nil || len(outcomes) != len(rows) {
			t.Fatalf("%d outcomes, %v", len(outcomes), err)
		}
		for i, o := range outcomes {
			got := o.Result.String()
			if o.Problem != nil {
				got += " " + o.Problem.Field + " " + o.Problem.Code
			}
			if got != want[i] || o.Line != int64(i+2) {
				t.Errorf("line %d (as %d): %s; want %s", i+2, o.Line, got, want[i])
			}
		}
	}
	put(first)
	state := `SELECT string_agg(concat_ws(' ', child_id, school_id, date, am, am_minutes, pm, pm_minutes, version, source, recorded_by), '; ' ORDER BY date, child_id) FROM attendance`
	before := value[string](h, state)
	lines := value[int](h, `SELECT count(*) FROM audit`)
	second := append([]string(nil), first...)
	for i, w := range second {
		if w == "added" {
			second[i] = "unchanged"
		}
	}
	put(second)
	if after := value[string](h, state); after != before {
		t.Errorf("the same rows again change\n%s to\n%s", before, after)
	}
	if n := value[int](h, `SELECT (SELECT count(*) FROM attendance_history) + (SELECT count(*) FROM audit) - $1`, lines); n != 0 {
		t.Errorf("the same rows again leave %d lines", n)
	}
	rows[0].Code, rows[1].Code = "O", "O"
	second[0], second[1] = "changed", "changed"
	put(second)
	if n := value[int](h, `SELECT count(*) FROM attendance_history`); n != 1 {
		t.Errorf("%d versions in history; want 1: two marks of one day are one correction", n)
	}
	if n := value[int](h, `SELECT sum(coalesce(cardinality(records), 1)) FROM audit WHERE kind = 'attendance' AND action = 'create' AND actor = 'system:import' AND (child_id IS NOT NULL OR cardinality(children) = cardinality(records))`); n != 7 {
		t.Errorf("%d audit lines of rows that were made; want 7", n)
	}
}

// Many programs send the same marks at once: each row is there once, and no
// version too many.
func TestPutMarksAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	school := h.school("8734001")
	var rows []records.MarkRow
	for n := range 40 {
		c := h.child(upn(fmt.Sprintf("87340012%04d", n)))
		h.enrolment(c, school, "2024-09-01", "")
		for _, s := range []string{"AM", "PM"} {
			rows = append(rows, records.MarkRow{LAESTAB: "8734001", UPN: c.UPN, Date: day("2026-11-19"), Session: s, Code: present(s)})
		}
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			mine := append([]records.MarkRow(nil), rows[g:]...)
			mine = append(mine, rows[:g]...)
			if _, err := h.store.PutMarks(t.Context(), importing, mine, records.Batch{Source: ""}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := value[int](h, `SELECT count(*) FROM attendance WHERE am = '/' AND pm = '\'`); n != 40 {
		t.Errorf("%d whole days; want 40", n)
	}
	if n := value[int](h, `SELECT count(*) FROM attendance_history`); n != 0 {
		t.Errorf("%d versions of marks that never changed", n)
	}
}

func TestPutKS4Results(t *testing.T) {
	t.Parallel()
	h := open(t)
	school, other := h.school("8734001"), h.school("8734002")
	a, b := h.child(upn("873400120001")), h.child(upn("873400120002"))
	h.enrolment(a, school, "2020-09-01", "2026-07-01")
	h.enrolment(b, other, "2026-09-01", "")
	score := func(s string) *decimal.Decimal { d := decimal.RequireFromString(s); return &d }
	rows := []records.ResultRow{
		{Line: 2, LAESTAB: "8734001", UPN: a.UPN, Year: 2026, Attainment8: score("51.5"), English: "6", Maths: "u"},
		{Line: 3, LAESTAB: "8734002", UPN: b.UPN, Year: 2026, Attainment8: score("51.5")}, // came too late
		{Line: 4, LAESTAB: "8734001", UPN: a.UPN, Year: 2027, Attainment8: score("51.5")},
		{Line: 5, LAESTAB: "8734001", UPN: a.UPN, Year: 2025, Attainment8: score("-1")},
		{Line: 6, LAESTAB: "8734001", UPN: a.UPN, Year: 2025, English: "10"},
		{Line: 7, LAESTAB: "8734001", UPN: a.UPN, Year: 2025},
		{Line: 8, LAESTAB: "8734001", UPN: a.UPN, Year: 2024, Maths: "3"},
		{Line: 9, LAESTAB: "8734001", UPN: a.UPN, Year: 2024, Maths: "4"},
		{Line: 10, LAESTAB: "8734001", UPN: a.UPN, English: "4"},
	}
	want := []string{"added", "unmatched upn not-enrolled", "rejected year out-of-range", "rejected attainment8 out-of-range", "rejected english_grade unknown-code",
		"rejected attainment8 required", "rejected upn contradicts", "rejected upn contradicts", "rejected year required"}
	put := func() {
		t.Helper()
		outcomes, err := h.store.PutKS4Results(t.Context(), importing, rows, records.Batch{Source: "ks4.csv"})
		if err != nil || len(outcomes) != len(rows) {
			t.Fatalf("%d outcomes, %v", len(outcomes), err)
		}
		for i, o := range outcomes {
			got := o.Result.String()
			if o.Problem != nil {
				got += " " + o.Problem.Field + " " + o.Problem.Code
			}
			if got != want[i] {
				t.Errorf("line %d: %s; want %s", o.Line, got, want[i])
			}
		}
	}
	put()
	want[0] = "unchanged"
	rows[0].Attainment8 = score("51.50") // the same number
	put()
	want[0] = "changed"
	rows[0].Attainment8, rows[0].Maths = nil, "1"
	put()
	if row := value[string](h, `SELECT concat_ws(' ', year, attainment8, english_grade, maths_grade, version, source) FROM ks4_result`); row != "2026 6 1 2 ks4.csv" {
		t.Errorf("the row is %q", row)
	}
	if n := value[int](h, `SELECT count(*) FROM ks4_result_history WHERE attainment8 = 51.5 AND maths_grade = 'U'`); n != 1 {
		t.Errorf("%d versions in history; want 1", n)
	}
}
