package intake_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"onevision/access"
	"onevision/records/intake"
)

// giasFile is a file as the register of schools gives it: in Windows-1252, with
// CR LF, every value in quotation marks, days as dd-mm-yyyy, and many more columns
// than are read.
func giasFile(t testing.TB, rows ...map[string]string) string {
	t.Helper()
	header := []string{"URN", "LA (code)", "LA (name)", "EstablishmentNumber", "EstablishmentName", "TypeOfEstablishment (code)", "TypeOfEstablishment (name)", "EstablishmentTypeGroup (code)", "EstablishmentTypeGroup (name)",
		"EstablishmentStatus (code)", "EstablishmentStatus (name)", "ReasonEstablishmentOpened (code)", "OpenDate", "CloseDate", "PhaseOfEducation (code)", "PhaseOfEducation (name)", "StatutoryLowAge", "StatutoryHighAge",
		"NumberOfPupils", "Street", "Town", "Postcode", "HeadLastName", "DistrictAdministrative (code)", "DistrictAdministrative (name)", "GSSLACode (name)", "Easting", "Northing"}
	var b strings.Builder
	line := func(cells []string) {
		for i, c := range cells {
			if i > 0 {
				b.WriteString(",")
			}
			b.WriteString(`"` + strings.ReplaceAll(c, `"`, `""`) + `"`)
		}
		b.WriteString("\r\n")
	}
	line(header)
	for _, r := range rows {
		cells := make([]string, len(header))
		for name, v := range r {
			i := slices.Index(header, name)
			if i < 0 {
				t.Fatalf("GIAS has no column %s", name)
			}
			cells[i] = v
		}
		line(cells)
	}
	text, err := charmap.Windows1252.NewEncoder().String(b.String())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// establishment is a row of GIAS, of the authority 888 unless it says otherwise.
func establishment(urn, number, name, status, kind, phase, opened, closed string, more ...string) map[string]string {
	r := map[string]string{"URN": urn, "LA (code)": "888", "LA (name)": "Lancashire", "EstablishmentNumber": number, "EstablishmentName": name, "EstablishmentStatus (name)": status,
		"TypeOfEstablishment (name)": kind, "PhaseOfEducation (name)": phase, "OpenDate": opened, "CloseDate": closed, "Street": "1 High Street", "GSSLACode (name)": "E10000017",
		"DistrictAdministrative (code)": "E07000121", "DistrictAdministrative (name)": "Lancaster"}
	for i := 0; i < len(more); i += 2 {
		r[more[i]] = more[i+1]
	}
	return r
}

func TestTheRegisterOfSchools(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 0)
	if _, err := h.admin.Exec(context.Background(), `UPDATE installation SET authority_code = 'E10000017'`); err != nil {
		t.Fatal(err)
	}
	rows := []map[string]string{
		establishment("119001", "2001", "Saint André’s Primary", "Open", "Community school", "Primary", "", ""),
		// One number, three establishments one after the other.
		establishment("119002", "4001", "Old Grammar", "Closed", "Foundation school", "Secondary", "01-09-1950", "31-07-2012"),
		establishment("138002", "4001", "New Grammar Academy", "Open", "Academy converter", "Secondary", "01-08-2012", ""),
		establishment("119003", "2002", "Closing Primary", "Open, but proposed to close", "Voluntary aided school", "Primary", "01-01-1901", "31-08-2027"),
		establishment("119004", "2003", "Closed Infants", "Closed", "Community school", "Primary", "", "31-08-2019"),
		establishment("119005", "7001", "A Special School", "Open", "Community special school", "Not applicable", "", ""),
		establishment("119006", "1101", "The Unit", "Open", "Pupil referral unit", "Not applicable", "", ""),
		establishment("119007", "6001", "Prep \"House\"", "Open", "Other independent school", "Not applicable", "", "", "StatutoryLowAge", "3", "StatutoryHighAge", "11"),
		establishment("119008", "1001", "Sunny Nursery", "Open", "Local authority nursery school", "Nursery", "", ""),
		establishment("119009", "4002", "Middle, East", "Open", "Academy sponsor led", "Middle deemed secondary", "", "", "DistrictAdministrative (code)", "E07000123", "DistrictAdministrative (name)", "Preston"),
		establishment("119010", "4900", "Not Yet Free School", "Proposed to open", "Free schools", "Secondary", "", ""),
		establishment("119011", "", "Family Centre", "Open", "Children's centre", "Not applicable", "", ""),
		establishment("119012", "2004", "Wrong Day", "Closed", "Community school", "Primary", "", "31-02-2019"),
		establishment("100001", "3614", "Far Away", "Open", "Community school", "Primary", "", "", "LA (code)", "201", "GSSLACode (name)", "E09000001"),
	}
	text := giasFile(t, rows...)
	var notes []string
	report, rejects := h.imported("schools", text)
	want(t, report, 10, 9, 0, 0, 0, 1)
	notes = report.Notes
	for _, says := range []string{"Windows-1252", "of other authorities", "whose number another school has now", "only proposed", "children's centres"} {
		if !strings.Contains(strings.Join(notes, "\n"), says) {
			t.Errorf("no note says %q: %q", says, notes)
		}
	}
	if !strings.Contains(rejects, "CloseDate,31-02-2019,") {
		t.Errorf("rejects: %s", rejects)
	}
	for laestab, stands := range map[string]string{
		"8882001": "119001 Saint André’s Primary primary E07000121 1900-01-01 ",
		"8884001": "138002 New Grammar Academy secondary E07000121 1950-09-01 ",
		"8882002": "119003 Closing Primary primary E07000121 1901-01-01 ",
		"8882003": "119004 Closed Infants primary E07000121 1900-01-01 2019-09-01",
		"8887001": "119005 A Special School special E07000121 1900-01-01 ",
		"8881101": "119006 The Unit ap E07000121 1900-01-01 ",
		"8886001": "119007 Prep \"House\" primary E07000121 1900-01-01 ",
		"8881001": "119008 Sunny Nursery nursery E07000121 1900-01-01 ",
		"8884002": "119009 Middle, East secondary E07000123 1900-01-01 ",
	} {
		var got string
		if err := h.admin.QueryRow(context.Background(), `SELECT concat_ws(' ', urn, name, phase, district, from_date, coalesce(to_date::text, '')) FROM school WHERE laestab = $1`, laestab).Scan(&got); err != nil || got != stands {
			t.Errorf("%s is %q (%v), not %q", laestab, got, err, stands)
		}
	}
	if n := h.count(`SELECT count(*) FROM district WHERE (code, label) IN (('E07000121', 'Lancaster'), ('E07000123', 'Preston'))`); n != 2 {
		t.Errorf("%d of two districts are known", n)
	}

	twice, _ := h.imported("schools", text)
	want(t, twice, 10, 0, 0, 9, 0, 1)
	if h.count(`SELECT max(version) FROM school`) != 1 {
		t.Error("the same file again changed a school")
	}
	// The rejects, put right, go in by themselves.
	fixed := strings.Replace(rejects, "31-02-2019", "28-02-2019", 1)
	report, _ = h.imported("schools", fixed)
	want(t, report, 1, 1, 0, 0, 0, 0)

	// A school that closes ends.
	rows[0]["EstablishmentStatus (name)"], rows[0]["CloseDate"] = "Closed", "31-08-2026"
	report, _ = h.imported("schools", giasFile(t, rows...))
	want(t, report, 10, 0, 1, 8, 0, 1)
	if n := h.count(`SELECT count(*) FROM school WHERE laestab = '8882001' AND to_date = '2026-09-01'`); n != 1 {
		t.Error("the school that closed has not ended")
	}
	undone, err := h.store.Undo(context.Background(), access.System(access.Importing), report.File, "")
	if err != nil || len(undone) != 1 || undone[0].Restored != 1 {
		t.Errorf("undone: %+v, %v", undone, err)
	}
}

