// The tables that are followed, as the caller declares them, and their types.

package warehouse

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Table is a table that the warehouse follows: its name in PostgreSQL (schema
// public) and in DuckDB (schema facts), and its fact columns in order.
type Table struct {
	Name    string
	Key     []string // primary key, always among the columns
	Columns []Column
	Codes   bool // a code table: its column "code" makes the ENUM of columns that refer to it
	// Partitioned tables are loaded leaf by leaf.
	Partitioned bool
	// DateColumn, if it is part of the key, bounds the search for changed rows.
	DateColumn string
}

// Column is a fact column.
type Column struct {
	Name             string
	Type             Type
	Codes            string // for Code: the code table, one of the followed tables
	Null             bool   // whether it may be NULL
	Precision, Scale int    // for Decimal
}

// Type is the type of a column, the same on both sides.
type Type int

const (
	Int16 Type = iota + 1
	Int32
	Int64
	Bool
	Date
	Text
	Decimal
	Timestamp // with time zone
	Code      // text in PostgreSQL, ENUM in DuckDB
)

// NewColumn makes a column of what PostgreSQL calls its type ("smallint",
// "numeric(5,2)"). codes is the code table that lists its values, "" none. A type
// that cannot be followed makes a column without one, which Open refuses.
func NewColumn(name, postgres, codes string, null bool) Column {
	c := Column{Name: name, Codes: codes, Null: null}
	word, digits, _ := strings.Cut(postgres, "(")
	c.Type = map[string]Type{
		"smallint": Int16, "integer": Int32, "bigint": Int64, "boolean": Bool, "date": Date, "text": Text,
		"numeric": Decimal, "timestamp with time zone": Timestamp,
	}[word]
	if c.Type == Decimal {
		fmt.Sscanf(digits, "%d,%d", &c.Precision, &c.Scale) // what cannot be read is 0 digits, which Open refuses
	}
	if codes != "" {
		c.Type = Code
	}
	return c
}

// codeColumn is the column of a code table that holds the codes.
const codeColumn = "code"

// layout counts up when the form of a build's file changes, so that files of
// an older program are built again.
const layout = 3

// fingerprint identifies how a file is laid out and what it follows. One with
// another fingerprint is built again as a whole. What its tables look like
// stands beside it (see followed): a table can be loaded again alone.
func fingerprint(publication string) string { return fmt.Sprintf("%d %s", layout, publication) }

// checkTables says what is wrong with the tables, all together.
func checkTables(tables []Table) error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(tables) == 0 {
		wrong("no table to follow")
	}
	codes := map[string]bool{}
	names := map[string]bool{}
	for _, t := range tables {
		if names[t.Name] {
			wrong("table %s is there twice", t.Name)
		}
		names[t.Name] = true
		if t.Codes {
			codes[t.Name] = true
			if i := t.column(codeColumn); i < 0 || t.Columns[i].Type != Text {
				wrong("code table %s has no text column %q", t.Name, codeColumn)
			}
		}
	}
	for _, t := range tables {
		if len(t.Key) == 0 {
			wrong("table %s has no key", t.Name)
		}
		for _, k := range t.Key {
			if t.column(k) < 0 {
				wrong("table %s: key column %s is not among its columns", t.Name, k)
			}
		}
		if len(t.Columns) > 64 {
			wrong("table %s has more than 64 fact columns", t.Name)
		}
		for _, c := range t.Columns {
			switch {
			case c.Type < Int16 || c.Type > Code:
				wrong("column %s.%s has no type", t.Name, c.Name)
			case c.Type == Code && !codes[c.Codes]:
				wrong("column %s.%s refers to code table %q, which is not followed", t.Name, c.Name, c.Codes)
			case c.Type == Decimal && (c.Precision < 1 || c.Precision > 18 || c.Scale < 0 || c.Scale > c.Precision):
				wrong("column %s.%s: decimal(%d,%d) is not supported (up to 18 digits)", t.Name, c.Name, c.Precision, c.Scale)
			}
		}
	}
	return errors.Join(errs...)
}

func pointers(tables []Table) []*Table {
	all := make([]*Table, len(tables))
	for i := range tables {
		all[i] = &tables[i]
	}
	return all
}

func (t *Table) column(name string) int {
	return slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
}

// dateInKey says whether changed rows can be searched within bounds of dates.
func (t *Table) dateInKey() bool {
	i := t.column(t.DateColumn)
	return i >= 0 && t.Columns[i].Type == Date && slices.Contains(t.Key, t.DateColumn)
}

// list is the quoted columns, comma separated, each behind the prefix.
func (t *Table) list(prefix string) string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = prefix + quote(c.Name)
	}
	return strings.Join(names, ", ")
}

// same is the condition that two aliases' keys are equal.
func (t *Table) same(a, b string) string {
	parts := make([]string, len(t.Key))
	for i, k := range t.Key {
		parts[i] = a + "." + quote(k) + " = " + b + "." + quote(k)
	}
	return strings.Join(parts, " AND ")
}

// sqlType is the column's type in DuckDB.
func (c *Column) sqlType(d *dictionaries) string {
	switch c.Type {
	case Int16:
		return "SMALLINT"
	case Int32:
		return "INTEGER"
	case Int64:
		return "BIGINT"
	case Bool:
		return "BOOLEAN"
	case Date:
		return "DATE"
	case Decimal:
		return fmt.Sprintf("DECIMAL(%d,%d)", c.Precision, c.Scale)
	case Timestamp:
		return "TIMESTAMPTZ"
	case Code:
		return d.enum(c.Codes)
	}
	return "VARCHAR"
}

// create is the statement that makes a relation with the table's columns.
func (t *Table) create(relation string, d *dictionaries, more ...string) string {
	parts := make([]string, 0, len(t.Columns)+len(more))
	for i := range t.Columns {
		parts = append(parts, quote(t.Columns[i].Name)+" "+t.Columns[i].sqlType(d))
	}
	return relation + " (" + strings.Join(append(parts, more...), ", ") + ")"
}

// quote makes an identifier of either database.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// literal makes a string constant of either database.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
