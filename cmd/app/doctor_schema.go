package app

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"onevision/records"
	"onevision/records/schema"
)

const nextStart = "onevision serve" // brings the schema up to date when it starts

func (d Doctor) roles(ctx context.Context, conn *pgx.Conn, e *Examination) error {
	rows, _ := conn.Query(ctx, `/* app.Doctor.roles */ SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolreplication FROM pg_roles WHERE rolname = ANY ($1)`,
		[]string{schema.Owner, schema.App, schema.Follower})
	type role struct{ login, super, bypass, replication bool }
	there := map[string]role{}
	var name string
	var r role
	if _, err := pgx.ForEachRow(rows, []any{&name, &r.login, &r.super, &r.bypass, &r.replication}, func() error { there[name] = r; return nil }); err != nil {
		return err
	}
	well := true
	for _, want := range []struct {
		name string
		role
		statement string
	}{
		{schema.Owner, role{}, "NOLOGIN NOSUPERUSER NOBYPASSRLS NOREPLICATION"},
		{schema.App, role{login: true}, "LOGIN NOSUPERUSER NOBYPASSRLS NOREPLICATION"},
		{schema.Follower, role{login: true, replication: true}, "LOGIN NOSUPERUSER NOBYPASSRLS REPLICATION"},
	} {
		is, ok := there[want.name]
		if !ok {
			e.lacks("roles", nextStart, "%s is not there; the next start makes it", want.name)
		} else if is != want.role {
			e.lacks("roles", "ALTER ROLE "+want.name+" "+want.statement+";", "%s has other rights than it should (%s)", want.name, want.statement)
		}
		well = well && ok && is == want.role
	}
	if well {
		e.fine("roles", "%s, %s and %s are as they should be", schema.Owner, schema.App, schema.Follower)
	}
	return nil
}

// tables looks whether every table of this release is there.
func (d Doctor) tables(ctx context.Context, conn *pgx.Conn, e *Examination) error {
	rows, _ := conn.Query(ctx, `/* app.Doctor.tables */ SELECT name FROM unnest($1::text[]) name WHERE to_regclass('public.' || quote_ident(name)) IS NULL ORDER BY name`, factTables())
	missing, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		e.lacks("schema", nextStart, "it is older than this program: %s not there; the next start brings it up to date", are(missing))
		return nil
	}
	e.fine("schema", "every table of this release is there")
	return nil
}

func factTables() (names []string) {
	for _, f := range records.Facts() {
		names = append(names, f.Name)
	}
	return names
}

func are(names []string) string {
	if len(names) == 1 {
		return names[0] + " is"
	}
	return strings.Join(names, ", ") + " are"
}

