package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"onevision/access"
	"onevision/alerts"
	"onevision/indicators"
)

// TestTheWayOfOneDatum walks the way of one absence mark, in the words of
// docs/architecture.md: it is put through the API, followed into the warehouse,
// computed, asked for; and the page, the workbook and the mail show it.
func TestTheWayOfOneDatum(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c := demoCounty(t)
	director := c.signIn(t, "director")

	// A school whose last completed week is judged, and a child there who was
	// marked present in it.
	school, week, before := c.quietSchool(t)
	mark := c.presentMark(t, school.ID, week)

	// A rule that this school's figure lies just below: the next unauthorised
	// session tips it. What is over already when the rule begins is one list.
	threshold := before.Numerator.Add(decimal.RequireFromString("0.5")).Mul(decimal.NewFromInt(100)).Div(before.Denominator)
	rule := alerts.UnauthorisedAbsence()
	rule.Name, rule.Threshold, rule.Clear = "The way of one datum", threshold, decimal.NullDecimal{}
	if err := c.app.Alerts.EnsureRule(ctx, rule); err != nil {
		t.Fatal(err)
	}
	if err := c.app.Alerts.Evaluate(ctx, time.Now()); err != nil {
		t.Fatal(err)
	}
	already := c.mailsAbout(school.Name)

	// records.Put: through the API, as an education welfare officer.
	token := c.token(t, "welfare")
	recorded := time.Now()
	c.markUnauthorised(t, token, mark)

	// warehouse.Follow, indicators.Run, indicators.Ask: the figure of that
	// school's week goes from n to n+1 for whoever asks.
	after := eventually(t, func() (indicators.Figure, error) {
		f := c.ask(t, school.ID, week)
		if !f.Numerator.Equal(before.Numerator.Add(decimal.NewFromInt(1))) {
			return f, fmt.Errorf("the numerator is %s, and was %s", f.Numerator, before.Numerator)
		}
		return f, nil
	})
	t.Logf("asked for %s after it was recorded", time.Since(recorded).Round(10*time.Millisecond))
	if !after.Denominator.Equal(before.Denominator) {
		t.Errorf("the denominator went from %s to %s: an absence is still a possible session", before.Denominator, after.Denominator)
	}

	// A page.
	page := director.page(t, "/indicators/unauthorised-absence?"+url.Values{"period": {"week"}, "breakdown": {"school"}, "member": {school.ID}}.Encode())
	row := page.Find("table tr").FilterFunction(func(_ int, s *goquery.Selection) bool {
		return strings.Contains(strings.ToLower(s.Text()), strings.ToLower(week.Name))
	})
	if cells := digits(row.First().Text()); !strings.Contains(cells, after.Numerator.String()) {
		t.Errorf("the page's row for the %s does not show the numerator %s: %q", week.Name, after.Numerator, row.First().Text())
	}

	// A sheet.
	if !c.workbookShows(t, director, school.Name, after) {
		t.Errorf("no row of the workbook shows %s with numerator %s and denominator %s", school.Name, after.Numerator, after.Denominator)
	}

	// An alert.
	defer func() {
		if t.Failed() {
			c.alertsAtHand(t, rule.Name)
		}
	}()
	mails := eventually(t, func() ([]string, error) {
		now := c.mailsAbout(school.Name)
		if len(now) <= len(already) {
			return nil, fmt.Errorf("no mail about the school yet")
		}
		return now, nil
	})
	t.Logf("mailed %s after it was recorded", time.Since(recorded).Round(10*time.Millisecond))
	if text := digits(mails[0]); !strings.Contains(text, after.Numerator.String()) || !strings.Contains(text, after.Denominator.String()) {
		t.Errorf("the mail does not give the figures %s of %s:\n%s", after.Numerator, after.Denominator, mails[0])
	}
	if !strings.Contains(mails[0], c.app.PublicURL) {
		t.Errorf("the mail has no link to %s", c.app.PublicURL)
	}

	// Told once: another run over the same facts says nothing.
	if err := c.app.Engine.Run(ctx, nil, 0); err != nil {
		t.Fatal(err)
	}
	if err := c.app.Alerts.Evaluate(ctx, time.Now()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second) // long enough for a mail that should not come
	if again := c.mailsAbout(school.Name); len(again) != len(mails) {
		t.Errorf("the same state was mailed again: %d mails, then %d", len(mails), len(again))
	}

	// And it was audited: the director's look at the measure's exact figures, and
	// the officer's change, with the child, by name of field.
	var looks int
	if err := c.env.Pool.QueryRow(ctx, `SELECT count(*) FROM audit WHERE action = 'view' AND kind = 'indicator' AND role = 'director' AND fields = '{unauthorised-absence}'`).Scan(&looks); err != nil {
		t.Fatal(err)
	}
	if looks == 0 {
		t.Error("the director's look at the page left no audit line")
	}
	var lines int
	if err := c.env.Pool.QueryRow(ctx, `SELECT count(*) FROM audit WHERE action = 'correct' AND kind = 'attendance' AND record_id = $1 AND child_id IS NOT NULL`, mark).Scan(&lines); err != nil {
		t.Fatal(err)
	}
	if lines != 1 {
		t.Errorf("the change left %d audit lines, not one", lines)
	}
}

// ask is the unauthorised absence of a school in a week, as the director may
// see it.
func (c *demo) ask(t *testing.T, school string, week indicators.Period) indicators.Figure {
	t.Helper()
	a, err := c.app.Engine.Ask(t.Context(), c.viewer(t, "director"), indicators.Question{
		Indicator: "unauthorised-absence", Period: indicators.Week, At: week.ID, Breakdown: "school", Member: school})
	if err != nil {
		t.Fatal(err)
	}
	return a.Current()
}

