package intake_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/records"
	"onevision/records/intake"
	"onevision/records/postgres/postgrestest"
	"onevision/records/schema"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

const (
	marksHeader   = "laestab,upn,date,session,code,minutes_late\n"
	resultsHeader = "laestab,upn,year,attainment8,english_grade,maths_grade\n"
)

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// fixture is a record store with one school, and children on its roll.
type fixture struct {
	*intake.Importer
	t     testing.TB
	store *records.Store
	admin *pgx.Conn
	pool  *pgxpool.Pool
	upns  []string
}

func newFixture(t testing.TB, children int) *fixture {
	t.Helper()
	adminURL := postgrestest.New(t)
	accesstest.MustReachEveryChild(t, adminURL)
	url, err := schema.RoleURL(adminURL, schema.App, postgrestest.Passwords.App)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	admin, err := pgx.Connect(context.Background(), adminURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { admin.Close(context.Background()) })
	h := &fixture{t: t, store: records.NewStore(pool, noon), admin: admin, pool: pool}
	h.Importer = &intake.Importer{Store: h.store, Pool: pool, Now: noon}
	h.put(&records.School{LAESTAB: "8734001", Name: "Madeup Academy", Phase: "secondary", FromDate: records.NewDate(1990, 9, 1)})
	for i := range children {
		h.upns = append(h.upns, upn(i+1))
		h.child(upn(i + 1))
	}
	return h
}

// upn is the valid UPN with that serial number.
func upn(serial int) string {
	digits := fmt.Sprintf("8734001%02d%03d", 20+serial/1000, serial%1000)
	sum := 0
	for i, d := range digits {
		sum += int(d-'0') * (i + 2)
	}
	return string("ABCDEFGHJKLMNPQRTUVWXYZ"[sum%23]) + digits
}

func (h *fixture) put(rec records.Record) {
	h.t.Helper()
	if err := h.store.Put(context.Background(), access.System(access.Generating), rec, ""); err != nil {
		h.t.Fatal(err)
	}
}

func (h *fixture) child(upn string) {
	h.t.Helper()
	c := &records.Child{DateOfBirth: records.NewDate(2010, 5, 4), Sex: "F", Ethnicity: "WBRI", UPN: upn}
	h.put(c)
	h.put(&records.Enrolment{Child: c.ID, School: "1", Status: "C", FromDate: records.NewDate(2021, 9, 1)})
}

// importing imports the text and gives the rejects beside the report.
func (h *fixture) importing(format, text string) (intake.Report, string, error) {
	var rejects bytes.Buffer
	report, err := h.Import(context.Background(), access.System(access.Importing), format, "file.csv", strings.NewReader(text), intake.Options{Rejects: &rejects})
	return report, rejects.String(), err
}

func (h *fixture) imported(format, text string) (intake.Report, string) {
	h.t.Helper()
	report, rejects, err := h.importing(format, text)
	if err != nil {
		h.t.Fatal(err)
	}
	return report, rejects
}

