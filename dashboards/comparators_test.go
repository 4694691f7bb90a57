package dashboards

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/chromedp"

	"onevision/access"
)

// before one record is in, whoever may view dashboards sees what is published.
func TestComparatorsBeforeAnyRecord(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	member := h.as(t, access.LeadMember)
	r := member.get("/comparators")
	if r.status != http.StatusOK {
		t.Fatalf("the list: %d", r.status)
	}
	if len(r.body) > 80_000 {
		t.Errorf("the list is %d bytes of HTML", len(r.body))
	}
	checkPage(t, "comparators", r.body)
	doc := parsed(t, r.body)
	if n := doc.Find("main tbody tr").Length(); n < 90 {
		t.Errorf("%d measures in the list", n)
	}
	// Hand-picked from the DfE's own tables.
	for href, want := range map[string]string{
		"/comparators/unauthorised-absence": "2024/25 academic year|1.54%|2.30%|1.98%|1.69%|Lowest of 11|Lowest quarter",
		"/comparators/ehc-plans-20-weeks":   "2024|8.8%|46.4%|39.6%|39.8%|Lowest of 11|Lowest quarter",
		"/comparators/conferences-15-days":  "Year to 31 March 2025|71.6%|81.4%|",
		"/comparators/children-in-care":     "31 March 2025|705|81,770|",
		"/comparators/neet-16-17":           "December 2024 to February 2025|3.4%|3.4%|3.8%|",
	} {
		var cells []string
		doc.Find(`main tr:has(a[href="` + href + `"]) td`).Each(func(_ int, s *goquery.Selection) { cells = append(cells, s.Text()) })
		if got := strings.Join(cells, "|"); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", href, got, want)
		}
	}
	doc.Find("main a[href^='/comparators/']").Each(func(_ int, s *goquery.Selection) {
		href := s.AttrOr("href", "")
		if r := member.get(href); r.status != http.StatusOK || len(r.body) > 80_000 {
			t.Errorf("%s: %d, %d bytes", href, r.status, len(r.body))
		} else {
			checkPage(t, href, r.body)
		}
	})
	if words := doc.Find("main").Text(); strings.Contains(words, "because") || strings.Contains(words, "due to") {
		t.Error("the list says why a figure is as it is")
	}
}

func TestOneComparator(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	director := h.as(t, access.Director)
	doc := parsed(t, director.get("/comparators/unauthorised-absence").body)
	if s := doc.Find(".app-header__authority").Text(); s != "Exampleshire" {
		t.Errorf("the head names %q, not whose server this is", s)
	}
	if s := doc.Find(".app-headline").Text(); s != "Cambridgeshire: 1.54% in the 2024/25 academic year. England 2.30%, East of England 1.98%, statistical neighbours 1.69% (median of 10)." {
		t.Errorf("headline: %s", s)
	}
	rows := map[string]string{}
	doc.Find("table[data-table-for='years-chart'] tbody tr").Each(func(_ int, s *goquery.Selection) {
		var cells []string
		s.Find("td").Each(func(_ int, c *goquery.Selection) { cells = append(cells, strings.TrimSpace(c.Text())) })
		rows[s.Find("th").Text()] = strings.Join(cells, "|")
	})
	if len(rows) != 10 || rows["2024/25"] != "1.54%|2.30%|1.98%|1.77%|Lowest of 11" || !strings.HasPrefix(rows["2019/20"], "not held|not held|") || rows["2020/21break in the series"] == "" {
		t.Errorf("years: %v", rows)
	}
	if s := doc.Find("main").Text(); !strings.Contains(s, "Open Government Licence v3.0") || !strings.Contains(s, "Local authority interactive tool, April 2026 (8 April 2026)") {
		t.Error("the page does not say whose figures they are")
	}
	for query, want := range map[string]int{
		"?part=primary": 200, "?part=nursery": 400, "?kind=academic-year-to-date": 200, "?kind=fortnight": 400, "?period=2023/24": 200, "?period=1066/67": 400, "?x=1": 400,
		"?part=&kind=&period=": 200,
	} {
		if r := director.get("/comparators/unauthorised-absence" + query); r.status != want {
			t.Errorf("%s: %d, want %d", query, r.status, want)
		}
	}
	if r := director.get("/comparators/happiness"); r.status != http.StatusNotFound {
		t.Errorf("a measure that is not held: %d", r.status)
	}
	r := director.get("/comparators.csv?measure=unauthorised-absence")
	lines, err := csv.NewReader(strings.NewReader(r.body)).ReadAll()
	if err != nil || len(lines) != 201 || lines[0][0] != "measure" {
		t.Errorf("the CSV: %v, %d lines", err, len(lines))
	}
}

// The pages as a person sees them: drawn, keyboard-scrollable, no wider than a
// small screen, nothing that axe or the policy refuses, and charts that draw what
// their tables say.
func TestComparatorsInABrowser(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ctx := browser(t)
	said := listen(ctx)
	run(t, ctx, "sign in", chromedp.Steps(chromedp.Navigate(h.url+"/sign-in"),
		chromedp.SendKeys("#username", string(access.Director)), chromedp.SendKeys("#password", goodPassword), chromedp.Click("main button[type=submit]"), chromedp.WaitVisible("#lead")))
	for name, path := range map[string]string{
		"comparators":                "/comparators",
		"comparator-absence":         "/comparators/unauthorised-absence",
		"comparator-absence-to-date": "/comparators/unauthorised-absence?kind=academic-year-to-date&part=primary",
		"comparator-gcse":            "/comparators/gcse-attainment8-in-care",
		"comparator-count":           "/comparators/children-in-care",
		"comparator-england-alone":   "/comparators/entry-to-adoptive-placement",
		"comparator-participation":   "/comparators/participation-16-17",
		"comparator-suppressed":      "/comparators/child-protection-2-years",
	} {
		look(t, ctx, name, h.url+path)
		for _, problem := range run(t, ctx, name, chromedp.Evaluate[[]string](tablesSayCharts)) {
			t.Errorf("%s: %s", name, problem)
		}
		if *pictures != "" {
			onPaper(t, ctx, name, h.url+path)
		}
		for _, c := range said.taken() {
			t.Errorf("%s: the browser complains: %s", name, c)
		}
	}
}

// tablesSayCharts says where a chart draws a number that its table does not hold.
const tablesSayCharts = `(() => {
  const problems = [];
  for (const chart of document.querySelectorAll('[data-chart]')) {
    const option = JSON.parse(document.querySelector('script[data-for="' + chart.id + '"]').textContent);
    const table = document.querySelector('table[data-table-for="' + chart.id + '"]');
    const said = [...table.querySelectorAll('tbody data')].map(d => parseFloat(d.textContent.replace(/,/g, '')));
    for (const s of option.series) {
      for (const v of s.data.map(v => v !== null && typeof v === 'object' ? v.value : v)) {
        if (typeof v === 'number' && !said.includes(v)) { problems.push(chart.id + ' draws ' + v + ' as ' + s.name + ', which its table does not hold'); }
      }
    }
  }
  return problems;
})()`

func parsed(t *testing.T, html string) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}
