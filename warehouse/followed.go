// What a file says of the tables in it, and which of them must be loaded again because
// a release or an error changed them.

package warehouse

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// followedTable holds, for each table of the file that can be followed, what it
// looks like. A table that is not in it must be loaded again before it can be.
const followedTable = `CREATE TABLE warehouse.followed (name VARCHAR, definition VARCHAR)`

// definition is a table's own as text.
func (t *Table) definition() string {
	b, err := json.Marshal(t)
	if err != nil {
		panic(err) // plain values cannot fail
	}
	return string(b)
}

// note is the statement that notes a table as one that can be followed.
func (t *Table) note() string {
	return "/* Table.note */ INSERT INTO warehouse.followed VALUES (" + literal(t.Name) + ", " + literal(t.definition()) + ")"
}

// stale is a table that must be loaded again: its changes are not applied
// meanwhile, and what readers see of it is older than the rest.
type stale struct {
	table  *Table
	reason string
}

// adapt makes an existing file one of these tables: those that a release left
// out go, and columns that it left out; those that are new, or have other
// columns, are stale.
func (b *build) adapt(ctx context.Context, conn *sql.Conn, tables []Table) error {
	were, err := readFollowed(ctx, conn)
	if err != nil {
		return err
	}
	var statements []string
	b.tables, b.ordered, b.stale = map[string]*Table{}, nil, nil
	for _, t := range pointers(tables) {
		was := were[t.Name]
		delete(were, t.Name)
		if was == nil {
			b.stale = append(b.stale, stale{t, "it is not in the file, or not as it should be"})
			continue
		}
		dropped, only := was.narrowedTo(t)
		if !only {
			b.stale = append(b.stale, stale{t, "it has other columns than before"})
			continue
		}
		b.tables[t.Name] = t
		b.ordered = append(b.ordered, t)
		if t.definition() == was.definition() {
			continue
		}
		for _, name := range dropped {
			statements = append(statements, "ALTER TABLE facts."+quote(t.Name)+" DROP COLUMN "+quote(name))
		}
		statements = append(statements, forget(t.Name), t.note())
	}
	for _, name := range slices.Sorted(maps.Keys(were)) {
		statements = append(statements, "DROP TABLE facts."+quote(name), forget(name))
	}
	if len(statements) == 0 {
		return nil
	}
	if err := b.raw.transaction(statements...); err != nil {
		return fmt.Errorf("leave out what is not followed any more: %w", err)
	}
	return nil
}

func forget(table string) string {
	return "/* build.forget */ DELETE FROM warehouse.followed WHERE name = " + literal(table)
}

func readFollowed(ctx context.Context, conn *sql.Conn) (map[string]*Table, error) {
	rows, err := conn.QueryContext(ctx, "/* build.readFollowed */ SELECT name, definition FROM warehouse.followed")
	if err != nil {
		return nil, fmt.Errorf("read what the file follows: %w", err)
	}
	defer rows.Close()
	all := map[string]*Table{}
	for rows.Next() {
		var name, definition string
		if err := rows.Scan(&name, &definition); err != nil {
			return nil, fmt.Errorf("read what the file follows: %w", err)
		}
		t := &Table{}
		if err := json.Unmarshal([]byte(definition), t); err != nil {
			return nil, fmt.Errorf("read what the file follows: %s: %w", name, err)
		}
		all[name] = t
	}
	return all, rows.Err()
}

// narrowedTo says whether a table differs from another one only in columns that
// the other has not, and which these are.
func (t *Table) narrowedTo(other *Table) (dropped []string, only bool) {
	rest := *t
	rest.Columns = nil
	for _, c := range t.Columns {
		if other.column(c.Name) < 0 {
			dropped = append(dropped, c.Name)
			continue
		}
		rest.Columns = append(rest.Columns, c)
	}
	return dropped, rest.definition() == other.definition()
}

// invalidate takes a table from those that are followed, for good: after a crash it
// is known that it must be loaded again.
func (b *build) invalidate(table, reason string) error {
	t := b.tables[table]
	if err := b.raw.exec(forget(table)); err != nil {
		return fmt.Errorf("note that %s must be loaded again: %w", table, err)
	}
	delete(b.tables, table)
	b.ordered = slices.DeleteFunc(b.ordered, func(o *Table) bool { return o == t })
	b.stale = append(b.stale, stale{t, reason})
	return nil
}

// restored makes stale tables ones that are followed.
func (b *build) restored(tables []*Table, order []Table) {
	for _, t := range tables {
		b.tables[t.Name] = t
	}
	b.stale = slices.DeleteFunc(b.stale, func(s stale) bool { return b.tables[s.table.Name] != nil })
	b.ordered = nil
	for _, o := range order {
		if t := b.tables[o.Name]; t != nil {
			b.ordered = append(b.ordered, t)
		}
	}
}

// staleTables are the tables to load again, in words: attendance (it has other
// columns than before).
func (b *build) staleTables() []string {
	var words []string
	for _, s := range b.stale {
		words = append(words, s.table.Name+" ("+s.reason+")")
	}
	return words
}