func (h *fixture) count(sql string, args ...any) (n int64) {
	h.t.Helper()
	if err := h.admin.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// counts are a report's in the order read, added, changed, unchanged, unmatched, rejected.
func counts(r intake.Report) [6]int64 {
	return [6]int64{r.Rows, r.Added, r.Changed, r.Unchanged, r.Unmatched, r.Rejected}
}

func want(t testing.TB, r intake.Report, read, added, changed, unchanged, unmatched, rejected int64) {
	t.Helper()
	if got := counts(r); got != [6]int64{read, added, changed, unchanged, unmatched, rejected} {
		t.Errorf("read, added, changed, unchanged, unmatched, rejected: %v; %+v %+v", got, r.RejectedRows, r.UnmatchedRows)
	}
}

func TestTheSameFileTwiceChangesNothing(t *testing.T) {
	h := newFixture(t, 2)
	text := "\ufeffLAESTAB, upn ,Date,session,code,minutes_late\r\n" +
		"8734001," + h.upns[0] + ",2026-11-02,AM,/,\r\n" +
		"8734001," + h.upns[0] + ",2026-11-02,PM,\\,\r\n" +
		"\r\n" +
		`"8734001","` + strings.ToLower(h.upns[1]) + `","2026-11-02","am","L","12"` + "\r\n"
	report, rejects := h.imported("attendance", text)
	want(t, report, 3, 3, 0, 0, 0, 0)
	if rejects != "" || report.Through != 5 {
		t.Errorf("rejects %q, through line %d", rejects, report.Through)
	}
	before := h.count(`SELECT sum(version) FROM attendance`)
	report, _ = h.imported("", text)
	want(t, report, 3, 0, 0, 3, 0, 0)
	if after := h.count(`SELECT sum(version) FROM attendance`); after != before || h.count(`SELECT count(*) FROM attendance_history`) != 0 {
		t.Errorf("importing again changed rows: versions %d, then %d", before, after)
	}
	report, _ = h.imported("attendance", strings.Replace(text, `"L","12"`, `"U","45"`, 1))
	want(t, report, 3, 0, 1, 2, 0, 0)
	if n := h.count(`SELECT count(*) FROM batch WHERE finished_at IS NOT NULL AND rows_read = 3`); n != 3 {
		t.Errorf("%d files are on record, want 3", n)
	}
	if n := h.count(`SELECT count(*) FROM audit WHERE action = 'import' AND actor = 'system:import'`); n != 3 {
		t.Errorf("%d imports are in the audit, want 3", n)
	}
}

func TestKS4Results(t *testing.T) {
	h := newFixture(t, 2)
	text := resultsHeader +
		"8734001," + h.upns[0] + ",2026,46.25,5,4\n" +
		"8734001," + h.upns[1] + ",2026,,X,\n"
	report, _ := h.imported("ks4-results", text)
	want(t, report, 2, 2, 0, 0, 0, 0)
	report, _ = h.imported("", text)
	want(t, report, 2, 0, 0, 2, 0, 0)
	report, rejects := h.imported("ks4-results", resultsHeader+
		"8734001,"+h.upns[0]+",2026,47,5,4\n"+
		"8734001,"+h.upns[1]+",26x,1e9,5,4\n"+
		"8734001,"+h.upns[1]+",2026,95,5,4\n")
	want(t, report, 3, 0, 1, 0, 0, 2)
	if !strings.Contains(rejects, "year,26x") || !strings.Contains(rejects, "attainment8,95") {
		t.Error(rejects)
	}
}

func TestWhatIsRefused(t *testing.T) {
	h := newFixture(t, 1)
	row := "8734001," + h.upns[0] + ",2026-11-02,AM,/,\n"
	good := marksHeader + row
	utf16 := "\xff\xfel\x00a\x00e\x00s\x00\n\x00"
	for _, c := range []struct{ name, format, text, says string }{
		{"empty", "attendance", "", "is empty"},
		{"blank", "attendance", "\n\n \n", "is empty"},
		{"only a byte order mark", "attendance", "\ufeff", "is empty"},
		{"no rows", "attendance", marksHeader, "no rows"},
		{"another format of ours", "attendance", resultsHeader + "1,2,3,4,5,6\n", "import it as ks4-results"},
		{"another format", "attendance", "Surname,Forename\nA,B\n", "the first line must name the columns laestab, upn, date, session, code, in any order"},
		{"another format, none asked for", "", "Surname,Forename\nA,B\n", "must be one of"},
		{"a column is missing", "attendance", "upn,laestab,date,session\n" + row, "does not name the column code"},
		{"columns in another order", "ssda903-reviews", "DOB,CHILD,REVIEW,REVIEW_CODE\n1,2,3,4\n", "must be exactly"},
		{"no header", "attendance", row, "must name the columns"},
		{"no such format", "registers", good, "the formats are schools, pupils"},
		{"XML", "attendance", "<?xml version=\"1.0\"?>\n<a/>\n", "XML"},
		{"cut off in a value", "attendance", good + "8734001," + h.upns[0] + ",2026-11", "was cut off"},
		{"cut off in a quoted value", "attendance", good + "\"8734001\",\"" + h.upns[0], "was cut off"},
		{"cut off before a comma", "attendance", good + strings.TrimSuffix(row, ",\n"), "middle of line 3"},
		{"UTF-16", "attendance", utf16, "UTF-16"},
		{"UTF-16 without a mark", "attendance", strings.TrimPrefix(utf16, "\xff\xfe"), "NUL"},
		{"Windows-1252", "ssda903-reviews", "CHILD,DOB,REVIEW,REVIEW_CODE\n1,2,3,Ren\xe9\n", "line 2 is not in UTF-8"},
		{"in no encoding", "attendance", good + "8734001,Ren\x81,2026-11-02,AM,/,\n", "neither UTF-8 nor Windows-1252"},
		{"NUL", "attendance", good + "8734001,\x00,2026-11-02,AM,/,\n", "NUL"},
		{"gzip", "attendance", "\x1f\x8b\x08\x00\x00", "compressed"},
		{"a long gzip", "attendance", "\x1f\x8b\x08" + strings.Repeat("\x01", 70_000), "compressed"},
		{"a workbook", "attendance", "PK\x03\x04\x14", "Excel workbook"},
		{"no line breaks", "attendance", strings.Repeat("laestab,upn ", 10_000), "line breaks are missing"},
		{"old Macintosh line breaks", "attendance", strings.ReplaceAll(good, "\n", "\r"), "old Macintosh"},
	} {
		t.Run(c.name, func(t *testing.T) {
			report, rejects, err := h.importing(c.format, c.text)
			var refusal *intake.Refusal
			if !errors.As(err, &refusal) || !strings.Contains(refusal.Why, c.says) {
				t.Errorf("%v, want a refusal that says %q", err, c.says)
			}
			if report.Rows != 0 || report.File != 0 || rejects != "" {
				t.Errorf("a refused file has a report: %+v, %q", report, rejects)
			}
		})
	}
	if n := h.count(`SELECT (SELECT count(*) FROM attendance) + (SELECT count(*) FROM batch) + (SELECT count(*) FROM intake_unmatched)`); n != 0 {
		t.Errorf("refused files left %d rows", n)
	}
}

// A spreadsheet saved it: other columns, names of its own, semicolons or tabs, days
// as it shows or counts them, a byte order mark, no comma after the last value.
func TestMarksAsASpreadsheetSavesThem(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 1)
	const text = "\ufeffUPN;Surname;Mark;Session;Date;DfE number;;\r\n" +
		"U;Ren\u00e9;/;AM;02/11/2026;8734001;;\r\nU;Ren\u00e9;\\;PM;46328;8734001;;\r\nU;Ren\u00e9;O;am;3-Nov-2026;8734001\r\n;;;;;;;\r\n"
	report, _ := h.imported("attendance", strings.ReplaceAll(text, "U;", h.upns[0]+";"))
	want(t, report, 3, 3, 0, 0, 0, 0)
	again, _ := h.imported("", strings.ReplaceAll(strings.ReplaceAll(text, "U;", h.upns[0]+";"), ";", "\t"))
	want(t, again, 3, 0, 0, 3, 0, 0)
	if n := h.count(`SELECT count(*) FROM attendance WHERE date = '2026-11-02' AND am = '/' AND pm = '\' OR date = '2026-11-03' AND am = 'O'`); n != 2 {
		t.Errorf("%d days", n)
	}
}

