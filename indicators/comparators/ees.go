package comparators

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// A file of the DfE's "explore education statistics" has these columns first,
// then filters, then figures; a row is of one area, period and set of filters.
var eesColumns = []string{"time_period", "time_identifier", "geographic_level"}

// Reject is a row that was not taken, and why.
type Reject struct {
	Line   int
	Column string
	Value  string
	Reason string
	row    []string
}

// eesFile is what was read of a file.
type eesFile struct {
	header  []string
	figures []Figure
	rejects []Reject
	rows    int // data rows
	others  int // of another geographic level, or that no measure's where chooses
}

// readEES reads a file of the convention, unchanged. The error is of the file or
// the map as a whole; what is wrong with one row is a reject.
func readEES(r io.Reader, m *Map, former map[string]Area) (*eesFile, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1
	in.LazyQuotes = true
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("read the heading: %w", err)
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	f := &eesFile{header: header}
	column := map[string]int{}
	for i, name := range header {
		column[strings.TrimSpace(name)] = i
	}
	if err := checkColumns(m, header, column); err != nil {
		return nil, err
	}
	met := make([]int, len(m.Measures)) // rows that each measure's where chose
	seen := map[string]int{}            // the line of each figure
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := in.FieldPos(0)
		f.rows++
		if err != nil {
			var bad *csv.ParseError
			if !errors.As(err, &bad) {
				return nil, fmt.Errorf("read line %d: %w", line, err)
			}
			f.rejects = append(f.rejects, Reject{Line: bad.Line, Reason: "is no line of a CSV file: " + bad.Err.Error()})
			continue
		}
		if len(row) != len(header) {
			f.rejects = append(f.rejects, Reject{Line: line, Reason: fmt.Sprintf("has %d values, the heading %d", len(row), len(header)), row: row})
			continue
		}
		get := func(name string) string {
			i, ok := column[name]
			if !ok {
				return ""
			}
			return strings.TrimSpace(row[i])
		}
		if err := f.take(m, line, row, get, former, met, seen); err != nil {
			return nil, err
		}
	}
	for i, n := range met {
		if n == 0 {
			one := m.Measures[i]
			return nil, fmt.Errorf("%s: no row is chosen by measure %d (%s): look at its where (%s)", m.file, i+1, one.Measure, whereWords(one.Where))
		}
	}
	return f, nil
}

func checkColumns(m *Map, header []string, column map[string]int) error {
	var all []error
	for _, name := range eesColumns {
		if _, ok := column[name]; !ok {
			all = append(all, fmt.Errorf("the file has no column %s: a file of explore education statistics begins with %s; it has: %s", name, strings.Join(eesColumns, ", "), strings.Join(header, ", ")))
		}
	}
	for i, one := range m.Measures {
		need := []string{one.Value, one.Numerator, one.Denominator}
		for name := range one.Where {
			need = append(need, name)
		}
		slices.Sort(need)
		for _, name := range need {
			if _, ok := column[name]; !ok && name != "" {
				all = append(all, fmt.Errorf("%s: measure %d (%s) names the column %s, which the file does not have; it has: %s", m.file, i+1, one.Measure, name, strings.Join(header, ", ")))
			}
		}
	}
	return errors.Join(all...)
}

// take takes the figures of one row.
func (f *eesFile) take(m *Map, line int, row []string, get func(string) string, former map[string]Area, met []int, seen map[string]int) error {
	reject := func(column, reason string) {
		f.rejects = append(f.rejects, Reject{Line: line, Column: column, Value: get(column), Reason: reason, row: slices.Clone(row)})
	}
	var chosen []int
	for i, one := range m.Measures {
		if fits(one.Where, get) {
			chosen = append(chosen, i)
			met[i]++
		}
	}
	area, column, reason := areaOf(get, former)
	switch {
	case len(chosen) == 0, area.Type == "" && reason == "":
		f.others++
		return nil
	case reason != "":
		reject(column, reason)
		return nil
	}
	period, column, reason := periodOf(m, get)
	if reason != "" {
		reject(column, reason)
		return nil
	}
	for _, i := range chosen {
		one := m.Measures[i]
		fig := Figure{Measure: one.Measure, Part: one.Part, Kind: period.Kind, Period: period, Area: area, Comparison: one.Comparison, Note: one.Note, Definition: one.Value}
		var column, reason string
		if fig, column, reason = valued(fig, one, get); reason != "" {
			reject(column, reason)
			continue
		}
		k := strings.Join([]string{one.Measure, one.Part, string(period.Kind), period.Text(), area.Code}, "|")
		if at, twice := seen[k]; twice {
			reject(one.Value, fmt.Sprintf("is a second figure of %s for the same area and period (the first is on line %d): name in the map's where the filter that tells them apart", one.Measure, at))
			continue
		}
		seen[k] = line
		f.figures = append(f.figures, fig)
	}
	return nil
}

