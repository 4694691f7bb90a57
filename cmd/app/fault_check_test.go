package app_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
)

// file writes another file: a mark for both sessions of every slot.
func (f *fault) file() {
	f.Helper()
	var b strings.Builder
	b.WriteString("laestab,upn,date,session,code,minutes_late\n")
	f.wanted = map[string]string{}
	for _, s := range f.own {
		for _, session := range []string{"AM", "PM"} {
			code := codes[f.rng.IntN(len(codes))]
			fmt.Fprintf(&b, "%s,%s,%s,%s,%s,\n", s.laestab, s.upn, s.date, session, code)
			f.wanted[s.laestab+" "+s.upn+" "+s.date+" "+session] = code
		}
	}
	if err := os.WriteFile(f.path, []byte(b.String()), 0o600); err != nil {
		f.Fatal(err)
	}
}

// imported imports the file again, which completes it, and once more, which
// changes nothing.
func (f *fault) imported() {
	f.Helper()
	f.Must("import", "attendance", f.path)
	var report struct{ Rows, Unchanged int }
	if err := json.Unmarshal([]byte(f.Must("import", "attendance", "--json", f.path)), &report); err != nil {
		f.Fatal(err)
	}
	if report.Rows != len(f.wanted) || report.Unchanged != report.Rows {
		f.Errorf("the same file again: %d rows of %d, %d already there", report.Rows, len(f.wanted), report.Unchanged)
	}
}

// filed: the marks of Saturdays are exactly the file's, and each version of a
// row was kept once.
func (f *fault) filed(admin *pgxpool.Pool) {
	f.Helper()
	rows, err := admin.Query(f.Context(), `SELECT s.laestab || ' ' || c.upn || ' ' || a.date, coalesce(a.am, ''), coalesce(a.pm, ''), a.version, coalesce(past.lines, 0)
		FROM attendance a JOIN child c ON c.id = a.child_id JOIN school s ON s.id = a.school_id
		LEFT JOIN (SELECT id, count(*) AS lines FROM attendance_history GROUP BY id) past ON past.id = a.id
		WHERE extract(isodow FROM a.date) = 6`)
	if err != nil {
		f.Fatal(err)
	}
	defer rows.Close()
	found := 0
	for rows.Next() {
		var key, am, pm string
		var version, history int
		if err := rows.Scan(&key, &am, &pm, &version, &history); err != nil {
			f.Fatal(err)
		}
		if am != f.wanted[key+" AM"] || pm != f.wanted[key+" PM"] || version != history+1 {
			f.Errorf("%s is %s %s in version %d with %d before it; the file says %s %s", key, am, pm, version, history, f.wanted[key+" AM"], f.wanted[key+" PM"])
		}
		found++
	}
	if rows.Err() != nil || 2*found != len(f.wanted) {
		f.Errorf("%d days of Saturdays for %d marks of the file: %v", found, len(f.wanted), rows.Err())
	}
}

// acknowledged: every record is there once as it was acknowledged, with each
// version before it and an audit line for each change; and no other was made.
func (f *fault) acknowledged(admin *pgxpool.Pool) {
	f.Helper()
	want, created := map[string]*kept{}, 0
	var ids []string
	for _, w := range f.writers {
		for _, r := range w.records {
			if other := want[r.id]; other != nil {
				f.Errorf("record %s was acknowledged twice: %+v and %+v", r.id, *other, *r)
			}
			want[r.id] = r
			ids = append(ids, r.id)
			if r.created {
				created++
			}
		}
	}
	rows, err := admin.Query(f.Context(), `WITH
		past AS (SELECT id, count(*) AS lines, count(DISTINCT version) AS versions FROM attendance_history WHERE id = ANY($1::bigint[]) GROUP BY id),
		told AS (SELECT record_id AS id, count(*) FILTER (WHERE action = 'create') AS creates, count(*) FILTER (WHERE action = 'correct') AS corrects
			FROM audit WHERE kind = 'attendance' AND record_id = ANY($1::bigint[]) GROUP BY record_id)
		SELECT a.id::text, c.public_id::text, a.date::text, coalesce(a.am, ''), coalesce(a.pm, ''), a.version,
			coalesce(past.versions, 0), coalesce(past.lines, 0), coalesce(told.creates, 0), coalesce(told.corrects, 0)
		FROM attendance a JOIN child c ON c.id = a.child_id LEFT JOIN past ON past.id = a.id LEFT JOIN told ON told.id = a.id
		WHERE a.id = ANY($1::bigint[])`, ids)
	if err != nil {
		f.Fatal(err)
	}
	defer rows.Close()
	found := 0
	for ; rows.Next(); found++ {
		var is kept
		var versions, history, creates, corrects int
		if err := rows.Scan(&is.id, &is.child, &is.date, &is.am, &is.pm, &is.version, &versions, &history, &creates, &corrects); err != nil {
			f.Fatal(err)
		}
		r := want[is.id]
		delete(want, is.id)
		if is.child != r.child || is.date != r.date || is.am != r.am || is.pm != r.pm || is.version != r.version {
			f.Errorf("record %s is %+v, and was acknowledged as %+v", is.id, is, *r)
		}
		if changes := r.version - r.first; versions != changes || history != changes || corrects != changes || (creates == 1) != r.created {
			f.Errorf("record %s of %d changes has %d versions in %d lines of history, and %d and %d audit lines", is.id, changes, versions, history, creates, corrects)
		}
	}
	if rows.Err() != nil {
		f.Fatal(rows.Err())
	}
	for id, r := range want {
		f.Errorf("record %s is not there, and was acknowledged as %+v", id, *r)
	}
	var sundays int
	if err := admin.QueryRow(f.Context(), `SELECT count(*) FROM attendance WHERE extract(isodow FROM date) = 7`).Scan(&sundays); err != nil {
		f.Fatal(err)
	}
	if sundays != created {
		f.Errorf("%d records were made, and %d acknowledged", sundays, created)
	}
}
