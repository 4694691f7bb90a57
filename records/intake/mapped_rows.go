package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"onevision/access"
	"onevision/records"
)

// mapped are rows of a file that a mapping reads.
type mapped struct {
	*Mapping
	kind    *records.Kind
	columns []string
	layout  string                         // of days
	at      map[string]int                 // the place of a column, by its tidy name
	fields  []*records.Field               // that the mapping gives, in the kind's order
	states  []string                       // their names
	codes   map[string][]records.CodeValue // by code table
	values  map[string]map[string]string   // of a field, by the tidy value of the column
	rows    []records.MappedRow
}

func newMapped(m *Mapping, k *records.Kind, columns []string) *mapped {
	r := &mapped{Mapping: m, kind: k, columns: columns, at: map[string]int{}, values: map[string]map[string]string{}}
	r.layout, _ = layoutOf(m.Dates)
	for i, c := range columns {
		r.at[tidyHeading(c)] = i
	}
	for _, f := range MappableFields(k) {
		given, ok := m.Fields[f.Name]
		if !ok {
			continue
		}
		r.fields, r.states = append(r.fields, f), append(r.states, f.Name)
		r.values[f.Name] = map[string]string{}
		for from, to := range given.Values {
			r.values[f.Name][Tidy(from)] = to
		}
	}
	return r
}

// Begin reads the codes that values may be.
func (m *mapped) Begin(ctx context.Context, store *records.Store, v access.Viewer) error {
	m.codes = map[string][]records.CodeValue{}
	for _, f := range m.fields {
		if f.Codes == "" {
			continue
		}
		codes, err := store.Codes(ctx, v, f.Codes)
		if err != nil {
			return fmt.Errorf("read the codes of %s: %w", f.Name, err)
		}
		m.codes[f.Codes] = codes
	}
	return nil
}

// cell is the value of a column in a row.
func (m *mapped) cell(fields []string, column string) string {
	if i, ok := m.at[tidyHeading(column)]; ok && column != "" {
		return Plain(fields[i])
	}
	return ""
}

// Passes passes over rows that have nothing of the kind: every column of a field that
// must be given is empty. Those that the mapping does not want go too.
func (m *mapped) Passes(fields []string) string {
	for _, column := range sortedKeys(m.Where) {
		if is, wants := m.cell(fields, column), m.Where[column]; wants == "*" && is == "" || wants != "*" && Tidy(strings.TrimSuffix(is, ".0")) != Tidy(wants) {
			return "the mapping wants rows where " + column + " is " + map[bool]string{true: "given", false: wants}[wants == "*"]
		}
	}
	columns := false
	for _, f := range m.fields {
		column := m.Fields[f.Name].Column
		if !f.Required || column == "" {
			continue
		}
		if columns = true; m.cell(fields, column) != "" {
			return ""
		}
	}
	if !columns {
		return ""
	}
	return "they have nothing in the columns of the fields that must be given"
}

func (m *mapped) Add(line int64, fields []string) *Problem {
	values := map[string]any{}
	refs := map[string]string{}
	for _, f := range m.fields {
		given := m.Fields[f.Name]
		text := given.Value
		if given.Column != "" {
			text = m.translate(f, m.cell(fields, given.Column))
		}
		if f.Ref != "" {
			refs[f.Name] = text
			continue
		}
		value, advice := m.read(f, text)
		if advice != "" {
			return &Problem{given.Column, text, advice}
		}
		if value != nil {
			values[f.Name] = value
		}
	}
	r := records.MappedRow{Line: line, Number: m.cell(fields, m.Number), Record: m.kind.New(), States: m.states, Refs: refs}
	if m.Number != "" && r.Number == "" {
		return &Problem{m.Number, "", "must be given: it says which record of its system the row is"}
	}
	text, err := json.Marshal(values)
	if err == nil {
		err = json.Unmarshal(text, r.Record)
	}
	if err != nil {
		return &Problem{Reason: "cannot be read as " + strings.ToLower(m.kind.Title)}
	}
	if p := m.clues(&r.Clues, fields); p != nil {
		return p
	}
	m.rows = append(m.rows, r)
	return nil
}

// clues reads whom the row is about.
func (m *mapped) clues(c *records.Clues, fields []string) *Problem {
	for name, to := range map[string]*string{"upn": &c.UPN, "nhs_number": &c.NHSNumber, "ssda903": &c.Number, "social_care": &c.SystemNumber, "own": &c.Own, "surname": &c.Surname, "forename": &c.Forename} {
		*to = strings.TrimSuffix(m.cell(fields, m.Child[name]), ".0")
	}
	text := m.cell(fields, m.Child["date_of_birth"])
	var ok bool
	if c.Born, ok = readMappedDay(text, m.layout); !ok {
		return &Problem{m.Child["date_of_birth"], text, m.dayAdvice()}
	}
	return nil
}

func (m *mapped) dayAdvice() string {
	if m.Dates != "" {
		return "is no date written as " + m.Dates + ": correct it, or the mapping"
	}
	return dayAdvice
}

// translate is the field's value for the column's.
func (m *mapped) translate(f *records.Field, text string) string {
	if text == "" {
		if to, ok := m.values[f.Name][""]; ok {
			return to
		}
		return ""
	}
	values := m.values[f.Name]
	if to, ok := values[Tidy(text)]; ok {
		return to
	}
	if whole, ok := strings.CutSuffix(text, ".0"); ok { // as a workbook has a number
		if to, ok := values[Tidy(whole)]; ok {
			return to
		}
	}
	if other, ok := values["*"]; ok && m.code(f, text) == "" {
		return other
	}
	return text
}