// publication compares what the warehouse is sent, and may read, with the facts
// that the kinds of record declare: no column fewer, and none more, since all
// the others are what makes a person known.
func (d Doctor) publication(ctx context.Context, conn *pgx.Conn, e *Examination) error {
	const subject = "publication"
	name := schema.Publication
	var root, every bool
	err := conn.QueryRow(ctx, `/* app.Doctor.publication */ SELECT pubviaroot, pubinsert AND pubupdate AND pubdelete AND pubtruncate FROM pg_publication WHERE pubname = $1`, name).Scan(&root, &every)
	if err == pgx.ErrNoRows {
		e.lacks(subject, "CREATE PUBLICATION "+name+" FOR TABLE "+published(nil)+" WITH (publish = 'insert, update, delete, truncate', publish_via_partition_root = true);", "there is no %s", name)
		return nil
	}
	if err != nil {
		return err
	}
	if !root || !every {
		e.lacks(subject, "ALTER PUBLICATION "+name+" SET (publish = 'insert, update, delete, truncate', publish_via_partition_root = true);", "%s does not send every operation by way of a table's root", name)
	}
	sent, err := columnsOf(ctx, conn, `/* app.Doctor.publication */ SELECT t.tablename::text, a.name::text FROM pg_publication_tables t, unnest(t.attnames) a (name)
		WHERE t.pubname = $1 AND t.schemaname = 'public'`, name)
	if err != nil {
		return err
	}
	read, err := columnsOf(ctx, conn, `/* app.Doctor.publication */ SELECT c.relname::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
		AND c.relname NOT IN ('follow_epoch', 'installation') AND has_column_privilege($1, c.oid, a.attnum, 'SELECT')`, schema.Follower)
	if err != nil {
		return err
	}
	there, err := columnsOf(ctx, conn, `/* app.Doctor.publication */ SELECT c.relname::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped`, factTables())
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	var gone []string
	for _, f := range records.Facts() {
		for _, c := range f.Columns {
			if there[f.Name+"."+c.Name] {
				wanted[f.Name+"."+c.Name] = true
			} else if there[f.Name+"."+f.Key[0]] { // else the whole table is not there, and tables says so
				gone = append(gone, f.Name+"."+c.Name)
			}
		}
	}
	if len(gone) > 0 {
		e.lacks("columns", "", "the record store has no column %s: it is of another release than the program, or somebody dropped it; restore it from a backup, or run the program of its release", strings.Join(gone, ", "))
	}
	missing, extra := differences(wanted, sent)
	if len(missing)+len(extra) > 0 {
		e.lacks(subject, "ALTER PUBLICATION "+name+" SET TABLE "+published(there)+";", "%s disagrees with the kinds of record:%s%s", name, listed(" it lacks ", missing), listed(" it sends, and should not, ", extra))
	} else if root && every {
		e.fine(subject, "%s sends the facts of every kind, and nothing else", name)
	}
	unread, overread := differences(wanted, read)
	for _, grant := range []struct {
		columns         []string
		verb, word, who string
	}{
		{unread, "GRANT", "may not read", " TO "},
		{overread, "REVOKE", "may read, and should not,", " FROM "},
	} {
		if len(grant.columns) > 0 {
			e.lacks("the follower's rights", statements(grant.verb, grant.who, grant.columns), "%s %s %s", schema.Follower, grant.word, strings.Join(grant.columns, ", "))
		}
	}
	return nil
}

func columnsOf(ctx context.Context, conn *pgx.Conn, query string, arg any) (map[string]bool, error) {
	rows, _ := conn.Query(ctx, query, arg)
	found := map[string]bool{}
	var table, column string
	_, err := pgx.ForEachRow(rows, []any{&table, &column}, func() error { found[table+"."+column] = true; return nil })
	return found, err
}

func differences(want, is map[string]bool) (missing, extra []string) {
	for c := range want {
		if !is[c] {
			missing = append(missing, c)
		}
	}
	for c := range is {
		if !want[c] {
			extra = append(extra, c)
		}
	}
	slices.Sort(missing)
	slices.Sort(extra)
	return missing, extra
}

func listed(lead string, columns []string) string {
	if len(columns) == 0 {
		return ""
	}
	return lead + strings.Join(columns, ", ") + ";"
}

// published is what the publication should send, of the columns that are there.
func published(there map[string]bool) string {
	var tables []string
	for _, f := range records.Facts() {
		var columns []string
		for _, c := range f.Columns {
			if there == nil || there[f.Name+"."+c.Name] {
				columns = append(columns, pgx.Identifier{c.Name}.Sanitize())
			}
		}
		if len(columns) > 0 {
			tables = append(tables, pgx.Identifier{f.Name}.Sanitize()+" ("+strings.Join(columns, ", ")+")")
		}
	}
	return strings.Join(tables, ", ")
}

