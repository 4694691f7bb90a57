package dashboards

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/jackc/pgx/v5"

	"onevision/access"
	"onevision/indicators/indicatorstest"
	"onevision/indicators/library"
	"onevision/records"
	"onevision/warehouse"
)

// From a figure to its children: an education welfare officer who gives a reason is
// shown whom it counts, of those who are theirs, and what each counted, on the page
// and in a file; one line of the audit has the reason. Whoever may not read the
// records that a figure counts finds no such page.
func TestFromAFigureToItsChildren(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	store := records.NewStore(h.pool, time.Now)
	put := func(rec records.Record) {
		t.Helper()
		if err := store.Put(t.Context(), access.System(access.Generating), rec, ""); err != nil {
			t.Fatal(err)
		}
	}
	db, err := warehouse.Memory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	facts := indicatorstest.New(t, db)
	facts.SchoolYear(2026)
	facts.Exec(`INSERT INTO facts.school (id, name, laestab) VALUES (1, 'Madeup Academy', '8734001')`)
	school := &records.School{LAESTAB: "8734001", Name: "Madeup Academy", Phase: "secondary", FromDate: records.NewDate(1990, 9, 1)}
	put(school)
	for _, name := range []string{"=Ada", "Bea", "Cyd", "Unseen"} {
		child := &records.Child{DateOfBirth: records.NewDate(2012, 5, 4), Sex: "F", Ethnicity: "WBRI"}
		put(child)
		put(&records.ChildName{Child: child.ID, Type: "legal", Forename: name, Surname: "Invented", FromDate: records.NewDate(2012, 5, 4)})
		if name != "Unseen" { // who is on no roll, and so not the officer's
			put(&records.Enrolment{Child: child.ID, School: school.ID, Status: "C", FromDate: records.NewDate(2023, 9, 1)})
		}
		var key int64
		if err := access.InTx(t.Context(), h.pool, access.System(access.Generating), func(tx pgx.Tx) error {
			return tx.QueryRow(t.Context(), `SELECT id FROM child WHERE public_id::text = $1`, child.ID).Scan(&key)
		}); err != nil {
			t.Fatal(err)
		}
		facts.Exec(`INSERT INTO facts.child (id, date_of_birth, sex) VALUES (?, DATE '2012-05-04', 'F')`, key)
		facts.Exec(`INSERT INTO facts.enrolment (id, child_id, school_id, from_date) VALUES (?, ?, 1, DATE '2026-09-01')`, key, key)
		facts.Exec(`INSERT INTO facts.attendance (id, child_id, school_id, date, am, pm)
			SELECT ? * 100 + i, ?, 1, DATE '2026-11-16' + i::INTEGER, CASE WHEN ? AND i < ? THEN 'O' ELSE '/' END, '\' FROM range(5) r(i)`, key, key, name != "Cyd", len(name))
	}
	// One who is counted and nobody's to see, as a restricted child is.
	facts.Exec(`INSERT INTO facts.child (id, date_of_birth, sex) VALUES (999999, DATE '2012-05-04', 'F')`)
	facts.Exec(`INSERT INTO facts.enrolment (id, child_id, school_id, from_date) VALUES (999999, 999999, 1, DATE '2026-09-01')`)
	facts.Exec(`INSERT INTO facts.attendance (id, child_id, school_id, date, am, pm) SELECT 99999900 + i, 999999, 1, DATE '2026-11-16' + i::INTEGER, 'O', '\' FROM range(5) r(i)`)
	files := fstest.MapFS{}
	for _, name := range []string{"attendance/unauthorised-absence.yaml", "social-care/open-cases.yaml"} {
		text, err := library.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: text}
	}
	h.engine.real = facts.Engine(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC), files)

	officer := h.as(t, access.WelfareOfficer)
	const measure = "/indicators/unauthorised-absence?period=week&at=week%3A2026-11-16"
	to, there := document(t, officer.get(measure).body).Find("main a:contains('The children behind')").Attr("href")
	if !there {
		t.Fatal("the measure has no way to its children")
	}
	if r := officer.get(to); r.status != http.StatusOK || strings.Contains(r.body, "Ada") {
		t.Fatalf("before a reason is given: %d %s", r.status, r.body)
	}
	if r := officer.post(to, url.Values{"reason": {" "}}); r.status != http.StatusUnprocessableEntity || document(t, r.body).Find(".govuk-error-summary a[href='#reason']").Length() != 1 {
		t.Errorf("without a reason: %d", r.status)
	}
	rows := func(r reply) (lines []string) {
		document(t, r.body).Find("main tbody tr").Each(func(_ int, row *goquery.Selection) {
			lines = append(lines, strings.Join(row.Children().Map(func(_ int, cell *goquery.Selection) string { return cell.Text() }), "|"))
		})
		return lines
	}
	r := officer.post(to, url.Values{"reason": {"to visit them"}, "who": {"counted"}})
	if got, want := rows(r), []string{"=Ada Invented|4 May 2012|Madeup Academy|–|4|10", "Bea Invented|4 May 2012|Madeup Academy|–|3|10"}; r.status != http.StatusOK || !slices.Equal(got, want) {
		t.Errorf("the list: %d %q", r.status, got)
	}
	if strings.Contains(r.body, "Unseen") || strings.Contains(r.body, "not among those") {
		t.Error("the list tells of a child who is not the officer's")
	}
	if got := rows(officer.post(to, url.Values{"reason": {"to visit them"}, "who": {"others"}})); len(got) != 3 {
		t.Errorf("those who were there: %q", got)
	}
	if address, _ := document(t, r.body).Find("main tbody a").First().Attr("href"); officer.get(address).status != http.StatusOK {
		t.Errorf("the child's page %q does not open", address)
	}
	csv := officer.post(to, url.Values{"reason": {"to visit them"}, "who": {"counted"}, "file": {"csv"}})
	if lines := strings.Split(csv.body, "\r\n"); len(lines) != 4 || !strings.Contains(lines[1], ",'=Ada Invented,2012-05-04,,Madeup Academy,,,4,10,http://onevision.example/children/") {
		t.Errorf("as CSV: %q", csv.body)
	}
	if sheet := officer.post(to, url.Values{"reason": {"to visit them"}, "file": {"xlsx"}}); !strings.HasPrefix(sheet.body, "PK") || sheet.header.Get("Content-Type") != excel {
		t.Errorf("as Excel: %d %.40q", sheet.status, sheet.body)
	}
	var lines, children int
	err = h.pool.QueryRow(t.Context(), `SELECT count(*), max(cardinality(children)) FROM audit WHERE action = 'list' AND kind = 'children-behind' AND reason = 'to visit them'
		AND fields = '{unauthorised-absence,week:2026-11-16}' AND role = 'welfare-officer'`).Scan(&lines, &children)
	if err != nil || lines != 4 || children != 3 {
		t.Errorf("%d lines in the audit, %d children at most (%v)", lines, children, err)
	}
	if strings.Contains(h.log.String(), "Invented") || strings.Contains(h.log.String(), "visit") {
		t.Error("the log has a name, or the reason")
	}

	// To whoever sees all children but that one, the figure beside the list is the list's.
	quality := h.as(t, access.DataQuality)
	r = quality.post(to, url.Values{"reason": {"to mend them"}, "who": {"counted"}})
	if of := document(t, r.body).Find("main .app-headline + p").Text(); len(rows(r)) != 3 || !strings.HasPrefix(of, "12 of 40") {
		t.Errorf("beside %q the figure is %q", rows(r), of)
	}

	// Open cases are social care's, which the officer does not read; a director opens no child.
	for path, who := range map[string]*somebody{behindPath("open-cases"): officer, to: h.as(t, access.Director)} {
		if get, post := who.get(path), who.post(path, url.Values{"reason": {"curious"}}); get.status != http.StatusNotFound || post.status != http.StatusNotFound {
			t.Errorf("%s opens: %d, %d", path, get.status, post.status)
		}
	}
	if page := officer.get("/indicators/open-cases"); strings.Contains(page.body, "/children") && strings.Contains(page.body, "The children behind") {
		t.Error("the page of open cases has a way to children that the officer may not see")
	}
}