// code is the code that a text is, by code or by label; "" if none.
func (m *mapped) code(f *records.Field, text string) string {
	return CodeFor(m.codes[f.Codes], text)
}

// read makes a field's value of a text, as JSON has it; advice says why it cannot.
func (m *mapped) read(f *records.Field, text string) (value any, advice string) {
	if text == "" {
		return nil, ""
	}
	whole := strings.TrimSuffix(text, ".0")
	switch f.ColumnType() {
	case "date":
		d, ok := readMappedDay(text, m.layout)
		if !ok && m.Fields[f.Name].Value != "" {
			d, ok = ReadDay(text)
		}
		if !ok {
			return nil, m.dayAdvice()
		}
		return d, ""
	case "boolean":
		if yes, ok := YesOrNo(text); ok {
			return yes, ""
		}
		return nil, "give yes or no, or say in the mapping's values which of them it is"
	case "smallint", "bigint":
		n, err := strconv.ParseInt(ungrouped(whole), 10, map[string]int{"smallint": 16, "bigint": 64}[f.ColumnType()])
		if err != nil {
			return nil, "give a whole number"
		}
		return n, ""
	case "text":
		if f.Codes == "" {
			return text, ""
		}
		for _, form := range []string{text, whole} {
			if code := m.code(f, form); code != "" {
				return code, ""
			}
		}
		return nil, "is no code or label of " + strings.ToLower(f.Title) + ": say in the mapping's values which code it is (" + m.some(f) + ")"
	}
	plain := ungrouped(text)
	if !number.MatchString(plain) {
		return nil, "give a number, with a point before its decimals"
	}
	n, err := decimal.NewFromString(plain)
	if err != nil {
		return nil, "give a number"
	}
	return n, ""
}

// YesOrNo reads yes or no, as systems write it.
func YesOrNo(text string) (yes, ok bool) {
	switch Tidy(text) {
	case "Y", "YES", "TRUE", "T", "1":
		return true, true
	case "N", "NO", "FALSE", "F", "0":
		return false, true
	}
	return false, false
}

var (
	// number is a decimal as a file or a workbook has it; 1e999999999 would fill the memory.
	number  = regexp.MustCompile(`^[+-]?[0-9]{1,15}(\.[0-9]{0,20})?([eE][+-]?[0-9]{1,2})?$`)
	grouped = regexp.MustCompile(`^[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?$`)
)

// ungrouped takes the commas between thousands out of a number. Any other comma stays: 1,5
// is not 15.
func ungrouped(text string) string {
	if grouped.MatchString(text) {
		return strings.ReplaceAll(text, ",", "")
	}
	return text
}

// some are the first codes of a field.
func (m *mapped) some(f *records.Field) string {
	var list []string
	for _, c := range m.codes[f.Codes] {
		if len(list) == 8 {
			return strings.Join(list, ", ") + ", and others"
		}
		list = append(list, c.Code)
	}
	return strings.Join(list, ", ")
}

func (m *mapped) Put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error) {
	outcomes, err := store.PutMapped(ctx, v, b, m.Name, m.kind, m.rows)
	m.rows = m.rows[:0]
	for i := range outcomes {
		o := &outcomes[i]
		if o.Problem != nil {
			p := *o.Problem
			p.Field = m.column(p.Field)
			o.Problem = &p
		}
		for n := range o.Kept {
			o.Kept[n].Field = m.column(o.Kept[n].Field)
		}
		for n := range o.Columns {
			o.Columns[n] = m.column(o.Columns[n])
		}
		o.Wrote = nil // a row is a record
	}
	return outcomes, err
}

// column is the file's column of a field or a clue, "" if none is.
func (m *mapped) column(name string) string {
	for _, f := range clueFields {
		if f.clue == name {
			return m.canonical(m.Child[f.name])
		}
	}
	return m.canonical(m.Fields[name].Column)
}

// canonical is a column as the format's header has it.
func (m *mapped) canonical(column string) string {
	if i, ok := m.at[tidyHeading(column)]; ok && column != "" {
		return m.columns[i]
	}
	return ""
}

// A row is about the record of that number, or of that natural key.
func (m *mapped) Subject(fields []string) (subject, saying string) {
	if number := m.cell(fields, m.Number); number != "" {
		return Tidy(number), Tidied(fields...)
	}
	var key []string
	for _, name := range sortedKeys(m.Child) {
		key = append(key, m.cell(fields, m.Child[name]))
	}
	for _, name := range m.kind.Natural() {
		if given, ok := m.Fields[name]; ok {
			key = append(key, m.cell(fields, given.Column))
		}
	}
	return Tidied(key...), Tidied(fields...)
}

// Shown is a field's value that a row gives.
type Shown struct{ Field, Value string }

// Show says what the fields of the row that was added last become; the child's clues are
// not among them.
func (m *mapped) Show() (list []Shown) {
	if len(m.rows) == 0 {
		return nil
	}
	text, err := json.Marshal(m.rows[len(m.rows)-1].Record)
	values := map[string]any{}
	if err != nil || json.Unmarshal(text, &values) != nil {
		return nil
	}
	for _, f := range m.fields {
		value := ""
		if v, ok := values[f.Name]; ok && v != nil {
			value = fmt.Sprint(v)
		}
		if f.Ref != "" {
			value = m.rows[len(m.rows)-1].Refs[f.Name]
		}
		if i := slices.IndexFunc(m.codes[f.Codes], func(c records.CodeValue) bool { return c.Code == value }); i >= 0 {
			value += " (" + m.codes[f.Codes][i].Label + ")"
		}
		list = append(list, Shown{f.Title, value})
	}
	return list
}
