package records

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/shopspring/decimal"
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
	Name  string
	Type  string // as PostgreSQL writes it: "smallint", "numeric(5,2)"
	Codes string // the code table that lists its values, "" none
	Null  bool
}

// columnTypes are the Go types that a field may have, with the type of its
// column in PostgreSQL: from here on that name is what a fact's type is.
var columnTypes = map[reflect.Type]string{
	reflect.TypeFor[string]():           "text",
	reflect.TypeFor[Date]():             "date",
	reflect.TypeFor[bool]():             "boolean",
	reflect.TypeFor[int16]():            "smallint",
	reflect.TypeFor[*int16]():           "smallint",
	reflect.TypeFor[int64]():            "bigint",
	reflect.TypeFor[*decimal.Decimal](): "numeric",
}

// ColumnType is the type of the field's column as PostgreSQL writes it, "" if a
// record may not hold a field of its Go type.
func (f *Field) ColumnType() string {
	switch {
	case f.Ref != "":
		return "bigint"
	case f.Go == typeDecimal:
		return fmt.Sprintf("%s(%d,%d)", columnTypes[f.Go], f.Precision, f.Scale)
	}
	return columnTypes[f.Go]
}

// nullable reports whether the field's column may be NULL. A truth value is
// always one or the other.
func (f *Field) nullable() bool { return !f.Required && f.Go.Kind() != reflect.Bool }

// codeFacts are the columns that code tables have beyond those that all have, by
// table.
var codeFacts = map[string][]FactColumn{}

// codeFact says that a code table has one more column, which the warehouse is
// given. It stands beside the kind whose codes they are.
func codeFact(table string, c FactColumn) bool {
	codeFacts[table] = append(codeFacts[table], c)
	return true
}

// Facts is everything that the warehouse follows, in the order in which it can
// be loaded: code tables, then the kinds that have facts, each after those that
// it refers to.
func Facts() []FactTable {
	var tables []FactTable
	for _, name := range codeTableNames() {
		t := FactTable{Name: name, Key: []string{"code"}, Codes: true, Columns: []FactColumn{
			{Name: "code", Type: "text"}, {Name: "label", Type: "text"}, {Name: "position", Type: "smallint"},
			{Name: "valid_from", Type: "date"}, {Name: "valid_to", Type: "date", Null: true},
		}}
		t.Columns = append(t.Columns, codeFacts[name]...)
		tables = append(tables, t)
	}
	for _, k := range kinds() {
		t := FactTable{Name: k.Table, Key: []string{"id"}, Columns: []FactColumn{{Name: "id", Type: "bigint"}}}
		for i := range k.Fields {
			if f := &k.Fields[i]; f.Fact {
				t.Columns = append(t.Columns, FactColumn{f.Column, f.ColumnType(), f.Codes, f.nullable()})
			}
		}
		if f, ok := k.Field(k.PartitionedBy); ok {
			t.Key, t.Partitioned, t.DateColumn = append(t.Key, f.Column), true, f.Column
		}
		if len(t.Columns) > 1 {
			tables = append(tables, t)
		}
	}
	return tables
}

// codeTableNames is every code table that a field of a kind refers to, in the order
// in which the kinds do.
func codeTableNames() []string {
	var names []string
	for _, k := range kinds() {
		for i := range k.Fields {
			if c := k.Fields[i].Codes; c != "" && !slices.Contains(names, c) {
				names = append(names, c)
			}
		}
	}
	return names
}