func TestWhichAuthoritysSchools(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 0)
	text := giasFile(t,
		establishment("119001", "2001", "Ours", "Open", "Community school", "Primary", "", ""),
		establishment("100001", "3614", "Theirs", "Open", "Community school", "Primary", "", "", "LA (code)", "201", "GSSLACode (name)", "E09000001"))
	var refused *intake.Refusal
	if _, _, err := h.importing("schools", text); !errors.As(err, &refused) || !strings.Contains(refused.Why, "nobody has said which this one is") {
		t.Errorf("a national file for nobody: %v", err)
	}
	for _, authorities := range [][]string{{"888"}, {"E10000017"}} {
		report, err := h.Import(context.Background(), access.System(access.Importing), "", "file.csv", strings.NewReader(text), intake.Options{Authorities: authorities})
		if err != nil || report.Rows != 1 {
			t.Errorf("of %v: %+v, %v", authorities, report, err)
		}
	}
	if _, err := h.Import(context.Background(), access.System(access.Importing), "schools", "file.csv", strings.NewReader(text), intake.Options{Authorities: []string{"999"}}); !errors.As(err, &refused) {
		t.Errorf("of an authority that is not in it: %v", err)
	}
}

// Columns are found by their names, whatever stands between them and however the
// file was saved.
func TestFilesOfNamedColumns(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 0)
	const needed = "EstablishmentStatus (name),URN,CloseDate,LA (code),Remarks,EstablishmentNumber,EstablishmentName,OpenDate,TypeOfEstablishment (name),PhaseOfEducation (name)"
	row := `Open,119001,,888,"a remark` + "\r\n" + `of two lines, and ""more""",2001,Ours,,Community school,Primary`
	for name, text := range map[string]string{
		"with a byte order mark and a line break in quotation marks": "\ufeff" + needed + "\r\n" + row + "\r\n",
		"with more commas than columns":                              needed + ",,\r\n" + row + ",,\r\n,,,,,,,,,,,\r\n",
		"names in other letters":                                     strings.ToUpper(needed) + "\n" + row + "\n",
		"without a line break at its end":                            needed + "\n" + row,
		"with columns that are not read left out at the end":         needed + ",Extra,Other\n" + row + "\n",
	} {
		report, rejects, err := h.importing("schools", text)
		if err != nil || report.Rows != 1 || report.Added+report.Unchanged != 1 {
			t.Errorf("%s: %v, %v, %s", name, counts(report), err, rejects)
		}
	}
	// A quotation mark that is never closed spoils its own row only.
	report, rejects, err := h.importing("schools", needed+"\n"+`Open,119002,,888,"open,2002,B,,Community school,Primary`+"\n"+`Open,119003,,888,x,2003,C,,Community school,Primary`+"\n")
	if err != nil || report.Rejected != 1 || report.Added != 1 {
		t.Errorf("an open quotation mark: %v, %v, %s", counts(report), err, rejects)
	}
	if read, err := csv.NewReader(bytes.NewBufferString(rejects)).ReadAll(); err != nil || len(read) != 2 {
		t.Errorf("rejects: %q, %v", rejects, err)
	}
	for name, text := range map[string]string{
		"does not name the column URN": strings.Replace(needed, "URN,", "", 1) + "\n",
		"put together from two":        needed + "\nOpen,119001,,888,,2001,Andr\xe9,,Community school,Primary\nOpen,119002,,888,,2002,André,,Community school,Primary\n",
		"cut off":                      needed + "\n" + row + "\nOpen,119002,,888,,2002,Half,,Commun",
		"neither UTF-8":                needed + "\nOpen,119001,,888,,2001,Andr\x81,,Community school,Primary\n",
	} {
		var refused *intake.Refusal
		if _, _, err := h.importing("schools", text); !errors.As(err, &refused) || !strings.Contains(refused.Why, name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDays(t *testing.T) {
	for text, want := range map[string]string{"2026-11-02": "2026-11-02", "02/11/2026": "2026-11-02", " 2-1-2026 ": "2026-01-02", "2.11.2026 00:00:00": "2026-11-02", "2026-11-02T00:00:00": "2026-11-02", "46328": "2026-11-02", "2-Nov-2026": "2026-11-02", "02 november 2026": "2026-11-02", "": "", "NULL": ""} {
		if d, ok := intake.ReadDay(text); !ok || d.String() != want {
			t.Errorf("%q is %v, %v", text, d, ok)
		}
	}
	for _, text := range []string{"31/02/2026", "11/13/2026", "2/11/26", "2-Nov-26", "2-Nox-2026", "1999", "99999", "soon", "2026-11-02 09:30"} {
		if d, ok := intake.ReadDay(text); ok {
			t.Errorf("%q is %v", text, d)
		}
	}
}
