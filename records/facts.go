package records

import (
	"reflect"
	"slices"
)

// FactTable is one table that the warehouse follows, with the columns that it
// is given: facts only.
type FactTable struct {
	Name        string
	Key         []string // columns
	Columns     []FactColumn
	Codes       bool   // a code table: followed first, its codes become the type of the columns that refer to it
	Partitioned bool   // copied leaf by leaf
	DateColumn  string // the column that partitions it, "" none
}

// FactColumn is one column of a FactTable.
type FactColumn struct {
	Name             string
	Type             FactType
	Codes            string // of a Code: the code table
	Null             bool
	Precision, Scale int // of a Decimal
}

// FactType is the type of a fact.
type FactType int8

const (
	Int16 FactType = iota + 1
	Int32
	Int64
	Bool
	Day // a date
	Text
	Decimal
	Timestamp
	Code // text that a code table lists
)

// factType is the type that the field has in the warehouse, and false if a
// record may not hold a field of its Go type.
func (f *Field) factType() (FactType, bool) {
	switch {
	case f.Codes != "":
		return Code, true
	case f.Ref != "" || f.Go.Kind() == reflect.Int64:
		return Int64, true
	case f.Go == typeDate:
		return Day, true
	case f.Go == typeDecimal:
		return Decimal, true
	case f.Go == typeMinutes || f.Go.Kind() == reflect.Int16:
		return Int16, true
	case f.Go.Kind() == reflect.Bool:
		return Bool, true
	case f.Go.Kind() == reflect.String:
		return Text, true
	}
	return 0, false
}

// Facts is everything that the warehouse follows, in the order in which it can
// be loaded: code tables, reference tables, then the kinds that have facts,
// each after those that it refers to.
func Facts() []FactTable {
	var tables []FactTable
	for _, name := range codeTables() {
		t := FactTable{Name: name, Key: []string{"code"}, Codes: true, Columns: []FactColumn{
			{Name: "code", Type: Text}, {Name: "label", Type: Text}, {Name: "position", Type: Int16},
			{Name: "valid_from", Type: Day}, {Name: "valid_to", Type: Day, Null: true},
		}}
		switch name {
		case "attendance_code":
			t.Columns = append(t.Columns, FactColumn{Name: "counts_as", Type: Text})
		case "ks4_grade":
			t.Columns = append(t.Columns, FactColumn{Name: "points", Type: Int16})
		}
		tables = append(tables, t)
	}
	tables = append(tables,
		FactTable{Name: "half_term", Key: []string{"id"}, Columns: []FactColumn{
			{Name: "id", Type: Int64}, {Name: "academic_year", Type: Int16}, {Name: "number", Type: Int16},
			{Name: "first_day", Type: Day}, {Name: "last_day", Type: Day},
		}},
		FactTable{Name: "bank_holiday", Key: []string{"day"}, Columns: []FactColumn{
			{Name: "day", Type: Day}, {Name: "name", Type: Text},
		}})
	for _, k := range kinds {
		t := FactTable{Name: k.Table, Key: []string{"id"}, Columns: []FactColumn{{Name: "id", Type: Int64}}}
		for i := range k.Fields {
			if f := &k.Fields[i]; f.Fact {
				typ, _ := f.factType()
				t.Columns = append(t.Columns, FactColumn{
					Name: f.Column, Type: typ, Codes: f.Codes, Null: !f.Required && typ != Bool,
					Precision: f.Precision, Scale: f.Scale,
				})
			}
		}
		if k == attendanceKind {
			t.Key, t.Partitioned, t.DateColumn = []string{"id", "date"}, true, "date"
		}
		if len(t.Columns) > 1 {
			tables = append(tables, t)
		}
	}
	return tables
}

// codeTables is every code table that a field of a kind refers to, in the order
// in which the kinds do.
func codeTables() []string {
	var names []string
	for _, k := range kinds {
		for i := range k.Fields {
			if c := k.Fields[i].Codes; c != "" && !slices.Contains(names, c) {
				names = append(names, c)
			}
		}
	}
	return names
}