func TestNobodyImportsWithoutTheRight(t *testing.T) {
	h := newFixture(t, 1)
	text := marksHeader + "8734001," + h.upns[0] + ",2026-11-02,AM,/,\n"
	for _, v := range []access.Viewer{{}, access.System(access.Computing)} {
		if _, err := h.Import(t.Context(), v, "attendance", "file.csv", strings.NewReader(text), intake.Options{}); !errors.Is(err, intake.ErrNotAllowed) {
			t.Errorf("%s: %v", v.Role(), err)
		}
	}
	if n := h.count(`SELECT (SELECT count(*) FROM attendance) + (SELECT count(*) FROM batch)`); n != 0 {
		t.Errorf("%d rows went in", n)
	}
}

func TestARowThatMatchesNobodyIsKeptUntilItDoes(t *testing.T) {
	h := newFixture(t, 1)
	text := marksHeader +
		"8734001," + upn(500) + ",2026-11-02,AM,/,\n" + // no such child
		"8734999," + h.upns[0] + ",2026-11-02,AM,/,\n" + // no such school
		"8734001," + h.upns[0] + ",2020-11-02,AM,/,\n" + // not yet on the roll
		"8734001," + h.upns[0] + ",2026-11-02,AM,/,\n"
	report, rejects := h.imported("attendance", text)
	want(t, report, 4, 1, 0, 0, 3, 0)
	if rejects != "" || len(report.UnmatchedRows) != 3 || report.UnmatchedRows[0].Column != "upn" || report.UnmatchedRows[1].Line != 3 {
		t.Errorf("%q %+v", rejects, report.UnmatchedRows)
	}
	report, _ = h.imported("attendance", text)
	want(t, report, 4, 0, 0, 1, 3, 0)
	v := access.System(access.Importing)
	waiting, err := h.Waiting(t.Context(), v, 0, 10)
	if err != nil || len(waiting) != 3 || waiting[0].Row["upn"] != upn(500) || waiting[2].Line != 4 {
		t.Fatalf("%+v, %v", waiting, err)
	}
	if none, err := h.Waiting(t.Context(), access.Viewer{}, 0, 10); err != nil || len(none) != 0 {
		t.Errorf("nobody sees %d waiting rows, %v", len(none), err)
	}
	h.child(upn(500))
	report, _ = h.imported("attendance", text)
	want(t, report, 4, 1, 0, 1, 2, 0)
	if waiting, err = h.Waiting(t.Context(), v, 0, 10); err != nil || report.Resolved != 1 || len(waiting) != 2 {
		t.Errorf("%d resolved, %d still wait, %v", report.Resolved, len(waiting), err)
	}
}

