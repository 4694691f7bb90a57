package county_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"onevision/access"
	"onevision/records"
	"onevision/records/county"
	"onevision/records/intake"
	_ "onevision/records/intake/ssda903"
	"onevision/records/postgres/postgrestest"
)

// The county written out as files and imported again is the same county: over
// what is there nothing changes, and what was taken out comes back.
func TestFilesGiveTheSameCounty(t *testing.T) {
	adminURL := postgrestest.Template(t, counted)
	conn := admin(t, adminURL)
	write := func() []county.File {
		t.Helper()
		files, err := county.WriteFiles(t.Context(), adminURL, county.FilesOptions{Dir: t.TempDir(), HalfTerms: 2, Store: records.NewStore(program(t, adminURL), noon), Today: noon()})
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	files := write()
	importer := &intake.Importer{Store: records.NewStore(program(t, adminURL), noon), Pool: program(t, adminURL), Now: noon}
	v := access.System(access.Importing)
	all := func() (wrote int64) {
		t.Helper()
		for _, f := range files {
			report, err := importer.ImportFile(t.Context(), v, f.Format, f.Path, intake.Options{})
			if err != nil {
				t.Fatalf("%s: %v", f.Path, err)
			}
			if report.Rows != f.Rows || f.Rows == 0 || report.Added+report.Changed+report.Unchanged != f.Rows {
				t.Errorf("%s of %d rows: %+v", f.Path, f.Rows, report)
			}
			wrote += report.Added + report.Changed
		}
		return wrote
	}
	if n := all(); n != 0 {
		t.Errorf("%d rows of the county are new to it", n)
	}
	before := summed(t, conn)
	out := `DELETE FROM attendance WHERE date >= (SELECT first_day FROM half_term WHERE first_day < '2026-11-22' ORDER BY first_day DESC OFFSET 1 LIMIT 1); DELETE FROM ks4_result; `
	for _, k := range slices.Backward(records.Kinds()) { // what belongs to a looked-after period goes before it
		if slices.ContainsFunc(k.Fields, func(f records.Field) bool { return f.Ref == "looked-after-period" }) {
			out += "DELETE FROM " + k.Table + "; "
		}
	}
	_, err := conn.Exec(t.Context(), out+`DELETE FROM looked_after_period`)
	if err != nil {
		t.Fatal(err)
	}
	if without := summed(t, conn); without == before {
		t.Fatal("nothing was taken out")
	}
	// The returns just read tell of these years already, and an earlier year's does
	// not say again what a later one's has said: undone, they count no more.
	if _, err := conn.Exec(t.Context(), `UPDATE batch SET undone_at = now(), undone_by = 0`); err != nil {
		t.Fatal(err)
	}
	if n := all(); n == 0 {
		t.Error("nothing came back")
	}
	if after := summed(t, conn); after != before {
		t.Errorf("the county is %s, and as imported %s", before, after)
	}
	// What was in care before the first return, and came after the last, is in
	// none: so the returns are compared.
	for i, again := range write() {
		if f := files[i]; strings.HasPrefix(f.Format, "ssda903") && !bytes.Equal(read(t, f.Path), read(t, again.Path)) {
			t.Errorf("%s, written again after it was imported, is another", f.Path)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// summed is a checksum over the marks and results, without what differs each
// time that a row is made.
func summed(t *testing.T, conn *pgx.Conn) (sum string) {
	t.Helper()
	err := conn.QueryRow(t.Context(), `
		SELECT (SELECT count(*) || ' ' || sum(hashtextextended(format('%s %s %s %s %s %s %s', child_id, school_id, date, am, pm, am_minutes, pm_minutes), 0)) FROM attendance)
		    || ' ' || (SELECT coalesce(sum(hashtextextended(format('%s %s %s %s %s %s', child_id, school_id, year, attainment8, english_grade, maths_grade), 0)), 0) FROM ks4_result)`).Scan(&sum)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestOnlyADemoCountyIsWrittenOut(t *testing.T) {
	dir := t.TempDir()
	_, err := county.WriteFiles(t.Context(), postgrestest.New(t), county.FilesOptions{Dir: dir})
	if !errors.Is(err, county.ErrNotDemo) {
		t.Errorf("a record store of real children: %v", err)
	}
	if there, _ := os.ReadDir(dir); len(there) > 0 {
		t.Error("and a file was written")
	}
}
