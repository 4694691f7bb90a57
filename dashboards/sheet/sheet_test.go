package sheet

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/indicators"
	"onevision/indicators/library"
)

// said is an answer of which the test knows every figure.
type said struct {
	def     indicators.Definition
	by      string
	current indicators.Figure
	series  []indicators.Figure
	members []indicators.Member
	target  *indicators.Target
}

var asAt = time.Date(2026, 11, 16, 6, 15, 0, 0, time.UTC)

func (s said) Definition() indicators.Definition { return s.def }
func (s said) Question() indicators.Question     { return indicators.Question{Breakdown: s.by} }
func (s said) AsAt() time.Time                   { return asAt }
func (s said) Unrecorded() []string              { return nil }
func (s said) ComputedAt() time.Time             { return asAt }
func (s said) Position() string                  { return "1/2A" }
func (s said) Current() indicators.Figure        { return s.current }
func (s said) Series() []indicators.Figure       { return s.series }
func (s said) Members() []indicators.Member      { return s.members }
func (s said) Status() indicators.Status         { return indicators.StatusOffTarget }
func (s said) Comparators() []indicators.Comparator {
	return []indicators.Comparator{{Area: "England", Period: "2024/25", Text: "2.4%", LikeForLike: true}}
}
func (s said) Change() indicators.Change { return indicators.Change{} }
func (s said) Target() (indicators.Target, bool) {
	if s.target == nil {
		return indicators.Target{}, false
	}
	return *s.target, true
}

func week(i int) indicators.Period {
	day := time.Date(2026, 8, 31, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 7*i)
	p, _ := indicators.PeriodOf(indicators.Week, day, day, nil)
	return p
}

func known(p indicators.Period, numerator, denominator int64) indicators.Figure {
	n, d := decimal.NewFromInt(numerator), decimal.NewFromInt(denominator)
	v := n.Shift(2).DivRound(d, 6)
	return indicators.Figure{Period: p, State: indicators.Known, Numerator: n, Denominator: d, Value: v, Text: v.StringFixed(1) + "%"}
}

func absence(members int) (whole, by said) {
	def := indicators.Definition{ID: "unauthorised-absence", Title: "Unauthorised absence (truancy)", Meaning: "Of all the sessions that pupils could have attended, the share missed without permission.",
		Unit: indicators.Percent, Polarity: indicators.LowIsGood, Periods: []indicators.PeriodKind{indicators.Week}, Breakdowns: []string{"school"}, Decimals: 1,
		Counts: "sessions missed without permission", Of: "possible sessions", Source: "DfE", Hash: "abc"}
	var series []indicators.Figure
	for i := range 10 {
		series = append(series, known(week(i), int64(2000+100*i), 100_000))
	}
	series[3] = indicators.Figure{Period: week(3), State: indicators.NoData, Text: "no data"}
	series[5] = indicators.Figure{Period: week(5), State: indicators.Suppressed, Text: "fewer than 5"}
	series[9].State, series[9].Note = indicators.Incomplete, "3 schools have not sent their marks"
	target := &indicators.Target{Value: decimal.RequireFromString("2.0"), Text: "2.0%"}
	whole = said{def: def, current: series[8], series: series, target: target}
	names := []string{"=1+1", "@cmd", "+44", "-5", "\tTab", "de Oakfield & <Sons> Primary"}
	for i := range members {
		name := "School " + strconv.Itoa(i)
		if i < len(names) {
			name = names[i]
		}
		m := indicators.Member{ID: strconv.Itoa(i), Name: name, Current: known(week(8), int64(30+i), 1000), Previous: known(week(7), 10, 1000), Status: indicators.StatusOffTarget}
		by.members = append(by.members, m)
	}
	if members > 2 {
		by.members[2].Current = indicators.Figure{Period: week(8), State: indicators.Suppressed, Text: "fewer than 5"}
	}
	by.def, by.by, by.current = def, "school", series[8]
	return whole, by
}

