package indicators_test

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/indicators"
	"onevision/indicators/indicatorstest"
)

// publishing is three schools whose November is complete, with a record store; the
// clock is the caller's.
func publishing(t *testing.T, now *time.Time) (*indicators.Engine, *indicatorstest.Warehouse, *pgx.Conn) {
	t.Helper()
	admin, app := database(t)
	w := threeSchools(t)
	w.Exec(`UPDATE facts.enrolment SET to_date = DATE '2026-11-21'`)
	l, err := indicators.LoadLibrary(indicatorstest.Few)
	if err != nil {
		t.Fatal(err)
	}
	e, err := indicators.NewEngine(indicators.EngineOptions{Library: l, Warehouse: w, Pool: app, Now: func() time.Time { return *now }})
	if err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(t.Context(), admin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(t.Context()) })
	compute(t, e)
	return e, w, c
}

func compute(t *testing.T, e *indicators.Engine) {
	t.Helper()
	if err := e.Run(t.Context(), nil, 0); err != nil {
		t.Fatal(err)
	}
}

// All that is published says one thing from its first day on: who sees published
// figures alone sees these, and nothing of what is hidden or has changed since.
func TestPublication(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 2, 9, 0, 0, 0, time.UTC)
	e, w, store := publishing(t, &now)
	exec := func(sql string) {
		t.Helper()
		if _, err := store.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	// The key by which Birch Primary (2) goes beside Cedar's small number.
	bySchool := indicators.Question{Indicator: "unauthorised-absence", Breakdown: "school"}
	member := func(q indicators.Question) indicators.Answer { t.Helper(); return ask(t, e, access.LeadMember, q) }
	publish := func(of string) indicators.Release {
		t.Helper()
		r, err := e.Publish(t.Context(), access.System(access.Operating), indicators.Publishing{Of: of, By: "page", SignedOffBy: "A Director", Commentary: "A quiet month."})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	shown := func() map[string]string {
		out := map[string]string{}
		for _, m := range member(bySchool).Members() {
			out[m.Name] = m.Current.Text
		}
		return out
	}

	exec(`INSERT INTO published_from (day) VALUES ('2026-11-20')`)
	a := member(bySchool)
	if p, only := a.PublishedOnly(); !only || p != nil || a.Current().Text != "not published yet" || len(a.Members()) != 0 ||
		a.Current().Note != "no figures have been published yet; those of November 2026 will be when they are complete, on 15 December 2026 at the latest" {
		t.Errorf("before: %+v, %v", a.Current(), a.Members())
	}
	for _, role := range []access.Role{access.LeadMember, access.SocialWorker, access.Manager, access.Administrator, "nobody"} {
		if _, err := e.Publish(t.Context(), accesstest.Viewer(role), indicators.Publishing{Of: "2026-11"}); !errors.Is(err, indicators.ErrNotFound) {
			t.Errorf("%s publishes: %v", role, err)
		}
	}

	// What cannot be computed is left; what can is of the records as they are now.
	w.Exec(`UPDATE facts.attendance SET am = 'O' WHERE date = DATE '2026-11-18' AND child_id = 54`)
	compute(t, e)
	w.Exec(`UPDATE facts.attendance SET am = '/' WHERE date = DATE '2026-11-18' AND child_id = 54`)
	limit := e.Limit
	e.Limit = 1
	if r := publish("2026-11"); r.ID != 0 || !slices.ContainsFunc(r.Left, func(left string) bool {
		return strings.HasSuffix(left, "November 2026: it could not be computed from the records as they are now")
	}) {
		t.Errorf("published what is behind its records: %+v", r)
	}
	e.Limit = limit
	r := publish("2026-11")
	if r.Measures == 0 || r.Hidden < 2 {
		t.Fatalf("published: %+v", r)
	}
	for _, of := range []string{"2026-11", "month:2026-11", "2026-10..2026-12"} {
		if again := publish(of); again.ID != 0 {
			t.Errorf("published again: %+v", again)
		}
	}
	a = member(bySchool)
	p, _ := a.PublishedOnly()
	if p == nil || p.SignedOffBy != "A Director" || p.Commentary != "A quiet month." || a.Current().Of() != "36 of 1,796" || a.Status() == indicators.StatusNotJudged {
		t.Fatalf("the whole is %+v, %+v", a.Current(), p)
	}
	// Cedar's 3 is small; another goes with it, since 36 less the others would be 3.
	first := shown()
	if first["Cedar Primary"] != "not shown" || (first["Ash Primary"] == "not shown") == (first["Birch Primary"] == "not shown") {
		t.Fatalf("%v", first)
	}
	exact := map[string]indicators.Member{}
	for _, m := range ask(t, e, access.Director, indicators.Question{Indicator: "unauthorised-absence", Breakdown: "school", At: "month:2026-11"}).Members() {
		exact[m.Name] = m
	}
	known := map[string]string{}
	for name, m := range exact {
		known[name] = m.Current.Text
	}
	ownFigures(t, e, first, known)
	dump := everything(reflect.ValueOf(a))
	partner := ""
	for name, text := range first {
		if text != "not shown" {
			continue
		}
		if name != "Cedar Primary" {
			partner = name
		}
		for _, number := range []decimal.Decimal{exact[name].Current.Value, exact[name].Current.Denominator} {
			if strings.Contains(dump, " "+number.String()) {
				t.Errorf("the answer holds %s of %s", number, name)
			}
		}
		one := member(indicators.Question{Indicator: "unauthorised-absence", Breakdown: "school", Member: exact[name].ID})
		if f := one.Current(); f.State != indicators.Suppressed || f.HasNumber() || !f.Numerator.IsZero() {
			t.Errorf("%s asked alone: %+v", name, f)
		}
	}
	for _, q := range []indicators.Question{{Indicator: "unauthorised-absence", Period: "week"}, {Indicator: "unauthorised-absence", At: "week:2026-11-16"}, {Indicator: "unauthorised-absence", At: "month:2026-12"}} {
		if _, err := e.Ask(t.Context(), accesstest.Viewer(access.LeadMember), q); !errors.Is(err, indicators.ErrNotFound) {
			t.Errorf("%+v: %v", q, err)
		}
	}

	// The program itself cannot change what is published.
	for _, sql := range []string{`UPDATE published_value SET numerator = 1`, `DELETE FROM published_value`, `UPDATE published_period SET complete = true`, `UPDATE published_key SET key = key`} {
		if _, err := e.Pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s: done", sql)
		}
	}

	// Everything that a viewer without exact figures is given, in one text.
	all := func() string {
		var b strings.Builder
		v := accesstest.Viewer(access.LeadMember)
		for _, d := range e.List(v) {
			for _, kind := range d.Periods {
				for _, breakdown := range append([]string{""}, d.Breakdowns...) {
					b.WriteString(everything(reflect.ValueOf(member(indicators.Question{Indicator: d.ID, Period: kind, Breakdown: breakdown}))))
				}
			}
		}
		for row, err := range e.Rows(t.Context(), v, indicators.RowsAsked{}) {
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&b, everything(reflect.ValueOf(row)))
		}
		return b.String() + e.RowsTag(t.Context(), v, indicators.RowsAsked{})
	}
	before := all()

	// One mark more at Cedar, one fewer at the school that went with it: a county
	// that differs in hidden cells alone. What is published stays; those with a
	// right to exact figures see both.
	pupil := map[string]int{"Ash Primary": 1, "Birch Primary": 21}[partner]
	w.Exec(fmt.Sprintf(`UPDATE facts.attendance SET am = '/' WHERE date = DATE '2026-11-18' AND child_id = %d`, pupil))
	w.Exec(`UPDATE facts.attendance SET am = 'O' WHERE date = DATE '2026-11-18' AND child_id = 54`)
	w.AsAt = w.AsAt.Add(time.Hour)
	compute(t, e)
	if all() != before {
		t.Error("what is published moved when facts did")
	}
	now = now.Add(time.Hour)
	if all() != before {
		t.Error("what is published moved by the clock")
	}
	now, w.AsAt = now.Add(-time.Hour), w.AsAt.Add(-time.Hour)
	exec(`TRUNCATE published_annotation, published_value, published_period, published_release RESTART IDENTITY`)
	compute(t, e)
	if r := publish("2026-11"); r.ID != 1 {
		t.Fatalf("%+v", r)
	}
	if after := all(); after != before {
		t.Errorf("two counties that differ in hidden cells alone can be told apart:\n%s\n%s", before, after)
	}
}