// quietSchool is a school with the figure of its newest judged week, among the
// largest of them so that a mark tips nothing else.
func (c *demo) quietSchool(t *testing.T) (indicators.Member, indicators.Period, indicators.Figure) {
	t.Helper()
	a, err := c.app.Engine.Ask(t.Context(), c.viewer(t, "director"), indicators.Question{
		Indicator: "unauthorised-absence", Period: indicators.Week, Breakdown: "school"})
	if err != nil {
		t.Fatal(err)
	}
	var best indicators.Member
	for _, m := range a.Members() {
		if m.Current.State == indicators.Known && m.ID != "" && m.Current.Value.LessThan(decimal.NewFromInt(2)) &&
			m.Current.Denominator.GreaterThan(best.Current.Denominator) {
			best = m
		}
	}
	if best.ID == "" {
		t.Fatal("no school of the demo county has a judged week")
	}
	return best, best.Current.Period, best.Current
}

// presentMark is the id of a day row of that school and week whose morning is
// marked present.
func (c *demo) presentMark(t *testing.T, school string, week indicators.Period) int64 {
	t.Helper()
	id, err := strconv.ParseInt(school, 10, 64)
	if err != nil {
		t.Fatalf("a school's member id is its key: %v", err)
	}
	var mark int64
	err = c.admin(t).QueryRow(t.Context(), `SELECT a.id FROM attendance a JOIN child c ON c.id = a.child_id
		WHERE a.school_id = $1 AND a.date BETWEEN $2 AND $3 AND a.am = '/'
		  AND c.date_of_birth < a.date - interval '7 years' AND c.date_of_birth > a.date - interval '14 years' ORDER BY a.id LIMIT 1`,
		id, week.First, week.Last).Scan(&mark)
	if err != nil {
		t.Fatalf("find a mark: %v", err)
	}
	return mark
}

// markUnauthorised corrects the morning of that day to O, through the API.
func (c *demo) markUnauthorised(t *testing.T, token string, id int64) {
	t.Helper()
	path := fmt.Sprintf("%s/api/v1/attendances/%d", c.app.PublicURL, id)
	got := c.call(t, token, http.MethodGet, path, "", nil)
	var rec map[string]any
	if err := json.Unmarshal(got.body, &rec); err != nil {
		t.Fatalf("read the mark: %v", err)
	}
	change := map[string]any{"child": rec["child"], "school": rec["school"], "date": rec["date"], "am": "O", "pm": rec["pm"]}
	for name, v := range change {
		if v == nil {
			delete(change, name)
		}
	}
	body, err := json.Marshal(change)
	if err != nil {
		t.Fatal(err)
	}
	c.call(t, token, http.MethodPut, path, got.etag, body)
}

type answer struct {
	body []byte
	etag string
}

func (c *demo) call(t *testing.T, token, method, path, etag string, body []byte) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	if etag != "" {
		r.Header.Set("If-Match", etag)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	all, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %s: %s", method, path, response.Status, all)
	}
	return answer{all, response.Header.Get("ETag")}
}

// workbookShows looks for a row with the school's name and both figures as
// numbers.
func (c *demo) workbookShows(t *testing.T, b *browser, school string, f indicators.Figure) bool {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(b.get(t, "/dashboard.xlsx")))
	if err != nil {
		t.Fatalf("open the workbook: %v", err)
	}
	defer book.Close()
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			line := strings.Join(row, "\t") + "\t"
			if strings.Contains(line, school+"\t") && strings.Contains(line, "\t"+f.Numerator.String()+"\t") && strings.Contains(line, "\t"+f.Denominator.String()+"\t") {
				return true
			}
		}
	}
	return false
}

// mailsAbout are the texts of the mails that name the school, the newest first. (A
// subject does not, where the count is small.)
func (c *demo) mailsAbout(school string) []string {
	var texts []string
	for _, m := range c.app.Inbox.Messages() {
		if strings.Contains(m.Text, school) {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// alertsAtHand logs how the rule stands, for a test that failed.
func (c *demo) alertsAtHand(t *testing.T, rule string) {
	var standing string
	if err := c.admin(t).QueryRow(context.WithoutCancel(t.Context()), `SELECT jsonb_pretty(jsonb_build_object('rule', to_jsonb(r),
		'states', (SELECT jsonb_agg(to_jsonb(s)) FROM alert_state s WHERE s.rule_id = r.id),
		'messages', (SELECT jsonb_agg(to_jsonb(m) - 'body_html' - 'body_text') FROM alert_message m WHERE m.rule_id = r.id)))
		FROM alert_rule r WHERE r.name = $1`, rule).Scan(&standing); err != nil {
		t.Logf("how the rule stands: %v", err)
	}
	t.Log(standing)
}

func (c *demo) token(t *testing.T, username string) string {
	t.Helper()
	by := access.System(access.Operating)
	a, err := c.app.Accounts.ByUsername(t.Context(), by, username)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := c.app.Accounts.IssueToken(t.Context(), by, a.ID, "test", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// digits takes the commas of thousands out of a text.
func digits(s string) string { return strings.ReplaceAll(s, ",", "") }

// eventually tries until there is no error, for up to a minute: nothing here is
// a statement about speed (that is make bench's).
func eventually[T any](t testing.TB, try func() (T, error)) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	for {
		v, err := try()
		if err == nil {
			return v
		}
		select {
		case <-ctx.Done():
			t.Fatalf("not within a minute: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