func write(t *testing.T, c contents) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := c.write(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	if path := os.Getenv("SHEET_OUT"); path != "" { // to look at it
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func director(cards ...card) contents {
	return contents{cards: cards, Workbook: Workbook{Title: "Director's dashboard", Authority: "Exampleshire County Council",
		Viewer: accesstest.Viewer(access.Director), At: asAt.Add(time.Hour)}}
}

func open(t *testing.T, file []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// part is one part of the file, as text.
func part(t *testing.T, file []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const sheetName = "Unauthorised absence (truancy)"

func TestNumbersAreTheFiguresOfTheAnswer(t *testing.T) {
	whole, by := absence(8)
	file := write(t, director(card{answer: whole, breakdowns: []answer{by}}))
	f := open(t, file)
	if got, want := strings.Join(f.GetSheetList(), "|"), "Cover|Summary|"+sheetName+"|Definitions|Changes"; got != want {
		t.Fatalf("sheets %s, want %s", got, want)
	}
	tables, err := f.GetTables(sheetName)
	if err != nil || len(tables) != 2 {
		t.Fatalf("%d tables (%v), want the series and the breakdown", len(tables), err)
	}
	raw := excelize.Options{RawCellValue: true}
	rows, err := f.GetRows(sheetName, raw)
	if err != nil {
		t.Fatal(err)
	}
	top := headerOf(t, tables[0].Range)
	for i, fig := range whole.series {
		row := rows[top+i]
		switch fig.State {
		case indicators.Known, indicators.Incomplete:
			same(t, row[3], fig.Numerator)
			same(t, row[4], fig.Denominator)
			same(t, row[5], fig.Value.Shift(-2)) // a true percentage
		default:
			if row[5] != fig.Text {
				t.Errorf("value of %s is %q, want %q", fig.Period.ID, row[5], fig.Text)
			}
		}
		if row[6] != fig.State.String() {
			t.Errorf("state of %s is %q", fig.Period.ID, row[6])
		}
		if plotted := cellAt(row, 8); (plotted != "") != (fig.State == indicators.Known) {
			t.Errorf("plotted of %s (%s) is %q", fig.Period.ID, fig.State, plotted)
		}
		if day, err := f.GetCellValue(sheetName, fmt.Sprintf("B%d", top+i+1)); err != nil || day != fig.Period.First.Format("02/01/2006") {
			t.Errorf("first day of %s is %q (%v)", fig.Period.ID, day, err)
		}
	}
	shown, err := f.GetCellValue(sheetName, fmt.Sprintf("F%d", top+1))
	if err != nil || shown != "2.0%" {
		t.Errorf("the first value is shown as %q (%v), want 2.0%%", shown, err)
	}
	below := headerOf(t, tables[1].Range)
	for i, m := range by.members {
		row := rows[below+i]
		if row[0] != m.Name {
			t.Errorf("member %d is %q, want %q", i, row[0], m.Name)
		}
		if m.Current.State == indicators.Known {
			same(t, row[3], m.Current.Numerator)
			same(t, row[5], m.Current.Value.Shift(-2))
		} else if row[5] != "fewer than 5" || row[3] != "not shown" {
			t.Errorf("a suppressed member shows %q", row)
		}
	}
}

func TestTheChartIsNativeAndReadsTheTable(t *testing.T) {
	whole, by := absence(8)
	file := write(t, director(card{answer: whole, breakdowns: []answer{by}}, card{answer: by}))
	drawn := part(t, file, "xl/charts/chart1.xml")
	for _, want := range []string{"lineChart", `dispBlanksAs val="gap"`, "$I$", "$J$"} {
		if !strings.Contains(drawn, want) {
			t.Errorf("the chart does not hold %s", want)
		}
	}
	type corner struct {
		Col int `xml:"col"`
		Row int `xml:"row"`
	}
	var anchor struct {
		From corner `xml:"twoCellAnchor>from"`
		To   corner `xml:"twoCellAnchor>to"`
	}
	if err := xml.Unmarshal([]byte(part(t, file, "xl/drawings/drawing1.xml")), &anchor); err != nil || anchor.From.Col == 0 || anchor.To.Col < anchor.From.Col+3 || anchor.To.Row < anchor.From.Row+10 {
		t.Errorf("the chart stands from %+v to %+v (%v)", anchor.From, anchor.To, err)
	}
	sheet := part(t, file, "xl/worksheets/sheet3.xml")
	if n := strings.Count(sheet, "<tablePart "); n != 2 || !strings.Contains(sheet, `<tableParts count="2">`) {
		t.Errorf("the sheet names %d tables, want 2", n)
	}
	if !strings.Contains(sheet, "<drawing ") || !strings.Contains(sheet, `state="frozen"`) {
		t.Error("the sheet has no drawing, or nothing frozen")
	}
	for _, name := range []string{"xl/tables/table1.xml", "xl/tables/table2.xml", "xl/tables/table3.xml"} {
		part(t, file, name)
	}
}

// What a school is called never becomes a formula, here or when somebody edits
// the cell.
func TestNoCellStartsAFormula(t *testing.T) {
	whole, by := absence(8)
	whole.def.Title = "=HYPERLINK(\"http://example.com\")"
	whole.def.Meaning = "@SUM(1+1)*cmd|' /C calc'!A0"
	whole.series[9].Note = "=2+2"
	file := write(t, director(card{answer: whole, breakdowns: []answer{by}}))
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range z.File {
		if strings.HasPrefix(p.Name, "xl/worksheets/sheet") {
			if xml := part(t, file, p.Name); strings.Contains(xml, "<f>") || strings.Contains(xml, "<f ") {
				t.Errorf("%s holds a formula", p.Name)
			}
		}
	}
	f := open(t, file)
	styles, found := part(t, file, "xl/styles.xml"), 0
	if !strings.Contains(styles, `quotePrefix="true"`) {
		t.Error("no style keeps text that begins as a formula would")
	}
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		for r, row := range rows {
			for c, v := range row {
				if v == "" || !strings.Contains("=+-@\t", v[:1]) {
					continue
				}
				cell, _ := excelize.CoordinatesToCellName(c+1, r+1)
				kind, err := f.GetCellType(name, cell)
				if err != nil || kind != excelize.CellTypeInlineString {
					t.Errorf("%s!%s is of type %d (%v), want text", name, cell, kind, err)
				}
				id, err := f.GetCellStyle(name, cell)
				if err != nil {
					t.Fatal(err)
				}
				if q := f.Styles.CellXfs.Xf[id].QuotePrefix; (q == nil || !*q) && !strings.HasPrefix(v, "=HYPERLINK") {
					t.Errorf("%s!%s begins as a formula would and is not marked as text", name, cell)
				}
				found++
			}
		}
	}
	if found < 7 {
		t.Fatalf("found %d cells that begin as a formula would, expected the canaries", found)
	}
}

func TestOnlyThoseWhoMayExportGetAWorkbook(t *testing.T) {
	for _, v := range []access.Viewer{{}, accesstest.Viewer(access.LeadMember), accesstest.Viewer(access.SocialWorker), accesstest.Viewer(access.Administrator)} {
		var b bytes.Buffer
		if err := Write(t.Context(), &b, Workbook{Title: "x", Viewer: v}); !errors.Is(err, access.ErrNotAllowed) || b.Len() > 0 {
			t.Errorf("%q got %d bytes and %v", v.Role(), b.Len(), err)
		}
	}
	var b bytes.Buffer
	if err := Write(t.Context(), &b, Workbook{Title: "x", Viewer: accesstest.Viewer(access.Analyst), At: asAt}); err != nil {
		t.Error(err)
	}
	open(t, b.Bytes())
}

func TestTheCoverSaysWhoWhenAndWhat(t *testing.T) {
	whole, by := absence(3)
	f := open(t, write(t, director(card{answer: whole, breakdowns: []answer{by}})))
	rows, err := f.GetRows("Cover")
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprint(rows)
	for _, want := range []string{"Director's dashboard", "Exampleshire County Council", "OFFICIAL-SENSITIVE", "Test director", "16/11/2026 07:15", "16/11/2026 06:15", "Figures are exact", sheetName, "Definitions"} {
		if !strings.Contains(all, want) {
			t.Errorf("the cover does not say %q", want)
		}
	}
	ok, target, err := f.GetCellHyperLink("Cover", "A14")
	if err != nil || !ok || target != "'"+sheetName+"'!A1" {
		t.Errorf("the first link leads to %q (%v, %v)", target, ok, err)
	}
}

// Memory does not grow with the rows: excelize holds chunks of 16 MB, while the
// sheet of these is some 60 MB of XML, and several times that as cells.
func TestManyRowsAreStreamed(t *testing.T) {
	whole, by := absence(100_000)
	var out counting
	runtime.GC()
	var before, m runtime.MemStats
	runtime.ReadMemStats(&before)
	peak, done := before.HeapAlloc, make(chan error)
	go func() { done <- director(card{answer: whole, breakdowns: []answer{by}}).write(t.Context(), &out) }()
	for writing := true; writing; {
		select {
		case err := <-done:
			if writing = false; err != nil {
				t.Fatal(err)
			}
		case <-time.After(time.Second):
			runtime.GC() // what is held, not what is waiting to be collected
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
	}
	runtime.KeepAlive(by)
	if out.n < 1<<20 {
		t.Errorf("100,000 rows made %d bytes", out.n)
	}
	if grown := int64(peak) - int64(before.HeapAlloc); grown > 100<<20 {
		t.Errorf("memory grew by %d MB while writing", grown>>20)
	} else {
		t.Logf("%d bytes written, heap at most %d MB more", out.n, grown>>20)
	}
}

func TestAWorkbookStopsWithItsRequest(t *testing.T) {
	whole, by := absence(10)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := director(card{answer: whole, breakdowns: []answer{by}}).write(ctx, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestSheetNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := sheetNames()
		seen := map[string]bool{}
		for _, s := range rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.StringMatching(`[aA'/\[\]😀 ]{0,40}`)), 1, 12).Draw(t, "names") {
			got := n.unique(s)
			if seen[strings.ToLower(got)] {
				t.Fatalf("%q twice", got)
			}
			seen[strings.ToLower(got)] = true
			f := excelize.NewFile()
			if _, err := f.NewSheet(got); err != nil {
				t.Fatalf("%q from %q: %v", got, s, err)
			}
			f.Close()
		}
	})
}

// counting counts what is written to it.
type counting struct{ n int }

func (c *counting) Write(b []byte) (int, error) {
	c.n += len(b)
	return len(b), nil
}

func headerOf(t *testing.T, ref string) int {
	t.Helper()
	from, _, _ := strings.Cut(ref, ":")
	_, row, err := excelize.CellNameToCoordinates(from)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func cellAt(row []string, i int) string {
	if i < len(row) {
		return row[i]
	}
	return ""
}

func same(t *testing.T, cell string, want decimal.Decimal) {
	t.Helper()
	got, err := decimal.NewFromString(cell)
	if err != nil || !got.Equal(want) {
		t.Errorf("a cell holds %q, want the number %s", cell, want)
	}
}

// The sheet of each measure of the library has a name of its own that a person can
// read, and that Excel takes whole.
func TestEveryMeasuresSheetHasAName(t *testing.T) {
	t.Parallel()
	measures, err := indicators.LoadLibrary(library.Files)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(measures.Definitions()); n < 50 {
		t.Fatalf("the library has %d measures", n)
	}
	named := map[string]string{}
	for _, d := range measures.Definitions() {
		name := measureSheet(d)
		if len(name) > longestSheet || named[strings.ToLower(name)] != "" {
			t.Errorf("%s is called %q, and so is %q", d.ID, name, named[strings.ToLower(name)])
		}
		named[strings.ToLower(name)] = d.ID
	}
	for id, want := range map[string]string{"gcse-grade5-english-maths-children-in-need": "gcse-grad5-engl-math-chi-in-nee", "persistent-absence-child-protection": "persiste-absence-child-protecti"} {
		if got := measureSheet(indicators.Definition{ID: id, Title: strings.Repeat("long ", 10)}); got != want {
			t.Errorf("%s is called %q", id, got)
		}
	}
}