func TestRejectsAreCorrectedAndFedBack(t *testing.T) {
	h := newFixture(t, 2)
	a, b := h.upns[0], h.upns[1]
	report, rejects := h.imported("attendance", marksHeader+
		"8734001,"+a+",2026-11-02,AM,/,\n"+
		"8734001,"+a+",02/13/2026,PM,/,\n"+ // 3: date
		"8734001,"+a+",2026-11-03,AM,L,=1+1\n"+ // 4: minutes, and a formula
		"8734001,"+b+",2026-11-03,AM,ZZ,\n"+ // 5: code
		"8734001,"+b+",2026-11-03,PM\n"+ // 6: too few values
		"8734001,\"a\"b,2026-11-03,PM,/,\n"+ // 7: quotation marks
		"8734001,"+b+",2026-11-04,noon,/,\n"+ // 8: session
		"8734001,"+strings.Repeat("x", 300)+",2026-11-04,AM,/,\n"+ // 9: too long
		"8734001,"+b+",2026-12-24,AM,/,\n") // 10: in the future
	want(t, report, 9, 1, 0, 0, 0, 8)
	rows, err := csv.NewReader(strings.NewReader(rejects)).ReadAll()
	if err != nil || len(rows) != 9 || strings.Join(rows[0], ",") != strings.TrimSpace(marksHeader)+",file,line,column,value,reason" {
		t.Fatalf("%v, %q", err, rejects)
	}
	for n, column := range []string{"date", "minutes_late", "code", "", "", "session", "upn", "date"} {
		r := rows[n+1]
		if r[6] != "file.csv" || r[7] != fmt.Sprint(n+3) || r[8] != column || r[10] == "" {
			t.Errorf("reject %d: %q", n, r)
		}
		for _, cell := range r {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
				t.Errorf("a spreadsheet takes %q for a formula", cell)
			}
		}
	}
	// As they came, they are rejected again, each for the same reason.
	report, _ = h.imported("attendance", rejects)
	want(t, report, 8, 0, 0, 0, 0, 8)
	var fixed bytes.Buffer
	w := csv.NewWriter(&fixed)
	for n, r := range rows {
		if n > 0 {
			day := fmt.Sprintf("2026-11-%02d", n+2)
			copy(r, []string{"8734001", a, day, "AM", "/", ""})
		}
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	report, rejects = h.imported("", fixed.String())
	want(t, report, 8, 8, 0, 0, 0, 0)
	if rejects != "" {
		t.Error(rejects)
	}
}

func TestRowsThatContradictEachOtherGoBack(t *testing.T) {
	h := newFixture(t, 1)
	row := func(day int, code string) string {
		return fmt.Sprintf("8734001,%s,2026-11-%02d,AM,%s,\n", h.upns[0], day, code)
	}
	report, rejects := h.imported("attendance", marksHeader+row(2, "/")+row(3, "/")+row(2, "I")+row(3, "/")+row(2, "/"))
	want(t, report, 5, 1, 0, 1, 0, 3)
	if !strings.Contains(rejects, "line 4 says something else") || strings.Count(rejects, "line 2 says something else") != 2 {
		t.Error(rejects)
	}
	if n := h.count(`SELECT count(*) FROM attendance`); n != 1 {
		t.Errorf("%d days are stored: one of the contradicting marks was taken", n)
	}
}

func TestAnImportThatEndsEarlySaysHowFarItCame(t *testing.T) {
	h := newFixture(t, 60)
	var text strings.Builder
	text.WriteString(marksHeader)
	n := int64(0)
	for day := records.NewDate(2025, 9, 8); n < 12_000; day = day.Add(1) {
		for _, u := range h.upns {
			for _, session := range []string{"AM,/", `PM,\`} {
				fmt.Fprintf(&text, "8734001,%s,%s,%s,\n", u, day, session)
				n++
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	report, err := h.Import(ctx, access.System(access.Importing), "attendance", "file.csv", strings.NewReader(text.String()),
		intake.Options{Progress: func(p intake.Progress) {
			if !p.Checking {
				cancel()
			}
		}})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "up to line 5001 are in") {
		t.Fatal(err)
	}
	want(t, report, 5000, 5000, 0, 0, 0, 0)
	if in := h.count(`SELECT count(am) + count(pm) FROM attendance`); in != 5000 || report.Through != 5001 {
		t.Errorf("%d marks are in, the report says up to line %d", in, report.Through)
	}
	if open := h.count(`SELECT rows_added FROM batch WHERE finished_at IS NULL`); open != 5000 {
		t.Errorf("the list of files says %d rows", open)
	}
	report, _ = h.imported("attendance", text.String())
	want(t, report, n, n-5000, 0, 5000, 0, 0)
}
