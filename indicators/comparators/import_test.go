package comparators_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/indicators/comparators"
	"onevision/records/postgres/postgrestest"
	"onevision/records/schema"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

func database(t *testing.T) *pgxpool.Pool {
	t.Helper()
	app, err := schema.RoleURL(postgrestest.New(t), schema.App, postgrestest.Passwords.App)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(t.Context(), app)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// absence is a file as the DfE publishes it, of a few rows.
const absence = "\ufefftime_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,old_la_code,new_la_code,la_name,education_phase,sess_unauthorised,sess_possible,sess_unauthorised_percent\n" +
	"202526,Academic year,National,E92000001,England,,,,,,Total,46000000,2000000000,2.31\n" +
	"202526,Academic year,Regional,E92000001,England,E12000006,East of England,,,,Total,4000000,200000000,2\n" +
	"202526,Academic year,Local authority,E92000001,England,E12000006,East of England,873,E10000003,Cambridgeshire,Total,300000,20000000,1.5\n" +
	"202526,Academic year,Local authority,E92000001,England,E12000006,East of England,873,E10000003,Cambridgeshire,State-funded primary,100000,9000000,1.1\n" +
	"202526,Academic year,Local authority,E92000001,England,E12000008,South East,E10000002,825,Buckinghamshire,Total,c,c,c\n" +
	"202526,Academic year,School,E92000001,England,E12000006,East of England,873,E10000003,Cambridgeshire,Total,1,2,50\n" +
	"202425,Academic year,National,E92000001,England,,,,,,Total,45900000,1990000000,2.3\n" +
	"202526,Academic year,Local authority,E92000001,England,E12000006,East of England,874,E06000031,Peterborough,Total,1,2,n/k\n" +
	"202526,Half term,Local authority,E92000001,England,E12000006,East of England,874,E06000031,Peterborough,Total,1,2,2\n" +
	"202526,Academic year,Local authority,E92000001,England,E12000006,East of England,874,,Peterborough,Total,1,2,2\n" +
	"202526,Academic year,Local authority,E92000001,England,E12000006,East of England,873,E10000003,Cambridgeshire,Total,300000,20000000,1.6\n"

const absenceMap = `publisher: Department for Education
publication: Pupil absence in schools in England
release: 2025/26
published: 2027-03-25
address: https://explore-education-statistics.service.gov.uk/find-statistics/pupil-absence-in-schools-in-england
measures:
  - measure: unauthorised-absence
    where: {education_phase: Total}
    value: sess_unauthorised_percent
    numerator: sess_unauthorised
    denominator: sess_possible
    comparison: whole-year
    note: The second half of the summer term is left out for pupils aged 15.
  - measure: unauthorised-absence
    part: primary
    where: {education_phase: State-funded primary}
    value: sess_unauthorised_percent
    comparison: whole-year
    note: The second half of the summer term is left out for pupils aged 15.
`

func mapOf(t *testing.T, text string) (*comparators.Map, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "map.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return comparators.ReadMap(name)
}

func set(t *testing.T, s *comparators.Store) *comparators.Set {
	t.Helper()
	got, err := s.Set(t.Context(), accesstest.Viewer(access.Director))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func figure(t *testing.T, s *comparators.Store, measure, part, period, area string) comparators.Figure {
	t.Helper()
	in := set(t, s)
	m, ok := in.Measure(measure, part)
	p, err := comparators.PeriodOf(comparators.AcademicYear, period)
	if !ok || err != nil {
		t.Fatalf("%s.%s %s: %v %v", measure, part, period, ok, err)
	}
	return in.Figure(m, p, area)
}

// A file of the DfE's is taken as it is: what is new and what changed count, what
// is wrong is said row by row, a second run changes nothing, the next start
// overwrites nothing, and what is withdrawn leaves what stood.
func TestImport(t *testing.T) {
	t.Parallel()
	pool := database(t)
	store := comparators.NewStore(pool)
	operator := access.System(access.Operating)
	if _, err := store.SetAuthority(t.Context(), operator, "E10000003", ""); err != nil {
		t.Fatal(err)
	}
	m, err := mapOf(t, absenceMap)
	if err != nil {
		t.Fatal(err)
	}
	var rejects bytes.Buffer
	r, err := store.Import(t.Context(), operator, "absence.csv", strings.NewReader(absence), m, &rejects)
	if err != nil {
		t.Fatal(err)
	}
	// England's figure of the year before stands already, without its counts.
	if r.Rows != 11 || r.Added != 5 || r.Changed != 1 || r.Unchanged != 0 || r.Others != 1 || r.Rejected != 4 || r.Release == 0 {
		t.Errorf("%+v", r)
	}
	for i, want := range []struct {
		line   int
		column string
		reason string
	}{
		{9, "sess_unauthorised_percent", "is no number"}, {10, "time_identifier", "say in the map what it is"}, {11, "new_la_code", "is no code of an area"},
		{12, "sess_unauthorised_percent", "is a second figure of unauthorised-absence for the same area and period (the first is on line 4)"},
	} {
		if got := r.Rejects[i]; got.Line != want.line || got.Column != want.column || !strings.Contains(got.Reason, want.reason) {
			t.Errorf("reject %d: %+v", i, got)
		}
	}
	if lines := strings.Split(strings.TrimSpace(rejects.String()), "\n"); len(lines) != 5 || !strings.HasSuffix(lines[0], ",rejected_because") {
		t.Errorf("rejects:\n%s", rejects.String())
	}
	own := figure(t, store, "unauthorised-absence", "", "2025/26", "E10000003")
	if own.Value.String() != "1.5" || own.Numerator.Decimal.String() != "300000" || own.Denominator.Decimal.String() != "20000000" || own.Comparison != "whole-year" {
		t.Errorf("own figure %+v", own)
	}
	if f := figure(t, store, "unauthorised-absence", "", "2025/26", "E06000060"); f.Flag != "c" || f.HasValue() || f.Area.Name != "Buckinghamshire" {
		t.Errorf("a suppressed one under its old code, in the other column: %+v", f)
	}
	if f := figure(t, store, "unauthorised-absence", "primary", "2025/26", "E10000003"); f.Value.String() != "1.1" {
		t.Errorf("the part: %+v", f)
	}
	if f := figure(t, store, "unauthorised-absence", "", "2024/25", "E10000003"); f.Value.String() != "1.54" {
		t.Errorf("what was not in the file: %+v", f)
	}

	again, err := comparators.NewStore(pool).Import(t.Context(), operator, "absence.csv", strings.NewReader(absence), m, nil)
	if err != nil || again.Release != 0 || again.Added+again.Changed != 0 || again.Unchanged != 6 {
		t.Errorf("a second run: %+v %v", again, err)
	}

	// Another start, and what a person sees is still what was imported.
	corrected := strings.Replace(absence, "1990000000,2.3\n", "1990000000,2.4\n", 1)
	if r, err = store.Import(t.Context(), operator, "absence.csv", strings.NewReader(corrected), m, nil); err != nil || r.Changed != 1 || r.Added != 0 {
		t.Fatalf("a correction: %+v %v", r, err)
	}
	next := comparators.NewStore(pool)
	if f := figure(t, next, "unauthorised-absence", "", "2024/25", comparators.England); f.Value.String() != "2.4" {
		t.Errorf("after the next start: %s", f.Value)
	}
	if err := next.Withdraw(t.Context(), operator, r.Release); err != nil {
		t.Fatal(err)
	}
	if f := figure(t, store, "unauthorised-absence", "", "2024/25", comparators.England); f.Value.String() != "2.3" {
		t.Errorf("after it was withdrawn: %s", f.Value)
	}
	if err := next.Withdraw(t.Context(), operator, 1); err == nil {
		t.Error("a shipped release was withdrawn")
	}
	var lines int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM audit WHERE kind = 'comparators'`).Scan(&lines); err == nil && lines != 3 {
		t.Errorf("%d lines in the audit", lines)
	}
}

func TestMapsThatAreWrong(t *testing.T) {
	t.Parallel()
	store := comparators.NewStore(database(t))
	for name, c := range map[string]struct{ old, new, want string }{
		"a key that is not one":        {"value: sess_un", "values: sess_un", `map.yaml:9:5: unknown field "values"`},
		"a column that is not there":   {"numerator: sess_unauthorised", "numerator: sess_unauth", "names the column sess_unauth, which the file does not have; it has: time_period,"},
		"a filter that chooses none":   {"education_phase: Total", "education_phase: All", "no row is chosen by measure 1 (unauthorised-absence): look at its where (education_phase: All)"},
		"a measure that is not known":  {"  - measure: unauthorised-absence\n    where", "  - measure: absence-by-weather\n    where", "measure absence-by-weather is not known yet, so it needs a title"},
		"no publisher":                 {"publisher: Department for Education", "publisher: ''", "publisher is missing"},
		"unlike, and not said how":     {"    note: The second half of the summer term is left out for pupils aged 15.\n  -", "  -", "needs a note saying how it differs"},
		"a kind of period of no one's": {"measures:", "period: fortnight\nmeasures:", `there is no kind of period "fortnight"; there are: academic-year`},
		"a day that is none":           {"2027-03-25", "2027-02-30", `published "2027-02-30" is no date`},
	} {
		m, err := mapOf(t, strings.Replace(absenceMap, c.old, c.new, 1))
		if err == nil {
			_, err = store.Import(t.Context(), access.System(access.Operating), "absence.csv", strings.NewReader(absence), m, nil)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	m, err := mapOf(t, absenceMap)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{"empty": "", "another file": "a,b\n1,2\n"} {
		if _, err := store.Import(t.Context(), access.System(access.Operating), "x.csv", strings.NewReader(file), m, nil); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// Any authority: its code, its region and neighbours from a file.
func TestAnotherAuthority(t *testing.T) {
	t.Parallel()
	store := comparators.NewStore(database(t))
	operator := access.System(access.Operating)
	if _, err := store.SetAuthority(t.Context(), operator, "E06000031", ""); err == nil || !strings.Contains(err.Error(), "--name") {
		t.Errorf("an authority that nothing is held of: %v", err)
	}
	head := "authority_code,authority_name,region_code,region_name,neighbour_code,neighbour_name,closeness\n"
	file := head
	for _, n := range []string{"E10000003,Cambridgeshire", "E10000025,Oxfordshire", "E10000015,Hertfordshire", "E06000060,Buckinghamshire", "E10000031,Warwickshire", "E10000013,Gloucestershire"} {
		file += "E06000025,South Gloucestershire,E12000009,South West," + n + ",close\n"
	}
	if n, err := store.ImportNeighbours(t.Context(), operator, "n.csv", strings.NewReader(file)); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	a, err := store.SetAuthority(t.Context(), operator, "E06000025", "")
	if err != nil || a.Name != "South Gloucestershire" {
		t.Fatal(a, err)
	}
	in := set(t, store)
	m, _ := in.Measure("unauthorised-absence", "")
	p, _ := in.Newest(m, comparators.AcademicYear)
	sum := in.Summary(m, p)
	if sum.Own.Value.String() != "1.98" || sum.Of != 6 || !sum.Stands || sum.Standing.Of != 7 || sum.Region.HasValue() {
		t.Errorf("%+v", sum)
	}
	for name, bad := range map[string]string{
		"a code": head + "E1,A,E12000009,B,E10000003,C,\n", "itself": head + "E10000003,A,E12000009,B,E10000003,A,\n", "no name": head + "E10000003,,E12000009,B,E10000025,C,\n", "no line": head,
	} {
		if _, err := store.ImportNeighbours(t.Context(), operator, "n.csv", strings.NewReader(bad)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestWhoMay(t *testing.T) {
	t.Parallel()
	store := comparators.NewStore(database(t))
	if _, err := store.Set(t.Context(), access.Viewer{}); err == nil {
		t.Error("nobody reads the figures")
	}
	m, err := mapOf(t, absenceMap)
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range access.Roles() {
		v := accesstest.Viewer(role)
		if _, err := store.Set(t.Context(), v); err != nil {
			t.Errorf("%s: %v", role, err)
		}
		_, err := store.Import(t.Context(), v, "absence.csv", strings.NewReader(absence), m, nil)
		if may := v.May(access.OperateSystem); (err == nil) != may {
			t.Errorf("%s imports: %v", role, err)
		}
	}
}
