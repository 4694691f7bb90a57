package api_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"onevision/access"
	"onevision/indicators/comparators"
)

// Published figures by token: filtered, exact, a page at a time, and all in one
// CSV whose columns are the promised ones.
func TestComparators(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	type figure struct {
		Measure, Period, Flag, Source, Licence string
		AreaName                               string      `json:"area_name"`
		Value                                  json.Number `json:"value"`
	}
	list := func(query string) (all []figure, r reply) {
		r = h.ask(t, access.Analyst, "GET", "/api/v1/comparators"+query, nil)
		var body struct{ Comparators []figure }
		if err := json.Unmarshal([]byte(r.body), &body); r.status == http.StatusOK && err != nil {
			t.Fatal(err)
		}
		return body.Comparators, r
	}
	one, _ := list("?measure=unauthorised-absence&part=all&area=E92000001&period_kind=academic-year&from=2025&to=2025")
	if len(one) != 1 || one[0].Value != "2.3" || one[0].Period != "2024/25" || one[0].AreaName != "England" || one[0].Licence != "Open Government Licence v3.0" || !strings.Contains(one[0].Source, "Local authority interactive tool") {
		t.Errorf("%+v", one)
	}
	hidden, _ := list("?measure=gcse-grade5-english-maths-in-care&area=E10000003&from=2025")
	if len(hidden) != 1 || hidden[0].Flag != "c" || hidden[0].Value != "" {
		t.Errorf("a suppressed one: %+v", hidden)
	}
	n, next := 0, "?area_type=national&limit=500"
	for next != "" {
		page, r := list(next)
		if r.status != http.StatusOK || len(page) == 0 {
			t.Fatalf("%s: %d", next, r.status)
		}
		n += len(page)
		next = ""
		if m := regexp.MustCompile(`^</api/v1/comparators(\?[^>]*)>; rel="next"$`).FindStringSubmatch(r.header.Get("Link")); m != nil {
			next = m[1]
		}
	}
	if n != 1144 {
		t.Errorf("%d figures of England in pages", n)
	}
	for _, wrong := range []string{"?measure=happiness", "?area_type=ward", "?period_kind=fortnight", "?from=x", "?limit=0", "?colour=red", "?from=2020&from=2021"} {
		if _, r := list(wrong); r.status != http.StatusBadRequest || !strings.Contains(r.body, `"errors"`) {
			t.Errorf("%s: %d %s", wrong, r.status, r.body)
		}
	}
	r := h.ask(t, access.Analyst, "GET", "/api/v1/comparators.csv", nil)
	lines, err := csv.NewReader(strings.NewReader(r.body)).ReadAll()
	if err != nil || len(lines) != 7349 || strings.Join(lines[0], ",") != strings.Join(comparators.Columns, ",") || r.header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Errorf("the CSV: %v, %d lines, %s", err, len(lines), r.header.Get("Content-Type"))
	}
}