// A program that caches figures by their tag gets the new ones with a new tag, whichever
// program published them.
func TestTagChangesWithTheFigures(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 2, 9, 0, 0, 0, time.UTC)
	e, w, _ := publishing(t, &now)
	other, err := indicators.NewEngine(indicators.EngineOptions{Library: e.Defined(), Warehouse: w, Pool: e.Pool, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	v := accesstest.Viewer(access.LeadMember)
	given := func() (tag, figures string) {
		t.Helper()
		tag = e.RowsTag(t.Context(), v, indicators.RowsAsked{})
		for row, err := range e.Rows(t.Context(), v, indicators.RowsAsked{}) {
			if err != nil {
				t.Fatal(err)
			}
			figures += fmt.Sprintln(everything(reflect.ValueOf(row)))
		}
		return tag, figures
	}
	tag, figures := given()
	if _, err := other.Publish(t.Context(), access.System(access.Operating), indicators.Publishing{Of: "2026-11", By: "page", SignedOffBy: "A Director"}); err != nil {
		t.Fatal(err)
	}
	if newTag, newFigures := given(); newTag != tag && newFigures == figures {
		t.Error("another program published, and a new tag goes out with the figures from before")
	}
	e.ForgetPublished()
	if newTag, newFigures := given(); newTag == tag || newFigures == figures {
		t.Errorf("read again after another program published: new tag %v, new figures %v", newTag != tag, newFigures != figures)
	}
}

// What is due is published by itself: when it is complete, else on its last day and
// marked; what ended before the program ran here is left to a person.
func TestWhatIsDueIsPublished(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 2, 9, 0, 0, 0, time.UTC)
	e, w, store := publishing(t, &now)
	log := &strings.Builder{}
	e.Log = slog.New(slog.NewTextHandler(log, nil))
	e.PublishDue = true
	compute(t, e) // before Start noted from when
	if log.Len() > 0 {
		t.Errorf("a first run logs %s", log)
	}
	if _, err := store.Exec(t.Context(), `INSERT INTO published_from (day) VALUES ('2026-11-01')`); err != nil {
		t.Fatal(err)
	}
	w.Exec(`DELETE FROM facts.attendance WHERE school_id = 3 AND date > DATE '2026-11-11'`)
	published := func() string {
		t.Helper()
		return strings.Join(column(t, store, `SELECT period_id || ' ' || complete || ' ' || (SELECT string_agg(flag, ' ' ORDER BY breakdown, member) FROM published_value v WHERE v.indicator = p.indicator AND v.period_id = p.period_id AND breakdown IN ('', 'school'))
			FROM published_period p WHERE indicator = 'unauthorised-absence'`), "; ")
	}
	compute(t, e)
	if got := published(); got != "" {
		t.Fatalf("incomplete, and published: %s", got)
	}
	// After its last day what is incomplete may be the first of several late files.
	now = time.Date(2026, 12, 16, 9, 0, 0, 0, time.UTC)
	compute(t, e)
	if got := published(); got != "" {
		t.Fatalf("incomplete after its last day, and published: %s", got)
	}
	if note := ask(t, e, access.LeadMember, indicators.Question{Indicator: "unauthorised-absence"}).Current().Note; !strings.HasSuffix(note, "those of November 2026 will be when they are complete, or when somebody publishes them") {
		t.Errorf("after its last day: %q", note)
	}
	now = time.Date(2026, 12, 15, 9, 0, 0, 0, time.UTC)
	compute(t, e)
	got := published()
	if !strings.HasPrefix(got, "month:2026-11 false shown") || !strings.Contains(got, "incomplete") {
		t.Fatalf("on its last day: %q", got)
	}
	a := ask(t, e, access.LeadMember, indicators.Question{Indicator: "unauthorised-absence", Breakdown: "school"})
	if f := a.Current(); f.State != indicators.Incomplete || !strings.HasPrefix(f.Note, "incomplete when it was published: ") {
		t.Errorf("%+v", f)
	}
	// Cedar is incomplete, and cannot be had from the others.
	n := 0
	for _, m := range a.Members() {
		if m.Current.HasNumber() {
			n++
		}
	}
	if n > 1 {
		t.Errorf("%d of 3 schools are shown beside one that is incomplete", n)
	}
	compute(t, e)
	if again := published(); again != got {
		t.Errorf("then %q", again)
	}

	// It is read as it was meant then, and not cut again another way.
	const name = "attendance/unauthorised-absence.yaml"
	text, err := fs.ReadFile(indicatorstest.Few, name)
	if err != nil {
		t.Fatal(err)
	}
	define := func(pairs ...string) {
		t.Helper()
		own := strings.NewReplacer(pairs...).Replace(string(text))
		l, err := indicators.LoadLibrary(indicatorstest.Few, fstest.MapFS{name: {Data: []byte(own)}})
		if err != nil || own == string(text) {
			t.Fatal(err)
		}
		if err := e.Define(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	define("unit: percent", "unit: rate-per-100", "polarity: low", "polarity: high")
	b := ask(t, e, access.LeadMember, indicators.Question{Indicator: "unauthorised-absence"})
	if d := b.Definition(); b.Current().Text != a.Current().Text || d.Unit != indicators.Percent || d.Polarity != indicators.LowIsGood {
		t.Errorf("published as %q of %s, and now read as %q of %s, %s", a.Current().Text, a.Definition().Unit, b.Current().Text, d.Unit, d.Polarity)
	}
	define("periods: [", "periods: [week] # ")
	r, err := e.Publish(t.Context(), access.System(access.Operating), indicators.Publishing{Of: "2026-11", By: "page", Incomplete: true})
	if err != nil || !slices.ContainsFunc(r.Left, func(left string) bool {
		return strings.Contains(left, "was published by another kind of period (month)")
	}) {
		t.Errorf("weeks of a month that is published: %+v, %v", r, err)
	}
}
