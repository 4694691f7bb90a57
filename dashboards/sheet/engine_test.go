package sheet

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/indicators"
	"onevision/indicators/indicatorstest"
	"onevision/indicators/library"
	"onevision/warehouse"
)

// The answers of the indicators' own engine, through Write: every figure of
// them stands in the workbook, of every indicator of the library.
func TestAWorkbookOfTheRealIndicators(t *testing.T) {
	db, err := warehouse.Memory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	facts := indicatorstest.New(t, db)
	facts.SchoolYear(2026)
	facts.Exec(`INSERT INTO facts.school (id, name) VALUES (1, '=1+1'), (2, 'St Mary''s School')`)
	facts.Exec(`INSERT INTO facts.child (id, date_of_birth) SELECT i, DATE '2016-05-01' FROM range(1, 61) r(i)`)
	facts.Exec(`INSERT INTO facts.enrolment (id, child_id, school_id, from_date) SELECT i, i, 1 + i % 2, DATE '2026-09-01' FROM range(1, 61) r(i)`)
	facts.Exec(`INSERT INTO facts.attendance (id, child_id, school_id, date, am, pm)
		SELECT row_number() OVER (), e.child_id, e.school_id, d.day, CASE WHEN (e.child_id * 7 + isodow(d.day)) % 11 = 0 THEN 'O' ELSE '/' END, '\'
		FROM facts.enrolment e, (SELECT unnest(generate_series(DATE '2026-11-02', DATE '2026-11-18', INTERVAL 1 DAY))::DATE AS day) d WHERE isodow(d.day) <= 5`)
	now := time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC)
	engine := facts.Engine(now, library.Files)
	analyst := accesstest.Viewer(access.Analyst)
	book := Workbook{Title: "Dashboard", Authority: "Exampleshire County Council", Viewer: analyst, At: now}
	for _, d := range engine.List(analyst) {
		a, err := engine.Ask(t.Context(), analyst, indicators.Question{Indicator: d.ID})
		if err != nil {
			t.Fatalf("%s: %v", d.ID, err)
		}
		card := Card{Answer: a}
		for _, by := range d.Breakdowns {
			b, err := engine.Ask(t.Context(), analyst, indicators.Question{Indicator: d.ID, Breakdown: by})
			if err != nil {
				t.Fatalf("%s by %s: %v", d.ID, by, err)
			}
			card.Breakdowns = append(card.Breakdowns, b)
		}
		book.Cards = append(book.Cards, card)
	}
	if len(book.Cards) < 3 {
		t.Fatalf("%d cards", len(book.Cards))
	}
	var out bytes.Buffer
	if err := Write(t.Context(), &out, book); err != nil {
		t.Fatal(err)
	}
	f := open(t, out.Bytes())
	sheets := f.GetSheetList()
	if len(sheets) != len(book.Cards)+2 {
		t.Fatalf("sheets %v for %d cards", sheets, len(book.Cards))
	}
	for i, c := range book.Cards {
		name := sheets[i+1]
		tables, err := f.GetTables(name)
		if err != nil || len(tables) != 1+len(c.Breakdowns) {
			t.Errorf("%s: %d tables (%v)", name, len(tables), err)
			continue
		}
		rows, err := f.GetRows(name, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		def := c.Answer.Definition()
		for j, fig := range c.Answer.Series() {
			compare(t, rows[headerOf(t, tables[0].Range)+j], fig, def)
		}
		for k, by := range c.Breakdowns {
			for j, m := range by.Members() {
				row := rows[headerOf(t, tables[k+1].Range)+j]
				if row[0] != m.Name {
					t.Errorf("%s: member %q, want %q", name, row[0], m.Name)
				}
				compare(t, row, m.Current, def)
			}
		}
	}
	definitions, err := f.GetRows("Definitions")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range book.Cards {
		d := c.Answer.Definition()
		if !slices.ContainsFunc(definitions, func(row []string) bool { return row[0] == d.ID && strings.Contains(fmt.Sprint(row), d.Hash) }) {
			t.Errorf("%s is not defined", d.ID)
		}
	}
}

func compare(t *testing.T, row []string, f indicators.Figure, d indicators.Definition) {
	t.Helper()
	if !f.HasNumber() {
		if row[5] != f.Text {
			t.Errorf("%s %s: %q, want %q", d.ID, f.Period.ID, row[5], f.Text)
		}
		return
	}
	same(t, row[3], f.Numerator)
	if !f.Denominator.IsZero() {
		same(t, row[4], f.Denominator)
	}
	value := f.Value
	if d.Unit == indicators.Percent {
		value = value.Shift(-2)
	}
	same(t, row[5], value)
}
