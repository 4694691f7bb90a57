package records_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"onevision/records"
)

// others are the tables that belong to no kind, with what they are.
var others = map[string]string{
	"installation":    "what this installation is",
	"follow_epoch":    "the follower's own",
	"migration":       "the migrations' own",
	"postcode_sector": "reference data, from which districts are derived",
	"postcode":        "reference data, from which districts are derived",
	"account":         "who may come in", "session": "who is in", "api_token": "who is in, as a program", "sign_in_attempt": "who tried", "known_device": "on which they were before", "account_identity": "who they are at the organisation's sign-in", "sign_in_begun": "who is on the way there",
	"reach": "who reaches which child", "restriction": "children who exist for the named few", "restriction_named": "and who these are", "break_glass": "who saw one child that was not theirs, and why",
	"name_word": "search", "child_name_word": "search",
	"responsibility": "who answers for what", "audit": "who did what", "audit_pending": "the chain of the audit", "audit_link": "the chain of the audit", "audit_head": "the chain of the audit",
	"change": "the changes feed", "change_pending": "the changes feed", "change_head": "the changes feed",
	"batch": "files in", "batch_change": "files in", "intake_unmatched": "files in",
	"extract_number":   "which record a row of another system's extract is",
	"care_return":      "of which days each return told",
	"stated_value":     "what each source says of what several tell of",
	"indicator_target": "what numbers are held against", "indicator_comparator": "what numbers are held against",
	"statutory_clock": "within how long what must be done",
	"alert":           "alerts", "leave": "who is away",
}

// own are prefixes of tables that other packages or libraries keep in numbers.
var own = []string{"api_", "alert_", "indicator_", "intake_", "published_", "dashboard_"}

type column struct {
	Name, Type string
	Null       bool
}

