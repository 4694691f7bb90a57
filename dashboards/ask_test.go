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
	"github.com/xuri/excelize/v2"

	"onevision/access"
	"onevision/dashboards/layout"
	"onevision/indicators/indicatorstest"
	"onevision/indicators/library"
	"onevision/warehouse"
)

// A question is put together on a form, answered in a table, kept, and taken away as a
// file with the same figures; whoever is shown published figures is told so.
func TestAsking(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	db, err := warehouse.Memory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	facts := indicatorstest.New(t, db)
	facts.SchoolYear(2026)
	facts.Exec(`INSERT INTO facts.school (id, name, laestab) VALUES (1, '=Madeup Academy', '8734001'), (2, 'Invented School', '8734002')`)
	facts.Exec(`INSERT INTO facts.child (id, date_of_birth, sex) SELECT i, DATE '2013-05-04', CASE WHEN i % 2 = 0 THEN 'F' ELSE 'M' END FROM range(1, 9) r(i)`)
	facts.Exec(`INSERT INTO facts.enrolment (id, child_id, school_id, from_date) SELECT i, i, 1 + i // 5, DATE '2026-09-01' FROM range(1, 9) r(i)`)
	facts.Exec(`INSERT INTO facts.sen_status (id, child_id, provision, from_date) VALUES (1, 2, 'K', DATE '2026-09-01'), (2, 6, 'K', DATE '2026-09-01')`)
	facts.Exec(`INSERT INTO facts.attendance (id, child_id, school_id, date, am, pm)
		SELECT c.i * 100 + d.i, c.i, 1 + c.i // 5, DATE '2026-11-09' + d.i::INTEGER, CASE WHEN c.i = 6 THEN 'O' ELSE '/' END, '\' FROM range(1, 9) c(i), range(12) d(i) WHERE d.i NOT IN (5, 6)`)
	const name = "attendance/unauthorised-absence.yaml"
	text, err := library.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	h.engine.real = facts.Engine(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC), fstest.MapFS{name: {Data: text}})

	analyst := h.as(t, access.Analyst)
	table := func(r reply) (lines []string) {
		document(t, r.body).Find("main table tr").Each(func(_ int, row *goquery.Selection) {
			lines = append(lines, strings.Join(row.Children().Map(func(_ int, cell *goquery.Selection) string { return cell.Text() }), "|"))
		})
		return lines
	}
	const form = "/ask?indicator=unauthorised-absence&rows=school&columns=sex&only1=sen%3AK&only2=&only3=&period=week&with=before&from=&to="
	r := analyst.get(form)
	want := []string{"School|Week of 9 November 2026|Week of 16 November 2026", "Sex F|All|Sex F|All",
		"=Madeup Academy|0.0%0 of 10|0.0%0 of 10|0.0%0 of 10|0.0%0 of 10", "Invented School|50.0%5 of 10|50.0%5 of 10|50.0%5 of 10|50.0%5 of 10", "All|25.0%5 of 20|25.0%5 of 20|25.0%5 of 20|25.0%5 of 20"}
	if got := table(r); r.status != http.StatusOK || !slices.Equal(got, want) {
		t.Fatalf("%d %q", r.status, got)
	}
	if line := "analyst crossing unauthorised-absence by school by sex only sen K week:2026-11-09 week:2026-11-16"; !slices.Contains(h.views.lines, line) {
		t.Errorf("the audit has %q", h.views.lines)
	}

	// The files say the same.
	page := document(t, r.body)
	href := func(text string) string {
		to, _ := page.Find("main a:contains('" + text + "')").Attr("href")
		return to
	}
	csv := analyst.get(href("CSV"))
	if got := strings.Split(csv.body, "\r\n"); len(got) != 14 || !strings.Contains(csv.body, "School,'=Madeup Academy,Sex,Sex F,0,10,0,") || !strings.Contains(csv.body, "School,Invented School,Sex,All,5,10,50,") {
		t.Errorf("as CSV: %q", got)
	}
	book, err := excelize.OpenReader(strings.NewReader(analyst.get(href("Excel")).body))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := book.GetRows("Answer")
	if err != nil {
		t.Fatal(err)
	}
	if last := rows[len(rows)-1]; !slices.Equal(last, []string{"All", "25.0%", "25.0%", "25.0%", "25.0%"}) {
		t.Errorf("as Excel: %q", last)
	}

	// It is kept under a name, for its owner alone.
	query, _ := page.Find("input[name=query]").Attr("value")
	if r := analyst.post("/ask/kept", url.Values{"name": {"SEN by school"}, "query": {query}}); r.status != http.StatusSeeOther {
		t.Fatalf("keep it: %d", r.status)
	}
	kept := document(t, analyst.get("/ask").body).Find("main a:contains('SEN by school')")
	to, _ := kept.Attr("href")
	if got := table(analyst.get(to)); !slices.Equal(got, want) {
		t.Errorf("what was kept is %q", got)
	}
	director := h.as(t, access.Director)
	if strings.Contains(director.get("/ask").body, "SEN by school") {
		t.Error("somebody else sees the question")
	}
	if got := table(director.get(to)); !slices.Equal(got, want) { // but by its address
		t.Errorf("shared: %q", got)
	}
	if r := analyst.post("/ask/kept", url.Values{"name": {"x"}, "query": {"child=1"}}); r.status != http.StatusBadRequest {
		t.Errorf("what is no question is kept: %d", r.status)
	}

	// What is kept can be sent by schedule; the letter has the question and no figure.
	what, _ := document(t, analyst.get("/subscriptions").body).Find("option:contains('SEN by school')").Attr("value")
	if r := analyst.post("/subscriptions", url.Values{"what": {what}, "when": {"0 7 * * 1"}}); r.status != http.StatusSeeOther {
		t.Errorf("subscribe: %d", r.status)
	}
	if r := analyst.post("/subscriptions", url.Values{"what": {"question:999"}, "when": {"0 7 * * 1"}}); r.status != http.StatusUnprocessableEntity {
		t.Errorf("subscribe to nothing: %d", r.status)
	}
	if _, err := h.pool.Exec(t.Context(), `UPDATE alert_subscription SET next_at = now() - interval '1 hour'`); err != nil {
		t.Fatal(err)
	}
	if err := h.alerts.SendSubscriptions(t.Context(), Subscribed(Options{Engine: h.engine, Layouts: layout.NewStore(h.pool, time.Now), Now: time.Now})); err != nil {
		t.Fatal(err)
	}
	var letter string
	if err := h.pool.QueryRow(t.Context(), `SELECT body_text FROM alert_message WHERE reason = 'subscription'`).Scan(&letter); err != nil || !strings.Contains(letter, "by school and sex, only special educational needs") || strings.Contains(letter, "50.0%") {
		t.Errorf("the letter: %v %s", err, letter)
	}
	end, _ := document(t, analyst.get("/subscriptions").body).Find("main table form").Attr("action")
	if r := analyst.post(end, nil); r.status != http.StatusSeeOther || strings.Contains(analyst.get("/subscriptions").body, end) {
		t.Errorf("end it: %d", r.status)
	}

	// What cannot be asked is said beside its field.
	for path, field := range map[string]string{
		"/ask?indicator=unauthorised-absence&rows=sex&columns=sex":                      "pick-columns",
		"/ask?indicator=unauthorised-absence&period=week%3A1999-01-04":                  "pick-period",
		"/ask?indicator=unauthorised-absence&from=2026-11&to=2026-10":                   "pick-from",
		"/ask?indicator=unauthorised-absence&from=2026-09&to=2026-11&with=13":           "pick-from",
		"/ask?indicator=unauthorised-absence&period=week%3A2024-11-04&with=year-before": "pick-period",
	} {
		if r := analyst.get(path); r.status != http.StatusBadRequest || document(t, r.body).Find(".govuk-error-summary a[href='#"+field+"']").Length() != 1 {
			t.Errorf("%s: %d", path, r.status)
		}
	}
	if r := analyst.get("/ask?indicator=unauthorised-absence&from=2026-09&to=2026-11"); !slices.Contains(table(r), "All|6.3%10 of 160") {
		t.Errorf("months: %d %q", r.status, table(r))
	}
	// The page of one school leads to its children by sex.
	school := document(t, analyst.get("/indicators/unauthorised-absence?breakdown=school&member=2").body)
	further, _ := school.Find("main a:contains('By sex')").Attr("href")
	if got := table(analyst.get(further)); !slices.Contains(got, "Sex F|25.0%5 of 20") {
		t.Errorf("from the page of a school: %q %q", further, got)
	}
	lead := h.as(t, access.LeadMember)
	if r := lead.get(form); r.status != http.StatusOK || len(table(r)) > 0 || !strings.Contains(r.body, "are not published") {
		t.Errorf("a lead member: %d %q", r.status, table(r))
	}
}