func fits(where map[string]string, get func(string) string) bool {
	for name, value := range where {
		if !strings.EqualFold(get(name), value) {
			return false
		}
	}
	return true
}

func whereWords(where map[string]string) string {
	if len(where) == 0 {
		return "which is empty"
	}
	var said []string
	for name, value := range where {
		said = append(said, name+": "+value)
	}
	slices.Sort(said)
	return strings.Join(said, ", ")
}

var areaCode = regexp.MustCompile(`^E\d{8}$`)

// areaOf is the row's area. A level that is none of ours gives none, and no
// reason: files hold schools, districts and constituencies too.
func areaOf(get func(string) string, former map[string]Area) (a Area, column, reason string) {
	switch strings.ToLower(get("geographic_level")) {
	case "national":
		a, column = Area{get("country_code"), get("country_name"), National}, "country_code"
		if a.Code == "" {
			a.Code, a.Name = England, "England"
		}
	case "regional", "region":
		a, column = Area{get("region_code"), get("region_name"), Region}, "region_code"
	case "local authority":
		a, column = Area{get("new_la_code"), get("la_name"), LocalAuthority}, "new_la_code"
		// Some files have the two codes the other way round.
		if old := get("old_la_code"); !areaCode.MatchString(a.Code) && areaCode.MatchString(old) {
			a.Code = old
		}
	default:
		return Area{}, "", ""
	}
	if now, ok := former[a.Code]; ok {
		a = now
	}
	switch {
	case !areaCode.MatchString(a.Code):
		return a, column, "is no code of an area in England such as E10000003"
	case a.Name == "":
		return a, column, "has no name beside it"
	}
	return a, "", ""
}

// identifiers are the kinds that time_identifier names.
var identifiers = map[string]Kind{
	"academic year": AcademicYear, "financial year": FinancialYear, "calendar year": CalendarYear, "reporting year": At31March,
	"autumn term": AutumnTerm, "autumn and spring term": AutumnSpringTerms, "spring term": SpringTerm, "summer term": SummerTerm,
	"january": AtJanuary, "march": AtMarch, "september": At30September,
}

func periodOf(m *Map, get func(string) string) (p Period, column, reason string) {
	kind := Kind(m.Period)
	if kind == "" {
		var ok bool
		if kind, ok = identifiers[strings.ToLower(get("time_identifier"))]; !ok {
			return p, "time_identifier", "is no kind of period that is known here: say in the map what it is, with period: and one of " + kindNames()
		}
	}
	text := get("time_period")
	p, err := PeriodOf(kind, text)
	// A year that ends on 31 March may be named 202425 by a file that calls it so.
	if m := splitYears.FindStringSubmatch(text); err != nil && m != nil && !kind.split() {
		if q, e := PeriodOf(FinancialYear, text); e == nil {
			p, err = Period{kind, q.Year}, nil
		}
	}
	if err != nil {
		return p, "time_period", "does not fit " + string(kind) + ": " + err.Error()
	}
	return p, "", ""
}

// valued puts the row's numbers in the figure.
func valued(f Figure, one MapMeasure, get func(string) string) (Figure, string, string) {
	text := get(one.Value)
	if s, ok := spellings[text]; ok {
		text = s
	}
	if _, ok := flags[strings.ToLower(text)]; ok {
		f.Flag = strings.ToLower(text)
	} else {
		var err error
		if f.Value, err = decimal.NewFromString(text); err != nil {
			return f, one.Value, "is no number, and none of the symbols for one that is missing: " + flagNames()
		}
	}
	for _, n := range []struct {
		column string
		into   *decimal.NullDecimal
	}{{one.Numerator, &f.Numerator}, {one.Denominator, &f.Denominator}} {
		if n.column == "" {
			continue
		}
		text := get(n.column)
		_, flag := flags[strings.ToLower(text)]
		_, spelt := spellings[text]
		if flag || spelt {
			continue
		}
		d, err := decimal.NewFromString(text)
		if err != nil {
			return f, n.column, "is no number, and none of the symbols for one that is missing: " + flagNames()
		}
		*n.into = decimal.NullDecimal{Decimal: d, Valid: true}
	}
	return f, "", ""
}

func flagNames() string {
	var names []string
	for f := range flags {
		names = append(names, f)
	}
	for f := range spellings {
		if f != "" {
			names = append(names, f)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}