func columns(t *testing.T, conn *pgx.Conn, table string) map[string]column {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull
		FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`, table)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[column])
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]column{}
	for _, c := range list {
		m[c.Name] = c
	}
	return m
}

// published is the column list of each table in the publication, sorted.
func published(t *testing.T, conn *pgx.Conn) map[string][]string {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT tablename, attnames::text[] FROM pg_publication_tables WHERE pubname = 'onevision_facts'`)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string][]string{}
	var table string
	var names []string
	if _, err := pgx.ForEachRow(rows, []any{&table, &names}, func() error {
		m[table] = slices.Sorted(slices.Values(names))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return m
}

// references is the table that each column refers to by a foreign key of which
// it is the first column.
func references(t *testing.T, conn *pgx.Conn, table string) map[string][]string {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT a.attname, c.confrelid::regclass::text FROM pg_constraint c
		JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.contype = 'f' AND c.conrelid = $1::regclass`, table)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string][]string{}
	var name, to string
	if _, err := pgx.ForEachRow(rows, []any{&name, &to}, func() error {
		m[name] = append(m[name], to)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestKindsAgreeWithTheDatabase(t *testing.T) {
	t.Parallel()
	h := open(t)
	conn, err := pgx.Connect(t.Context(), h.admin)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	publication := published(t, conn)
	before := map[string]bool{}
	for _, k := range records.Kinds() {
		before[k.Name] = true
		db, refs := columns(t, conn, k.Table), references(t, conn, k.Table)
		want := map[string]column{
			"id": {"id", "bigint", false}, "version": {"version", "integer", false}, "recorded_at": {"recorded_at", "timestamp with time zone", false},
			"recorded_by": {"recorded_by", "bigint", false}, "source": {"source", "text", false}, "batch_id": {"batch_id", "bigint", true},
		}
		if k.PublicID {
			want["public_id"] = column{"public_id", "uuid", false}
		}
		var facts []string
		for _, f := range k.Fields {
			want[f.Column] = column{f.Column, f.ColumnType(), !f.Required && f.Go.Kind() != reflect.Bool}
			if f.Fact {
				facts = append(facts, f.Column)
			}
			if f.Ref != "" && !before[f.Ref] {
				t.Errorf("%s comes before %s, to which it refers", k.Name, f.Ref)
			}
			if f.Private == f.Fact {
				t.Errorf("%s.%s is both or neither of private and fact", k.Name, f.Name)
			}
			to := f.Codes
			if f.Ref != "" {
				to = kind(f.Ref).Table
			}
			if to != "" && !slices.Contains(refs[f.Column], to) {
				t.Errorf("%s.%s refers to %q, its column to %q", k.Name, f.Name, to, refs[f.Column])
			}
			if to == "" && len(refs[f.Column]) > 0 && f.Column != "account_id" { // accounts are no kind
				t.Errorf("%s.%s refers to nothing, its column to %q", k.Name, f.Name, refs[f.Column])
			}
			if f.Doc == "" || f.Title == "" {
				t.Errorf("%s.%s is not described", k.Name, f.Name)
			}
		}
		if !maps.Equal(db, want) {
			t.Errorf("%s: the table has %v; the kind %v", k.Name, db, want)
		}
		if len(facts) > 0 {
			facts = append(facts, "id")
		}
		slices.Sort(facts)
		if !slices.Equal(publication[k.Table], facts) {
			t.Errorf("%s: published are %q; facts %q", k.Name, publication[k.Table], facts)
		}
		history := columns(t, conn, k.Table+"_history")
		for name, c := range db {
			if history[name].Type != c.Type {
				t.Errorf("%s_history.%s is %q; want %q", k.Table, name, history[name].Type, c.Type)
			}
		}
		if len(history) != len(db)+5 {
			t.Errorf("%s_history has %d columns; want those of %s and five", k.Table, len(history), k.Table)
		}
		delete(publication, k.Table)
	}
	for _, f := range records.Facts() { // what is left must be codes and reference data
		if _, ok := publication[f.Name]; ok {
			delete(publication, f.Name)
		}
	}
	if len(publication) > 0 {
		t.Errorf("published, and neither a kind nor known as a table of facts: %v", publication)
	}
}

func TestEveryTableBelongsToAKind(t *testing.T) {
	t.Parallel()
	h := open(t)
	known := maps.Clone(others)
	for _, k := range records.Kinds() {
		known[k.Table], known[k.Table+"_history"] = k.Name, k.Name
	}
	for _, f := range records.Facts() {
		known[f.Name] = "facts"
	}
	tables := value[[]string](h, `SELECT array_agg(relname::text) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`)
	for _, table := range tables {
		if known[table] == "" && !slices.ContainsFunc(own, func(p string) bool { return strings.HasPrefix(table, p) }) {
			t.Errorf("table %s belongs to no kind, and nothing says why", table)
		}
	}
	var partitioned []string
	for _, k := range records.Kinds() {
		if k.PartitionedBy != "" {
			partitioned = append(partitioned, k.Table)
		}
	}
	if left := value[[]string](h, `SELECT coalesce(array_agg(c.relname::text), '{}') FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent <> ALL ($1::regclass[]) AND c.relkind = 'r'`, partitioned); len(left) > 0 {
		t.Errorf("partitions of kinds that do not say that they are partitioned: %q", left)
	}
}

func TestFactsAgreeWithTheDatabase(t *testing.T) {
	t.Parallel()
	h := open(t)
	conn, err := pgx.Connect(t.Context(), h.admin)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	publication := published(t, conn)
	seen := map[string]bool{}
	for _, f := range records.Facts() {
		db := columns(t, conn, f.Name)
		var names []string
		for _, c := range f.Columns {
			names = append(names, c.Name)
			if db[c.Name] != (column{c.Name, c.Type, c.Null}) {
				t.Errorf("%s.%s is %v; want %v", f.Name, c.Name, db[c.Name], c)
			}
			if c.Codes != "" && !seen[c.Codes] {
				t.Errorf("%s.%s: its codes %s do not come before", f.Name, c.Name, c.Codes)
			}
		}
		if slices.Sort(names); !slices.Equal(names, publication[f.Name]) {
			t.Errorf("%s: facts %q; published %q", f.Name, names, publication[f.Name])
		}
		key := value[[]string](h, `SELECT array_agg(a.attname::text ORDER BY array_position(i.indkey, a.attnum)) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
			WHERE i.indrelid = $1::text::regclass AND i.indisprimary`, f.Name)
		if !slices.Equal(key, f.Key) {
			t.Errorf("%s: key %q; want %q", f.Name, f.Key, key)
		}
		if partitioned := value[bool](h, `SELECT relkind = 'p' FROM pg_class WHERE oid = $1::text::regclass`, f.Name); partitioned != f.Partitioned || partitioned != (f.DateColumn != "") {
			t.Errorf("%s: partitioned %t", f.Name, f.Partitioned)
		}
		seen[f.Name] = true
		delete(publication, f.Name)
	}
	if len(publication) > 0 {
		t.Errorf("published and not followed: %v", publication)
	}
}
