package intake_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onevision/records/intake"
)

func TestAFolderOfFiles(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 1)
	dir := t.TempDir()
	f := &intake.Folder{Importer: h.Importer, Path: filepath.Join(dir, "in"), Look: time.Millisecond, Log: slog.New(slog.DiscardHandler)}
	if err := f.Prepare(); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(f.Path, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	look := func() {
		t.Helper()
		if err := f.Once(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	there := func(names ...string) {
		t.Helper()
		for _, name := range names {
			if _, err := os.Stat(filepath.Join(f.Path, name)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	marks := marksHeader + "8734001," + h.upns[0] + ",2026-11-02,AM,/,\n"
	write("a-marks.csv", marks+"8734001,"+upn(9)+",2026-11-02,AM,/,\n8734001,"+upn(9)+",2026-11-32,AM,/,\n") // of a pupil who comes with the other file
	write("pupils.csv", pupilLines+upn(9)+",New,Child,2012-01-31,M,8734001,9,2024-09-03,,,,,\r\n")
	write("letter.docx.csv", "Dear Sir\nor Madam\n")
	write("half.csv.part", marks)
	write(".hidden.csv", marks)
	look()
	there("a-marks.csv", "pupils.csv", "letter.docx.csv")                                              // seen once only
	write("pupils.csv", pupilLines+upn(9)+",New,Child,2012-01-31,M,8734001,9,2024-09-03,,WBRI,,,\r\n") // it grew
	look()
	there("done/a-marks.csv", "done/a-marks.csv.report.txt", "done/a-marks.csv.rejects.csv", "pupils.csv", "failed/letter.docx.csv", "failed/letter.docx.csv.report.txt")
	look()
	there("done/pupils.csv", "half.csv.part", ".hidden.csv")
	text, err := os.ReadFile(filepath.Join(f.Path, "done/a-marks.csv.report.txt"))
	if err != nil || !strings.Contains(string(text), "3 rows: 1 added") || !strings.Contains(string(text), "line 4, column date") {
		t.Errorf("the report: %s, %v", text, err)
	}
	// The same file again: nothing changes, and the first report stays.
	versions := h.count(`SELECT sum(version) FROM attendance`)
	write("a-marks.csv", marks)
	look()
	look()
	there("done/a-marks-2.csv", "done/a-marks-2.csv.report.txt")
	if h.count(`SELECT sum(version) FROM attendance`) != versions {
		t.Error("a file that came twice changed a mark")
	}
	// Files that come together are taken in the order in which they need each other.
	write("1-marks.csv", marksHeader+"8734001,"+upn(10)+",2026-11-02,AM,/,\n")
	write("2-pupils.csv", pupilLines+upn(10)+",Newer,Child,2012-02-28,M,8734001,9,2024-09-03,,,,,\r\n")
	look()
	look()
	there("done/1-marks.csv", "done/2-pupils.csv")
	if n := h.count(`SELECT count(*) FROM attendance a JOIN child c ON c.id = a.child_id WHERE c.upn = $1`, upn(10)); n != 1 {
		t.Errorf("%d marks of the pupil who came with them", n)
	}
	// A file that cannot be imported now stays.
	h.pool.Close()
	write("later.csv", marks)
	_ = f.Once(context.Background())
	if err := f.Once(context.Background()); err == nil {
		t.Error("no error without a record store")
	}
	there("later.csv")
}

// What is still written to is not read.
func TestAFolderWaitsForAFileToSettle(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 1)
	f := &intake.Folder{Importer: h.Importer, Path: t.TempDir(), Settle: time.Hour, Log: slog.New(slog.DiscardHandler)}
	if err := f.Prepare(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(f.Path, "marks.csv")
	if err := os.WriteFile(path, []byte(marksHeader+"8734001,"+h.upns[0]+",2026-11-02,AM,/,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := f.Once(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); err != nil {
		t.Error("a file that was written to a moment ago was read")
	}
	old := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := f.Once(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(f.Path, "done", "marks.csv")); err != nil {
		t.Error(err)
	}
}

// A file at which the import always ends early is tried some times, further and
// further apart, and then moved away with a report that says so; one that came while
// the record store could not be reached is not.
func TestAFileThatAlwaysFailsIsNotTriedForEver(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 1)
	f := &intake.Folder{Importer: h.Importer, Path: t.TempDir(), Look: time.Millisecond, Log: slog.New(slog.DiscardHandler)}
	if err := f.Prepare(); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{`CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken' USING ERRCODE = 'XX001'; END $$`,
		`CREATE TRIGGER broken BEFORE INSERT ON attendance FOR EACH ROW EXECUTE FUNCTION broken()`} {
		if _, err := h.admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(f.Path, "marks.csv")
	if err := os.WriteFile(file, []byte(marksHeader+"8734001,"+h.upns[0]+",2026-11-02,AM,/,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tries := 0
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		if err := f.Once(t.Context()); err != nil {
			tries++
		}
		if _, err := os.Stat(file); err != nil {
			break
		}
	}
	text, err := os.ReadFile(filepath.Join(f.Path, "failed", "marks.csv.report.txt"))
	if err != nil || tries != 8 || !strings.Contains(string(text), "ended early 8 times") {
		t.Errorf("%d tries, %s, %v", tries, text, err)
	}
}
