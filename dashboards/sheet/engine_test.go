package sheet

import (
	"bytes"
	"encoding/csv"
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
	facts.Exec(`INSERT INTO facts.school (id, name, laestab) VALUES (1, '=1+1', '8732001'), (2, 'St Mary''s School', '8732002')`)
	facts.Exec(`INSERT INTO facts.child (id, date_of_birth) SELECT i, DATE '2016-05-01' FROM range(1, 61) r(i)`)
	facts.Exec(`INSERT INTO facts.enrolment (id, child_id, school_id, from_date) SELECT i, i, 1 + i % 2, DATE '2026-09-01' FROM range(1, 61) r(i)`)
	facts.Exec(`INSERT INTO facts.attendance (id, child_id, school_id, date, am, pm)
		SELECT row_number() OVER (), e.child_id, e.school_id, d.day, CASE WHEN (e.child_id * 7 + isodow(d.day)) % 11 = 0 THEN 'O' ELSE '/' END, '\'
		FROM facts.enrolment e, (SELECT unnest(generate_series(DATE '2026-11-02', DATE '2026-11-18', INTERVAL 1 DAY))::DATE AS day) d WHERE isodow(d.day) <= 5`)
	now := time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC)
	engine := facts.Engine(now, indicatorstest.Few)
	analyst := accesstest.Viewer(access.Analyst)
	book := Workbook{Title: "Dashboard", Authority: "Exampleshire County Council", Viewer: analyst, At: now,
		PublicURL: "https://onevision.example", Rows: engine.Rows(t.Context(), analyst, indicators.RowsAsked{})}
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
	published := book.Cards[len(book.Cards)-1].Answer // of a count
	book.Changes = []Change{{published.Definition(), indicators.Restatement{Publication: indicators.Publication{At: now}, Published: published.Previous(), Now: published.Current(), Changed: true, Cause: "=records were corrected"}}}
	var out bytes.Buffer
	if err := Write(t.Context(), &out, book); err != nil {
		t.Fatal(err)
	}
	f := open(t, out.Bytes())
	sheets := f.GetSheetList()
	if len(sheets) != len(book.Cards)+5 {
		t.Fatalf("sheets %v for %d cards", sheets, len(book.Cards))
	}
	for i, c := range book.Cards {
		name := sheets[i+2]
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
	changes, err := f.GetRows("Changes")
	if err != nil || len(changes) < 2 || changes[1][0] != published.Definition().ID || changes[1][5] != "18/11/2026 09:00" || changes[1][10] != "=records were corrected" {
		t.Errorf("what has changed: %q %v", changes, err)
	}
	if formula, _ := f.GetCellFormula("Changes", "K2"); formula != "" {
		t.Errorf("the cause is a formula: %s", formula)
	}
	longForm(t, f, engine, analyst)
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

// longForm compares the sheet Data, and the CSV, with what the engine answers on its
// pages, cell by cell.
func longForm(t *testing.T, f *excelize.File, engine *indicators.Engine, v access.Viewer) {
	t.Helper()
	rows, err := f.GetRows("Data", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(rows[0], indicators.RowHead) {
		t.Fatalf("columns %v", rows[0])
	}
	tables, err := f.GetTables("Data")
	if err != nil || len(tables) != 1 || tables[0].Name != "t_data" || tables[0].Range != fmt.Sprintf("A1:P%d", len(rows)) {
		t.Fatalf("tables of Data: %+v %v", tables, err)
	}
	var text bytes.Buffer
	if err := WriteCSV(t.Context(), &text, v, engine.Rows(t.Context(), v, indicators.RowsAsked{}), "https://onevision.example"); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&text).ReadAll()
	if err != nil || len(lines) != len(rows) {
		t.Fatalf("the CSV has %d lines, the sheet %d rows (%v)", len(lines), len(rows), err)
	}
	at := func(row []string, name string) string { return cellAt(row, slices.Index(indicators.RowHead, name)) }
	n, flags := 0, map[string]int{}
	kinds := map[string]bool{}
	for _, d := range engine.List(v) {
		for _, kind := range d.Periods {
			for _, by := range append([]string{""}, d.Breakdowns...) {
				a, err := engine.Ask(t.Context(), v, indicators.Question{Indicator: d.ID, Period: kind, Breakdown: by, Last: 24})
				if err != nil {
					t.Fatal(err)
				}
				series := [][]indicators.Figure{a.Series()}
				var codes []string
				if by != "" {
					series = nil
					for _, m := range a.Members() {
						series, codes = append(series, m.Series), append(codes, m.Code)
					}
				}
				for i, one := range series {
					for _, fig := range one {
						n++
						row, line := rows[n], lines[n]
						if at(row, "indicator") != d.ID || at(row, "period_id") != fig.Period.ID || at(row, "flag") != fig.Flag() || at(line, "flag") != fig.Flag() || by != "" && at(row, "code") != codes[i] {
							t.Fatalf("row %d is %v, want %s of %s", n, row, fig.Period.ID, d.ID)
						}
						flags[fig.Flag()]++
						kinds[at(row, "period_kind")] = true
						if !fig.HasNumber() {
							if at(row, "value")+at(row, "numerator")+at(line, "value")+at(line, "numerator") != "" {
								t.Errorf("row %d has a number: %v", n, row)
							}
							continue
						}
						want := fig.Value
						if d.Unit == indicators.Percent {
							want = want.Shift(-2)
						}
						same(t, at(row, "value"), want)
						same(t, at(row, "numerator"), fig.Numerator)
						same(t, at(line, "value"), fig.Value)
						if by == "school" && !strings.HasPrefix(at(row, "code"), "873200") && at(row, "member") != "Not known" {
							t.Errorf("row %d has no LAESTAB: %v", n, row)
						}
					}
				}
			}
		}
	}
	if n != len(rows)-1 || len(kinds) < 4 || flags["p"] == 0 || flags[""] == 0 {
		t.Errorf("%d rows of %d, kinds of periods %v, flags %v", len(rows)-1, n, kinds, flags)
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
