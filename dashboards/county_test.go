package dashboards_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/cmd/app"
	"onevision/dashboards"
	"onevision/indicators/indicatorstest"
	"onevision/records/county"
	"onevision/records/postgres/postgrestest"
)

const password = "demo-password-of-tests"

// demo is a small invented county with everything running: the pages over real
// records, a real warehouse and real figures.
func demo(t *testing.T) (*app.App, *pgxpool.Pool) {
	t.Helper()
	server := postgrestest.Server(t, nil)
	place := app.Place{Data: t.TempDir(), DatabaseURL: server.URL(postgrestest.Prepared), Log: slog.New(slog.DiscardHandler)}
	env, err := app.Open(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { env.Close() })
	if err := env.SeedDemo(t.Context(), county.Options{Children: 1500, Seed: 1}, password, time.Now); err != nil {
		t.Fatal(err)
	}
	h, err := app.New(t.Context(), env, app.Options{Place: place, Listen: "127.0.0.1:0", Library: indicatorstest.Few, Log: place.Log,
		Demo: &app.Demo{Personas: []dashboards.Persona{{Role: "director", Username: "director", Password: password}}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := h.Run(ctx); err != nil {
			t.Errorf("the app: %v", err)
		}
	})
	t.Cleanup(func() {
		stop()
		running.Wait()
		if err := h.Close(); err != nil {
			t.Errorf("close the app: %v", err)
		}
	})
	if err := h.WaitReady(t.Context()); err != nil { // the test program's own time bounds it
		t.Fatal(err)
	}
	admin, err := pgxpool.New(t.Context(), env.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(admin.Close)
	return h, admin
}

// TestDirectorInABrowser signs in as the director and looks at everything there
// is, as a person would; then a mark is changed in the record store, and the
// page that is open shows it by itself.
func TestDirectorInABrowser(t *testing.T) {
	t.Parallel()
	h, admin := demo(t)
	ctx := dashboards.Browser(t)
	said := dashboards.Listen(ctx)
	do := func(what string, steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	do("sign in", chromedp.Navigate(h.PublicURL+"/"),
		chromedp.SendKeys("#username", "director"), chromedp.SendKeys("#password", password), chromedp.Click("main button[type=submit]"),
		chromedp.WaitVisible("#lead"))

	cards := evaluate[[]string](t, ctx, `[...document.querySelectorAll('.app-card')].map(c => [c.querySelector('h2 a').getAttribute('href'), c.querySelector('.app-status').textContent,
		c.querySelector('.app-card__value').textContent, c.querySelector('.app-spark-text').textContent].join('|'))`)
	if len(cards) < 4 {
		t.Fatalf("%d cards: %v", len(cards), cards)
	}
	pages := []string{"/", "/indicators", "/indicators?name=absence&status=off-target", "/dashboard", "/registers", "/print", "/mine", "/members/school/1", "/members/team/1", "/alerts/rules", "/alerts/silences", "/leave", "/alerts", "/inbox", "/accessibility-statement", "/indicators/unauthorised-absence?period=month&last=26&sort=name&order=descending"}
	for _, c := range cards {
		parts := strings.Split(c, "|")
		for _, p := range parts {
			if strings.TrimSpace(p) == "" {
				t.Errorf("a card without a part: %s", c)
			}
		}
		pages = append(pages, parts[0])
	}
	lead := evaluate[string](t, ctx, `document.getElementById('lead').textContent`)
	for _, words := range []string{"Data as at ", " sent their marks for ", " off target", " open"} {
		if !strings.Contains(lead, words) {
			t.Errorf("the first line does not say %q: %s", words, lead)
		}
	}
	for _, p := range pages {
		// Councils' networks are slow: HTML has a budget, and ECharts is loaded
		// where there is a chart to draw and nowhere else.
		if size := evaluate[int](t, ctx, `fetch(`+"`"+h.PublicURL+p+"`"+`).then(r => r.text()).then(s => s.length)`); size > 80_000 {
			t.Errorf("%s: %d bytes of HTML", p, size)
		}
		dashboards.Look(t, ctx, "county"+strings.NewReplacer("/", "-", "?", "-", "&", "-", "=", "-").Replace(p), h.PublicURL+p)
		for _, problem := range evaluate[[]string](t, ctx, parity) {
			t.Errorf("%s: %s", p, problem)
		}
		if charts := evaluate[[]bool](t, ctx, `[!!document.querySelector('[data-chart]'), !!window.echarts]`); charts[0] != charts[1] {
			t.Errorf("%s: a chart is there: %v; the library is loaded: %v", p, charts[0], charts[1])
		}
	}
	for _, c := range said.Taken() {
		t.Errorf("the browser complains: %s", c)
	}
	membersAgree(t, ctx, h)
	changes(t, ctx, h, admin)
}

// membersAgree compares a school's page with the page of each of its measures: the
// figure and the status are the same.
func membersAgree(t *testing.T, ctx context.Context, h *app.App) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Navigate(h.PublicURL+"/members/school/1")); err != nil {
		t.Fatal(err)
	}
	rows := evaluate[[]string](t, ctx, `[...document.querySelectorAll('#member tbody tr')].map(r => [r.querySelector('a').getAttribute('href'), r.querySelector('td strong').textContent, r.querySelector('.app-status').textContent].join('|'))`)
	if len(rows) < 2 {
		t.Fatalf("a school's page has %v", rows)
	}
	for _, row := range rows {
		href, shown, _ := strings.Cut(row, "|")
		if err := chromedp.Do(ctx, chromedp.Navigate(h.PublicURL+href)); err != nil {
			t.Fatal(err)
		}
		if got := evaluate[string](t, ctx, `document.querySelector('.app-big').textContent + '|' + document.querySelector('#headline .app-status').textContent`); got != shown {
			t.Errorf("%s: the school's page says %s, the measure's %s", href, shown, got)
		}
	}
}

// changes marks a child absent and waits for the open page to say so.
func changes(t *testing.T, ctx context.Context, h *app.App, admin *pgxpool.Pool) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1366, 900), chromedp.Navigate(h.PublicURL+"/indicators/unauthorised-absence")); err != nil {
		t.Fatal(err)
	}
	week := strings.TrimPrefix(evaluate[string](t, ctx, `document.querySelector('.app-now data').closest('tr').querySelector('th').dataset.period`), "week:")
	before := evaluate[int](t, ctx, numerator)
	tag, err := admin.Exec(t.Context(), `UPDATE attendance SET am = 'O' WHERE id = (
		SELECT a.id FROM attendance a JOIN child c ON c.id = a.child_id WHERE a.date BETWEEN $1::date AND $1::date + 4 AND a.am = '/'
		AND c.date_of_birth BETWEEN a.date - interval '14 years' AND a.date - interval '7 years' ORDER BY a.id LIMIT 1)`, week)
	if err != nil || tag.RowsAffected() != 1 {
		t.Fatalf("change a mark of the week of %s: %v (%d rows)", week, err, tag.RowsAffected())
	}
	changed := time.Now()
	for evaluate[int](t, ctx, numerator) != before+1 {
		if time.Since(changed) > 3*time.Minute { // a hang, however busy the machine is
			t.Fatalf("the page still shows %d", evaluate[int](t, ctx, numerator))
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Logf("shown %s after it was recorded", time.Since(changed).Round(10*time.Millisecond))
	if status := evaluate[string](t, ctx, `document.querySelector('[data-live-panel] [role=status]').textContent`); !strings.HasPrefix(status, "Figures updated at ") {
		t.Errorf("the page says %q of its update", status)
	}
	for _, problem := range evaluate[[]string](t, ctx, parity) {
		t.Errorf("after the change: %s", problem)
	}
}

func evaluate[T any](t *testing.T, ctx context.Context, js string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%v in %s", err, fmt.Sprintf("%.60s", js))
	}
	return v
}

