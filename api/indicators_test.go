package api_test

import (
	"encoding/csv"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/api"
	"onevision/indicators/indicatorstest"
	"onevision/indicators/library"
	"onevision/warehouse"
)

// Figures by token, in long form: as JSON a page at a time, as one CSV, filtered, and
// not sent again to who has them.
func TestIndicators(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	db, err := warehouse.Memory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	facts := indicatorstest.New(t, db)
	facts.SchoolYear(2026)
	facts.Exec(`INSERT INTO facts.school (id, name, laestab) VALUES (1, '=1+1', '8732001'), (2, 'St Mary''s School', '8732002')`)
	facts.Exec(`INSERT INTO facts.child (id, date_of_birth) SELECT i, DATE '2016-05-01' FROM range(1, 61) r(i)`)
	facts.Exec(`INSERT INTO facts.enrolment (id, child_id, school_id, from_date) SELECT i, i, 1 + i % 2, DATE '2026-09-01' FROM range(1, 61) r(i)`)
	facts.Exec(`INSERT INTO facts.attendance (id, child_id, school_id, date, am, pm)
		SELECT row_number() OVER (), e.child_id, e.school_id, d.day, CASE WHEN (e.child_id * 7 + isodow(d.day)) % 11 = 0 THEN 'O' ELSE '/' END, '\'
		FROM facts.enrolment e, (SELECT unnest(generate_series(DATE '2026-11-02', DATE '2026-11-13', INTERVAL 1 DAY))::DATE AS day) d WHERE isodow(d.day) <= 5`)
	engine := facts.Engine(time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC), library.Files)
	e := echo.New()
	api.Mount(e, api.Options{Store: h.store, Tokens: h.accounts, Indicators: engine, PublicURL: "https://onevision.example", Version: "test", Log: slog.New(slog.DiscardHandler)})
	server := httptest.NewServer(e)
	defer server.Close()
	h.url = server.URL

	var list struct{ Indicators []struct{ ID, Status string } }
	r := h.ask(t, access.Analyst, "GET", "/api/v1/indicators", nil)
	if err := json.Unmarshal([]byte(r.body), &list); err != nil || len(list.Indicators) < 5 {
		t.Fatalf("%d %v\n%s", r.status, err, r.body)
	}
	// The children behind a figure: with a reason, for those who may see children.
	const behind = "/api/v1/indicators/unauthorised-absence/children"
	if r := h.ask(t, access.WelfareOfficer, "POST", behind, map[string]any{"reason": "to plan visits", "dimension": "school", "member": "1"}); r.status != http.StatusOK ||
		!strings.Contains(r.body, `"member":"=1+1"`) || !strings.Contains(r.body, `"seen":0`) || !strings.Contains(r.body, `"children":[]`) { // whom the warehouse counts is no child of this record store
		t.Errorf("the children: %d %s", r.status, r.body)
	}
	// It is a reading: a token that reads only may ask, and is refused for its reason alone.
	officer, err := h.accounts.ByUsername(t.Context(), operator, string(access.WelfareOfficer))
	if err != nil {
		t.Fatal(err)
	}
	readOnly, err := h.accounts.IssueScopedToken(t.Context(), operator, officer.ID, "reads", time.Hour, access.Scoped{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	for reason, status := range map[string]int{"to plan visits": http.StatusOK, "": http.StatusUnprocessableEntity, "a\x00b": http.StatusUnprocessableEntity} {
		if r := h.askWith(t, "Bearer "+readOnly, "POST", behind, map[string]any{"reason": reason, "dimension": "school", "member": "1"}); r.status != status {
			t.Errorf("reading only, because %q: %d %s", reason, r.status, r.body)
		}
	}
	for _, wrong := range []struct {
		role   access.Role
		id     string
		body   map[string]any
		status int
	}{
		{access.WelfareOfficer, "unauthorised-absence", map[string]any{}, http.StatusUnprocessableEntity},
		{access.WelfareOfficer, "unauthorised-absence", map[string]any{"reason": "x", "dimension": "school"}, http.StatusUnprocessableEntity},
		{access.WelfareOfficer, "unauthorised-absence", map[string]any{"reason": "x", "period_id": "week:1999-01-04"}, http.StatusNotFound},
		{access.WelfareOfficer, "open-cases", map[string]any{"reason": "x"}, http.StatusNotFound},
		{access.Analyst, "unauthorised-absence", map[string]any{"reason": "x"}, http.StatusNotFound},
	} {
		if r := h.ask(t, wrong.role, "POST", "/api/v1/indicators/"+wrong.id+"/children", wrong.body); r.status != wrong.status {
			t.Errorf("%+v: %d %s", wrong, r.status, r.body)
		}
	}
	type figure struct {
		Indicator, Dimension, Member, Code, Flag, Page string
		PeriodID                                       string `json:"period_id"`
		Value, Numerator, Denominator                  json.Number
	}
	const asked = "?indicator=unauthorised-absence&period_kind=week&dimension=school"
	var all []figure
	next := "/api/v1/figures" + asked + "&limit=1"
	for next != "" {
		r = h.ask(t, access.Analyst, "GET", next, nil)
		var page struct{ Figures []figure }
		if err := json.Unmarshal([]byte(r.body), &page); err != nil || len(page.Figures) != 1 {
			t.Fatalf("%s: %d %v\n%s", next, r.status, err, r.body)
		}
		all = append(all, page.Figures...)
		next, _, _ = strings.Cut(strings.TrimPrefix(r.header.Get("Link"), "<"), ">")
	}
	if len(all) < 4 || all[0].Dimension != "school" || !strings.HasPrefix(all[0].Code, "873200") || all[0].Value == "" || all[0].Denominator == "" || !strings.HasPrefix(all[0].Page, "https://onevision.example/indicators/unauthorised-absence?") {
		t.Errorf("%d figures, the first %+v", len(all), all[0])
	}
	r = h.ask(t, access.Analyst, "GET", "/api/v1/figures.csv"+asked, nil)
	lines, err := csv.NewReader(strings.NewReader(r.body)).ReadAll()
	if err != nil || len(lines) != len(all)+1 || lines[0][0] != "indicator" {
		t.Fatalf("%d lines for %d figures (%v)", len(lines), len(all), err)
	}
	formulas := 0
	for i, f := range all {
		line := lines[i+1]
		if line[9] != f.Code || line[12] != f.Value.String() || line[13] != f.Flag || line[14] != f.PeriodID {
			t.Errorf("line %v, figure %+v", line, f)
		}
		if line[8] == "'=1+1" {
			formulas++
		}
	}
	if formulas == 0 || strings.Contains(r.body, ",=1+1") {
		t.Error("a school's name is a formula")
	}
	for _, path := range []string{"/api/v1/figures" + asked, "/api/v1/figures.csv" + asked, "/api/v1/indicators"} {
		tag := h.ask(t, access.Analyst, "GET", path, nil).header.Get("ETag")
		if again := h.ask(t, access.Analyst, "GET", path, nil, "If-None-Match", tag); tag == "" || again.status != http.StatusNotModified || again.body != "" {
			t.Errorf("%s again, with %s: %d", path, tag, again.status)
		}
	}
	for _, wrong := range []string{"?indicator=happiness", "?period_kind=fortnight", "?dimension=star-sign", "?last=0", "?colour=red", "?limit=0"} {
		if r := h.ask(t, access.Analyst, "GET", "/api/v1/figures"+wrong, nil); r.status != http.StatusBadRequest || !strings.Contains(r.body, `"errors"`) {
			t.Errorf("%s: %d %s", wrong, r.status, r.body)
		}
	}
	for _, role := range []access.Role{access.LeadMember, access.SocialWorker, access.Administrator} { // may take no figures out
		if r := h.ask(t, role, "GET", "/api/v1/figures", nil); r.status != http.StatusNotFound {
			t.Errorf("%s: %d", role, r.status)
		}
	}
}