// statements grant or revoke the reading of columns. A right on a whole table
// is taken away whole, and then the facts are given back.
func statements(verb, who string, columns []string) string {
	byTable := map[string][]string{}
	var tables []string
	for _, c := range columns {
		table, column, _ := strings.Cut(c, ".")
		if byTable[table] == nil {
			tables = append(tables, table)
		}
		byTable[table] = append(byTable[table], pgx.Identifier{column}.Sanitize())
	}
	facts := map[string][]string{}
	for _, f := range records.Facts() {
		for _, c := range f.Columns {
			facts[f.Name] = append(facts[f.Name], pgx.Identifier{c.Name}.Sanitize())
		}
	}
	var all []string
	for _, t := range tables {
		table := pgx.Identifier{t}.Sanitize()
		if verb == "GRANT" {
			all = append(all, "GRANT SELECT ("+strings.Join(byTable[t], ", ")+") ON "+table+who+schema.Follower+";")
			continue
		}
		all = append(all, "REVOKE SELECT ON "+table+who+schema.Follower+";", "REVOKE SELECT ("+strings.Join(byTable[t], ", ")+") ON "+table+who+schema.Follower+";")
		if len(facts[t]) > 0 {
			all = append(all, "GRANT SELECT ("+strings.Join(facts[t], ", ")+") ON "+table+" TO "+schema.Follower+";")
		}
	}
	return strings.Join(all, "\n")
}

// rowSecurity looks whether row-level security stands on every kind of record, its
// history and its partitions, and that the program has no way round it.
func (d Doctor) rowSecurity(ctx context.Context, conn *pgx.Conn, e *Examination) error {
	const subject = "row-level security"
	var kinds []string
	for _, k := range records.Kinds() {
		kinds = append(kinds, k.Table, k.Table+"_history")
	}
	rows, _ := conn.Query(ctx, `/* app.Doctor.rowSecurity */
		WITH RECURSIVE kind AS (
			SELECT to_regclass('public.' || quote_ident(name))::oid AS oid, false AS part FROM unnest($1::text[]) name
			UNION ALL SELECT i.inhrelid, true FROM pg_inherits i JOIN kind k ON i.inhparent = k.oid)
		SELECT c.relname::text, c.relrowsecurity, k.part AND has_any_column_privilege($2, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
		FROM kind k JOIN pg_class c ON c.oid = k.oid WHERE NOT c.relrowsecurity OR k.part AND has_any_column_privilege($2, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
		ORDER BY c.relname`, kinds, schema.App)
	var open, round []string
	var name string
	var on, way bool
	if _, err := pgx.ForEachRow(rows, []any{&name, &on, &way}, func() error {
		if !on {
			open = append(open, name)
		}
		if way {
			round = append(round, name)
		}
		return nil
	}); err != nil {
		return err
	}
	if len(open) > 0 {
		e.lacks(subject, each("ALTER TABLE ", open, " ENABLE ROW LEVEL SECURITY;"), "it is off for %s: the program could read what its viewer may not", strings.Join(open, ", "))
	}
	if len(round) > 0 {
		e.lacks(subject, each("REVOKE ALL ON ", round, " FROM "+schema.App+";"), "%s may use %s, which goes round the row-level security of attendance", schema.App, strings.Join(round, ", "))
	}
	if len(open)+len(round) == 0 {
		e.fine(subject, "it is on for every kind of record, and there is no way round it")
	}
	return nil
}

func each(before string, tables []string, after string) string {
	var all []string
	for _, t := range tables {
		all = append(all, before+pgx.Identifier{t}.Sanitize()+after)
	}
	return strings.Join(all, "\n")
}

// guards looks at the event triggers that keep partitions from being dropped
// behind the warehouse's back.
func (d Doctor) guards(ctx context.Context, conn *pgx.Conn, e *Examination) error {
	rows, _ := conn.Query(ctx, `/* app.Doctor.guards */ SELECT name, t.oid IS NOT NULL FROM unnest(ARRAY['guard_partitions_drop', 'guard_partitions_alter']) name
		LEFT JOIN pg_event_trigger t ON t.evtname = name WHERE t.oid IS NULL OR t.evtenabled NOT IN ('O', 'A')`)
	var name string
	var there bool
	well := true
	_, err := pgx.ForEachRow(rows, []any{&name, &there}, func() error {
		well = false
		if there {
			e.lacks("guard of the partitions", "ALTER EVENT TRIGGER "+name+" ENABLE;", "%s is switched off", name)
		} else {
			e.lacks("guard of the partitions", nextStart, "%s is not there; the next start makes it", name)
		}
		return nil
	})
	if well && err == nil {
		e.fine("guard of the partitions", "it is on")
	}
	return err
}
