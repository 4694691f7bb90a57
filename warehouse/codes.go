// Code tables as ENUM types: which codes each table has, in which order.

package warehouse

import (
	"fmt"
	"slices"
	"strings"
)

// dictionaries are the codes of each code table, in the order of the ENUM
// types made from them. They only grow: a code that PostgreSQL has dropped is
// used by no row, and an ENUM cannot shrink.
type dictionaries struct {
	codes map[string][]string
	known map[string]map[string]bool
}

func newDictionaries() *dictionaries {
	return &dictionaries{codes: map[string][]string{}, known: map[string]map[string]bool{}}
}

// add appends a code to a code table's dictionary and says whether it is new.
func (d *dictionaries) add(table, code string) bool {
	if d.known[table][code] {
		return false
	}
	if d.known[table] == nil {
		d.known[table] = map[string]bool{}
	}
	d.known[table][code] = true
	d.codes[table] = append(d.codes[table], code)
	return true
}

// read adds the codes of a code table that lies in a relation of schema facts,
// in their own order if they have one: it becomes the ENUM's, by which DuckDB
// sorts.
func (d *dictionaries) read(from *duck, t *Table, relation string) error {
	order := quote(codeColumn)
	if i := t.column("position"); i >= 0 {
		order = quote("position") + ", " + order
	}
	codes, err := from.texts("/* dictionaries.read */ SELECT " + quote(codeColumn) + " FROM facts." + quote(relation) + " ORDER BY " + order)
	if err != nil {
		return fmt.Errorf("read the codes of %s: %w", t.Name, err)
	}
	for _, code := range codes {
		d.add(t.Name, code)
	}
	return nil
}

// clone is an independent copy, for a transaction that may not commit.
func (d *dictionaries) clone() *dictionaries {
	c := newDictionaries()
	for table, codes := range d.codes {
		c.codes[table] = slices.Clone(codes)
		c.known[table] = map[string]bool{}
		for _, code := range codes {
			c.known[table][code] = true
		}
	}
	return c
}

// enum is the ENUM type of a code table's codes. It has no name of its own:
// a column's type is widened by giving the column a new one. DuckDB refuses an
// ENUM without values, so an empty code table has one that no code can be.
func (d *dictionaries) enum(table string) string {
	codes := d.codes[table]
	if len(codes) == 0 {
		codes = []string{""}
	}
	parts := make([]string, len(codes))
	for i, code := range codes {
		parts[i] = literal(code)
	}
	return "ENUM(" + strings.Join(parts, ", ") + ")"
}