// numerator is that of the period that the page is about.
const numerator = `parseInt(document.querySelector('.app-now td:nth-of-type(2)').textContent.replace(/,/g, ''), 10)`

// parity says where a chart and its table differ, number by number.
const parity = `(() => {
  const problems = [];
  for (const chart of document.querySelectorAll('[data-chart]')) {
    const option = JSON.parse(document.querySelector('script[data-for="' + chart.id + '"]').textContent);
    const table = document.querySelector('table[data-table-for="' + chart.id + '"]');
    const numbers = which => [...table.querySelectorAll('tbody data' + which)].map(d => parseFloat(d.textContent.replace(/,/g, '')));
    const shown = numbers(':not([data-year-before])');
    const value = v => v !== null && typeof v === 'object' ? v.value : v;
    let drawn = [];
    if (chart.id === 'trend-chart') {
      const series = option.series.filter(s => !/^Target |^A year before$/.test(s.name)).map(s => s.data.map(value));
      const before = option.series.filter(s => s.name === 'A year before').flatMap(s => s.data.map(value)).filter(v => typeof v === 'number').reverse();
      if (JSON.stringify(before) !== JSON.stringify(numbers('[data-year-before]'))) {
        problems.push(chart.id + ' draws ' + JSON.stringify(before) + ' of the year before, its table says ' + JSON.stringify(numbers('[data-year-before]')));
      }
      for (let i = 0; i < series[0].length; i++) {
        const there = series.map(s => s[i]).filter(v => typeof v === 'number');
        if (there.length > 1) { problems.push(chart.id + ' draws two figures of one period'); }
        drawn.push(...there);
      }
      drawn.reverse();
    } else {
      drawn = option.series[0].data.map(value).sort((a, b) => a - b);
      shown.sort((a, b) => a - b);
    }
    if (!shown.length || JSON.stringify(drawn) !== JSON.stringify(shown)) {
      problems.push(chart.id + ' draws ' + JSON.stringify(drawn) + ', its table says ' + JSON.stringify(shown));
    }
  }
  return problems;
})()`
