package intake_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/records"
	"onevision/records/intake"
)

const nccis = `name: nccis-activities
title: NCCIS activities
kind: activity-spell
source: post-16
files: "NCCIS*.csv"
dates: dd/mm/yyyy
child:
  own: Young Person Id
  upn: UPN
  surname: Family Name
  forename: Given Name
  date_of_birth: DOB
number: Activity Id
fields:
  activity:
    column: Activity Code
    values: {"220": further_education, "410": employment, "810": neet}
  from_date: Start Date
  to_date: End Date
  verified_date:
    column: Date Verified
`

const nccisHeader = "Young Person Id,Family Name,Given Name,DOB,UPN,Activity Id,Activity Code,Start Date,End Date,Date Verified,Lead LA\n"

func mapping(t testing.TB, text string) *intake.Mapping {
	t.Helper()
	m, err := intake.ParseMapping([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestAnExtractThatNoFormatKnows: a mapping is kept, tried on rows, and is a format from
// then on: for a file, a workbook, a second run, a correction, and rows that wait.
func TestAnExtractThatNoFormatKnows(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 3)
	v := access.System(access.Importing)
	codes := map[string]string{}
	list, err := h.store.Codes(t.Context(), v, "post16_activity")
	if err != nil {
		t.Fatal(err)
	}
	for i, as := range []string{"further_education", "employment", "neet"} {
		codes[as] = list[i].Code
	}
	text := strings.NewReplacer("further_education", codes["further_education"], "employment", codes["employment"], "neet", codes["neet"]).Replace(nccis)
	m := mapping(t, text)
	born := h.text(`SELECT to_char(date_of_birth, 'DD/MM/YYYY') FROM child WHERE upn = $1`, h.upns[2])
	h.put(&records.ChildName{Child: h.text(`SELECT public_id::text FROM child WHERE upn = $1`, h.upns[2]), Type: "legal", Forename: "Zoë", Surname: "O'Neil", FromDate: records.NewDate(2020, 1, 1)})
	rows := "YP1,,,," + h.upns[0] + ",A1,220,01/09/2025,,15/10/2026,873\n" +
		"YP2,,,," + h.upns[1] + ",A2,410,02/09/2025,01/10/2026,15/10/2026,873\n" +
		"YP3,ONEIL,Zoe," + born + ",,A3,999,01/09/2025,,15/10/2026,873\n" +
		"YP4,,,," + upn(700) + ",A4,810,01/09/2025,,15/10/2026,873\n" +
		"YP5,,,,,A5,,,,,873\n"
	before := h.count(everything)
	tried, err := h.Try(t.Context(), v, "", "x.csv", strings.NewReader(nccisHeader+rows), intake.Options{Mapping: m})
	if err != nil {
		t.Fatal(err)
	}
	if len(tried.Sample) != 4 || h.count(everything) != before {
		t.Fatalf("the trial shows %+v", tried.Sample)
	}
	if s := tried.Sample[0]; s.Result != records.Added || !strings.HasPrefix(s.Shown[0].Value, codes["further_education"]+" (") || s.Shown[1].Value != "2025-09-01" {
		t.Errorf("the first row becomes %+v", s)
	}
	if s := tried.Sample[2]; s.Result != records.Rejected || s.Column != "Activity Code" || !strings.Contains(s.Reason, "say in the mapping's values") {
		t.Errorf("the code that nobody has mapped: %+v", s)
	}
	if err := h.Keep(t.Context(), access.Viewer{}, m); err == nil {
		t.Error("nobody keeps a mapping")
	}
	if err := h.Keep(t.Context(), v, m); err != nil {
		t.Fatal(err)
	}
	report, rejects := h.imported("nccis-activities", nccisHeader+rows)
	want(t, report, 4, 2, 0, 0, 1, 1)
	if !strings.Contains(rejects, "Activity Code,999,") {
		t.Errorf("the rejects are %s", rejects)
	}
	// The rejects, corrected, are a file of the mapping; the child is found by name.
	fixed, _ := h.imported("", strings.Replace(rejects, "A3,999", "A3,220", 1))
	want(t, fixed, 1, 1, 0, 0, 0, 0)
	// The same in a workbook, with titles above, and days as its numbers; a start is corrected:
	// the row's number says which record it is, and the child's own number is enough.
	book := excelize.NewFile()
	for r, line := range [][]any{{"NCCIS extract of November"}, {}, {"Activity Id", "Young Person Id", "Family Name", "Given Name", "DOB", "UPN", "Activity Code", "Start Date", "End Date", "Date Verified"},
		{"A1", "YP1", "", "", "", "", 220, 45902, "", 46310}, {"A2", "YP2", "", "", "", "", 410, 45902, 46296, 46310}} {
		cell, _ := excelize.CoordinatesToCellName(1, r+1)
		if err := book.SetSheetRow("Sheet1", cell, &line); err != nil {
			t.Fatal(err)
		}
	}
	var xlsx bytes.Buffer
	if err := book.Write(&xlsx); err != nil {
		t.Fatal(err)
	}
	report, err = h.Import(t.Context(), v, "nccis-activities", "november.xlsx", bytes.NewReader(xlsx.Bytes()), intake.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want(t, report, 2, 0, 1, 1, 0, 0)
	if n := h.count(`SELECT count(*) FROM activity_spell WHERE source = 'post-16'`); n != 3 {
		t.Errorf("%d spells", n)
	}
	if n := h.count(`SELECT count(*) FROM activity_spell WHERE from_date = '2025-09-02' AND verified_date = '2026-10-15'`); n != 2 {
		t.Errorf("%d spells begin on the second: a row was not the record that it was before", n)
	}
	// A child appears, and the row that waited goes in.
	h.child(upn(700))
	if n := h.follow(); n != 1 {
		t.Errorf("%d rows that waited went in", n)
	}
	// From the folder, known by its name.
	dir := t.TempDir()
	folder := &intake.Folder{Importer: h.Importer, Path: dir, Log: slog.New(slog.DiscardHandler)}
	if err := folder.Prepare(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "NCCIS 2026-11.csv"), []byte(nccisHeader+"YP2,,,,,A7,810,01/10/2026,,15/10/2026,873\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := folder.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := h.count(`SELECT count(*) FROM activity_spell WHERE from_date = '2026-10-01'`); n != 1 {
		t.Error("the folder's file did not go in")
	}
	// One of another name is none of the mapping's, whatever its columns.
	if err := os.WriteFile(filepath.Join(dir, "Others.csv"), []byte(nccisHeader+"YP2,,,,,A8,810,01/11/2026,,15/11/2026,873\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := folder.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "failed", "Others.csv")); err != nil {
		t.Errorf("a file of another name is taken for the mapping's: %v", err)
	}
	// Records about no child are mapped by whoever may write them, who sees no child, and wait
	// for the worker whom they name.
	administrator := accesstest.Viewer(access.Administrator)
	staff := mapping(t, "name: staff\nkind: employment\nsource: authority\nfields: {worker: Who, role: Role, full_time_equivalent: FTE, from_date: Start}\n")
	if err := h.Keep(t.Context(), administrator, staff); err != nil {
		t.Fatal(err)
	}
	report, err = h.Import(t.Context(), administrator, "staff", "staff.csv", strings.NewReader("Who,Role,FTE,Start\nA. Worker-Name,5,0.8,2026-01-05\nA. Worker-Name,5,\"0,8\",2026-01-06\n"), intake.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want(t, report, 2, 0, 0, 0, 1, 1)
	team := &records.Team{Name: "A team", Service: "assessment", FromDate: records.NewDate(2020, 1, 1)}
	h.put(team)
	h.put(&records.Worker{Team: team.ID, Name: "A. Worker-Name", FromDate: records.NewDate(2020, 1, 1)})
	if n := h.follow(); n != 1 {
		t.Errorf("%d rows that waited for a worker went in", n)
	}
	// Another kind under the same name is refused; what is forgotten is no format.
	other := *m
	other.Kind, other.Fields = "september-guarantee", map[string]intake.MappedField{"year": {Value: "2026"}, "year_group": {Value: "11"}, "status": {Column: "Activity Code"}}
	if err := h.Keep(t.Context(), v, &other); err != intake.ErrOtherKind {
		t.Errorf("another kind under the name: %v", err)
	}
	if err := h.Forget(t.Context(), v, m.Name); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Import(t.Context(), v, m.Name, "x.csv", strings.NewReader(nccisHeader+rows), intake.Options{}); err == nil || !strings.Contains(err.Error(), "there is no format") {
		t.Errorf("a mapping that is gone: %v", err)
	}
}

// TestAMappingThatIsWrong says all that is wrong with it, before any file is read.
func TestAMappingThatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, says string }{
		{strings.Replace(nccis, "kind: activity-spell", "kind: activity", 1), `kind: there is no kind of record "activity"`},
		{strings.Replace(nccis, "kind: activity-spell", "kind: child", 1), "children cannot come by a mapping"},
		{strings.Replace(nccis, "name: nccis-activities", "name: attendance", 1), "attendance is a format that the program has"},
		{strings.Replace(nccis, "source: post-16", "source: us", 1), `there is no source "us"`},
		{strings.Replace(nccis, "dd/mm/yyyy", "ddmm", 1), `dates: "ddmm" is no way to write days`},
		{strings.Replace(nccis, "  own: Young Person Id\n  upn: UPN\n  surname: Family Name\n", "", 1), "child: say in which columns it stands whom a row is about"},
		{strings.Replace(nccis, "  from_date: Start Date\n", "", 1), "fields.from_date: must be given"},
		{strings.Replace(nccis, "  from_date: Start Date\n", "  from_date: Start Date\n  start: Start Date\n", 1), "fields.start: activity-spells have no such field"},
		{strings.Replace(nccis, "fields:\n", "feilds:\n", 1), "unknown field \"feilds\""},
		{strings.Replace(nccis, "    column: Date Verified", "    column: Date Verified\n    value: 2026-01-01", 1), "give either a column or a value"},
	} {
		if _, err := intake.ParseMapping([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v does not say %q", err, c.says)
		}
	}
	text, err := mapping(t, nccis).Text()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := mapping(t, string(text)).Text(); err != nil || string(again) != string(text) {
		t.Errorf("a mapping that is written and read is another: %s", again)
	}
}

// TestTheDocumentsMappings: the examples of docs/mapping.md are mappings.
func TestTheDocumentsMappings(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, block := range strings.Split(string(text), "```yaml\n")[1:] {
		one, _, _ := strings.Cut(block, "```")
		mapping(t, one)
		n++
	}
	if n < 6 {
		t.Errorf("%d examples", n)
	}
}
