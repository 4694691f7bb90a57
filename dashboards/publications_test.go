package dashboards

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
	"onevision/indicators"
	"onevision/indicators/indicatorstest"
	"onevision/indicators/library"
	"onevision/warehouse"
)

// A director publishes by the page; the lead member then sees that and nothing else:
// in two counties that differ in hidden cells alone each page and each card has the
// same bytes. What is corrected later stands beside what was published, with its
// cause, for those with a right to exact figures.
func TestPublishedFigures(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	db, err := warehouse.Memory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	facts := indicatorstest.New(t, db)
	// Last month, of three schools with 20, 30 and 40 pupils: 6, 12 and 3 sessions missed.
	day := indicators.DayOf(time.Now()).AddDate(0, 0, 1-time.Now().Day()).AddDate(0, -1, 9)
	for day.Weekday() != time.Wednesday {
		day = day.AddDate(0, 0, 1)
	}
	month := day.Format("2006-01")
	facts.Exec(`INSERT INTO facts.half_term (id, academic_year, number, first_day, last_day) VALUES (1, ?, 1, ?, ?)`, day.AddDate(0, -8, 0).Year(), day, day)
	facts.Exec(`INSERT INTO facts.school (id, name) VALUES (1, 'Ash Primary'), (2, 'Birch Primary'), (3, 'Cedar Primary')`)
	facts.Exec(`INSERT INTO facts.child (id, date_of_birth) SELECT i, ? FROM range(1, 91) r(i)`, day.AddDate(-9, 0, 0))
	facts.Exec(`INSERT INTO facts.enrolment (id, child_id, school_id, from_date) SELECT i, i, CASE WHEN i <= 20 THEN 1 WHEN i <= 50 THEN 2 ELSE 3 END, ? FROM range(1, 91) r(i)`, day)
	facts.Exec(`INSERT INTO facts.attendance (id, child_id, school_id, date, am, pm) SELECT id, child_id, school_id, ?,
		CASE WHEN child_id <= 6 OR child_id BETWEEN 21 AND 32 OR child_id BETWEEN 51 AND 53 THEN 'O' ELSE '/' END, '\' FROM facts.enrolment`, day)
	text, err := library.Files.ReadFile("attendance/unauthorised-absence.yaml")
	if err != nil {
		t.Fatal(err)
	}
	l, err := indicators.LoadLibrary(fstest.MapFS{"attendance/unauthorised-absence.yaml": &fstest.MapFile{Data: text}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	engine, err := indicators.NewEngine(indicators.EngineOptions{Library: l, Warehouse: facts, Pool: h.pool, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	run := func() {
		t.Helper()
		if err := engine.Run(t.Context(), nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	run()
	h.engine.real = engine
	director, member := h.as(t, access.Director), h.as(t, access.LeadMember)
	if r := member.get("/indicators/unauthorised-absence"); r.status != http.StatusOK || !strings.Contains(r.body, "not published yet") {
		t.Errorf("before: %d %s", r.status, r.body)
	}
	publish := func() {
		t.Helper()
		checkPage(t, "publications", director.get("/publications").body)
		if r := director.post("/publications", url.Values{"of": {month}, "signed-off-by": {"D Director"}, "commentary": {"A quiet month."}}); r.status != http.StatusSeeOther {
			t.Fatalf("published: %d %s", r.status, r.body)
		}
	}
	if r := director.post("/publications", url.Values{"of": {month}, "signed-off-by": {"D Director"}, "commentary": {"A quiet\x00month."}}); r.status != http.StatusUnprocessableEntity || document(t, r.body).Find(".govuk-error-summary a[href='#commentary']").Length() != 1 {
		t.Errorf("with a NUL: %d", r.status)
	}
	write := annotates(t, h, day)
	publish()
	write.published(member)

	clock := regexp.MustCompile(`\d{1,2}(:\d\d)?[ap]m|midday|midnight`)
	all := func() string {
		t.Helper()
		var b strings.Builder
		for _, path := range []string{"/", "/indicators", "/indicators/unauthorised-absence", "/indicators/unauthorised-absence?breakdown=school&member=3", "/members/school/3", "/publications", "/mine", "/cards/unauthorised-absence", "/cards/unauthorised-absence?breakdown=school"} {
			r := member.get(path)
			if r.status != http.StatusOK {
				t.Fatalf("%s: %d", path, r.status)
			}
			if !strings.HasPrefix(path, "/cards") {
				checkPage(t, path, r.body)
			}
			fmt.Fprintf(&b, "%s\n%s\n", path, clock.ReplaceAllString(r.body, "hour"))
		}
		return b.String()
	}
	member.get("/") // the first look has nothing to say of what changed since
	first := all()
	for _, want := range []string{"D Director", "A quiet month.", "21 of 180"} {
		if !strings.Contains(first, want) {
			t.Errorf("the lead member does not see %q", want)
		}
	}
	partner := 1 // Cedar's 3 is hidden, and one that is drawn with it
	if regexp.MustCompile(`(?s)Birch Primary.{0,400}not shown`).MatchString(member.get("/indicators/unauthorised-absence?breakdown=school").body) {
		partner = 21
	}
	facts.Exec(`UPDATE facts.attendance SET am = '/' WHERE child_id = ?`, partner)
	facts.Exec(`UPDATE facts.attendance SET am = 'O' WHERE child_id = 54`)
	run()
	if again := all(); again != first {
		t.Error("what the lead member sees moved with the record")
	}
	if r := director.get("/indicators/unauthorised-absence?period=month&breakdown=school&member=3"); !strings.Contains(r.body, "records were entered, corrected or withdrawn since: 1 more in the count of sessions missed without permission") &&
		!strings.Contains(r.body, "Records were entered, corrected or withdrawn since: 1 more in the count of sessions missed without permission") {
		t.Errorf("the director is not told of the correction: %s", r.body)
	}
	store, err := pgx.Connect(t.Context(), h.admin)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close(t.Context())
	if _, err := store.Exec(t.Context(), `TRUNCATE published_annotation, published_value, published_period, published_release RESTART IDENTITY;
		UPDATE indicator_annotation SET outcome = '', ended_at = NULL, withdrawn_at = CASE id WHEN 2 THEN withdrawn_at END; DELETE FROM indicator_annotation WHERE id > 5`); err != nil {
		t.Fatal(err)
	}
	publish()
	if again := all(); again != first {
		t.Errorf("two counties that differ in hidden cells alone can be told apart:\n%s\n\n%s", first, again)
	}
}
