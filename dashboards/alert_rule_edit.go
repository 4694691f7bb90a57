package dashboards

// The editor of an alert rule. It shows what the rule would have told in the last
// twelve months before it saves it.

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/alerts"
	"onevision/indicators"
)

func init() {
	register(func(s *site) []route {
		return []route{
			{method: http.MethodGet, path: "/alerts/rules/new", page: s.newAlertRule, within: "/alerts"},
			{method: http.MethodPost, path: "/alerts/rules/new", page: s.saveAlertRule},
			{method: http.MethodGet, path: "/alerts/rules/:rule/edit", page: s.editAlertRule, within: "/alerts"},
			{method: http.MethodPost, path: "/alerts/rules/:rule/edit", page: s.saveAlertRule},
		}
	}, alertRuleEditPage{})
}

type alertRuleEditPage struct {
	frame
	Problems []formProblem
	Heading  string
	Path     string
	Measures formField // which measure, before one is chosen
	Choosing bool
	Measure  string // its title
	ID       string // of the measure
	Fields   []formField
	More     []formField
	Tried    *backtestWords
	Settings string // what was tried, so that nothing else is saved
}

func (alertRuleEditPage) file() string { return "alert_rule_edit.html" }

// backtestWords is a backtest as lines.
type backtestWords struct {
	Lead  string
	Lines []fact
}

func (s *site) newAlertRule(c echo.Context, v access.Viewer) error {
	q, err := queryOf(c, allowed{"indicator": nil})
	if err != nil {
		return err
	}
	if err := s.managesAlerts(c, v); err != nil {
		return err
	}
	if q["indicator"] == "" {
		var options []option
		for _, d := range s.Engine.List(watching) {
			options = append(options, option{Value: d.ID, Text: d.Title})
		}
		return s.render(c, http.StatusOK, alertRuleEditPage{frame: s.frame(c, v, "New alert rule"), Heading: "New alert rule", Path: "/alerts/rules/new", Choosing: true,
			Measures: choose("indicator", "Which measure?", "", "", options...)})
	}
	d, ok := s.watched(q["indicator"])
	if !ok {
		return indicators.ErrNotFound
	}
	r, err := s.suggested(c, d)
	if err != nil {
		return err
	}
	return s.showRuleForm(c, v, http.StatusOK, alertRuleEditPage{}, d, writtenForm(r))
}

// managesAlerts is not found for a viewer who may not change rules.
func (s *site) managesAlerts(c echo.Context, v access.Viewer) error {
	may, err := s.Alerts.MayManage(c.Request().Context(), v)
	if err == nil && !may {
		err = echo.ErrNotFound
	}
	return err
}

// watched is a definition that a rule may watch.
func (s *site) watched(id string) (indicators.Definition, bool) {
	all := s.Engine.List(watching)
	i := slices.IndexFunc(all, func(d indicators.Definition) bool { return d.ID == id })
	if i < 0 {
		return indicators.Definition{}, false
	}
	return all[i], true
}

func (s *site) editAlertRule(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	if err := s.managesAlerts(c, v); err != nil {
		return err
	}
	r, err := s.ruleOf(c, v)
	if err != nil {
		return err
	}
	d, ok := s.watched(r.Indicator)
	if !ok || r.File != "" {
		return echo.ErrNotFound
	}
	return s.showRuleForm(c, v, http.StatusOK, alertRuleEditPage{}, d, writtenForm(r))
}

// ruleForm is a rule as the form holds it: text throughout.
type ruleForm map[string]string

func writtenForm(r alerts.Rule) ruleForm {
	w := r.Write()
	f := ruleForm{"name": w.Name, "period": w.Period, "breakdown": w.Each, "operator": w.Operator, "threshold": w.Threshold.String(), "periods": strconv.Itoa(w.Periods),
		"min_denominator": w.MinDenominator.String(), "confidence": strconv.Itoa(w.Confidence), "timing": w.Timing, "escalate_hours": strconv.Itoa(w.EscalateHours),
		"quiet_from": w.QuietFrom, "quiet_to": w.QuietTo, "worse_by": "25"}
	if w.Name == "" { // nothing to begin with
		f["threshold"] = ""
	}
	if w.Clear != nil {
		f["clear"] = w.Clear.String()
	}
	if w.WorseBy != nil {
		f["worse_by"] = w.WorseBy.String()
	}
	if w.Optional {
		f["optional"] = "yes"
	}
	if w.Enabled {
		f["enabled"] = "yes"
	}
	return f
}

// rule reads the form. An alerts.Invalid says which field is wrong.
func (f ruleForm) rule(indicator string) (alerts.Rule, error) {
	text := func(name string) string { return strings.TrimSpace(f[name]) }
	whole := func(name, words string) (int, error) {
		n, err := strconv.Atoi(text(name))
		if err != nil {
			return 0, alerts.Invalid{Field: name, Text: words}
		}
		return n, nil
	}
	w := alerts.Written{Name: text("name"), Indicator: indicator, Period: text("period"), Each: text("breakdown"), Operator: text("operator"), Threshold: json.Number(text("threshold")),
		MinDenominator: json.Number(text("min_denominator")), Timing: text("timing"), Optional: f["optional"] != "", Enabled: f["enabled"] != "", QuietFrom: text("quiet_from"), QuietTo: text("quiet_to")}
	number := func(name string) *json.Number {
		n := json.Number(text(name))
		if n == "" {
			return nil
		}
		return &n
	}
	w.Clear, w.WorseBy = number("clear"), number("worse_by")
	var err1, err2, err3 error
	w.Periods, err1 = whole("periods", "Enter for how many periods in a row as a whole number, such as 1")
	w.Confidence, err2 = whole("confidence", "Choose how sure it must be")
	w.EscalateHours, err3 = whole("escalate_hours", "Enter the working hours as a whole number, or 0 for never")
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			return alerts.Rule{}, err
		}
	}
	return w.Rule()
}

func (s *site) saveAlertRule(c echo.Context, v access.Viewer) error {
	if err := s.managesAlerts(c, v); err != nil {
		return err
	}
	ctx := c.Request().Context()
	var id int64
	if c.Param("rule") != "" {
		r, err := s.ruleOf(c, v)
		if err != nil {
			return err
		}
		if r.File != "" {
			return echo.ErrNotFound
		}
		id = r.ID
	}
	d, ok := s.watched(c.FormValue("indicator"))
	if !ok {
		return indicators.ErrNotFound
	}
	f := ruleForm{}
	for _, name := range ruleFields {
		f[name] = c.FormValue(name)
	}
	r, err := f.rule(d.ID)
	r.ID = id
	var tried alerts.Backtest
	if err == nil {
		tried, err = s.Alerts.Backtest(ctx, v, r)
	}
	p := alertRuleEditPage{}
	if err == nil {
		p.Settings = version(f)
		if c.FormValue("do") == "save" && c.FormValue("settings") == p.Settings { // what was tried is what is saved
			if id, err = s.Alerts.SaveRule(ctx, v, r); err == nil {
				said := "The rule is saved, and off."
				if r.Enabled {
					said = "The rule is saved, and on. What is over its limit now is told in one list."
				}
				s.Sessions.PutFlash(ctx, said)
				return c.Redirect(http.StatusSeeOther, fmt.Sprintf("/alerts/rules/%d", id))
			}
		}
	}
	var invalid alerts.Invalid
	switch {
	case errors.As(err, &invalid):
		return s.showRuleForm(c, v, http.StatusUnprocessableEntity, alertRuleEditPage{Problems: []formProblem{{invalid.Field, invalid.Text}}}, d, f)
	case errors.Is(err, alerts.ErrNotFound):
		return echo.ErrNotFound
	case err != nil:
		return fmt.Errorf("try an alert rule: %w", err)
	}
	p.Tried = wordsOf(tried, r)
	return s.showRuleForm(c, v, http.StatusOK, p, d, f)
}

var ruleFields = []string{"name", "period", "breakdown", "operator", "threshold", "clear", "periods", "min_denominator", "confidence", "worse_by", "timing", "escalate_hours", "optional", "quiet_from", "quiet_to", "enabled"}

func (s *site) showRuleForm(c echo.Context, v access.Viewer, code int, p alertRuleEditPage, d indicators.Definition, f ruleForm) error {
	p.Heading, p.Path = "New alert rule", "/alerts/rules/new"
	if id := c.Param("rule"); id != "" {
		p.Heading, p.Path = "Edit an alert rule", "/alerts/rules/"+id+"/edit"
	}
	p.frame = s.frame(c, v, titled(p.Heading, len(p.Problems) > 0))
	p.Measure, p.ID = d.Title, d.ID
	unit := ""
	if d.Unit == indicators.Percent {
		unit = "In per cent: 3 is 3%."
	}
	text := func(name, label, hint string) formField {
		return formField{Name: name, Label: label, Hint: hint, Value: f[name], Short: name != "name"}
	}
	var periods, each []option
	for _, k := range d.Periods {
		periods = append(periods, option{Value: string(k), Text: kindName(k)})
	}
	each = append(each, option{Text: eachWords("")})
	for _, b := range d.Breakdowns {
		each = append(each, option{Value: b, Text: eachWords(b)})
	}
	p.Fields = []formField{
		text("name", "Name of the rule", ""),
		choose("breakdown", "Whom it watches", "", f["breakdown"], each...),
		choose("period", "Figures of each", "Only periods that are complete are judged.", f["period"], periods...),
		choose("operator", "An alert opens when the figure is", "", f["operator"], option{Value: ">", Text: "above"}, option{Value: ">=", Text: "at or above"}, option{Value: "<", Text: "below"}, option{Value: "<=", Text: "at or below"}),
		text("threshold", "this limit", unit),
		text("clear", "It recovers when the figure is back at (optional)", "Empty: at the limit. A figure on the good side of the limit keeps an alert from opening and ending again and again."),
		choose("timing", "Letters go", "", f["timing"], option{Value: "digest", Text: "In the digest on Monday at 7:30am"}, option{Value: "at-once", Text: "At once"}),
	}
	p.More = []formField{
		text("periods", "Periods in a row before it opens", ""),
		text("min_denominator", "Smallest denominator that is judged", "Fewer "+cmp.Or(d.Of, "of them")+" than this say nothing."),
		choose("confidence", "How sure it must be", "Two children in a small school are no news: the whole interval of the figure must lie beyond the limit.", f["confidence"],
			option{Value: "0", Text: "The figure alone"}, option{Value: "80", Text: "80% interval"}, option{Value: "90", Text: "90% interval"}, option{Value: "95", Text: "95% interval"}, option{Value: "99", Text: "99% interval"}),
		text("worse_by", "Told again when it is worse by this many per cent", "0: never."),
		text("escalate_hours", "Passed on after so many working hours without an acknowledgement", "To who answers for the whole authority. 0: never."),
		text("quiet_from", "No letters from (optional)", "Such as 19:00."),
		text("quiet_to", "until", "Such as 07:00."),
		{Kind: "checkbox", Name: "optional", Label: "A reader may stop its letters", Value: f["optional"]},
		{Kind: "checkbox", Name: "enabled", Label: "Switched on", Value: f["enabled"]},
	}
	if len(p.Problems) > 0 {
		all := append(slices.Clone(p.Fields), p.More...)
		p.Problems = wrong(all, p.Problems[0].Field, p.Problems[0].Text)
		p.Fields, p.More = all[:len(p.Fields)], all[len(p.Fields):]
	}
	return s.render(c, code, p)
}

// wordsOf is a backtest in words.
func wordsOf(t alerts.Backtest, r alerts.Rule) *backtestWords {
	if t.Periods == 0 {
		return &backtestWords{Lead: "There are no figures of complete periods yet, so it cannot be said what the rule would have told."}
	}
	kind := words(r.Period)
	b := &backtestWords{Lead: fmt.Sprintf("From %s to %s (%s, as their figures are known now) this rule would have told:", t.From, t.To, count(t.Periods, kind, kind+"s"))}
	add := func(name, text string) { b.Lines = append(b.Lines, fact{Name: name, Text: text}) }
	of := ""
	if r.Breakdown != "" {
		of = fmt.Sprintf(", about %d of %d", t.Fired, t.Members)
	}
	add("Alerts opened", sentence(count(t.Opened, "alert", "alerts"))+of)
	add("Ended", fmt.Sprintf("%d recovered, %d open now, %d told again as worse", t.Recovered, t.Open, t.Worse))
	add("Letters", fmt.Sprintf("%s to %s; at most %d to one of them in a week. Reminders and letters to who stands in are not counted.", count(t.Letters, "letter", "letters"), count(t.Readers, "person", "people"), t.Busiest))
	if t.LongestPeriods > 0 {
		longest := count(t.LongestPeriods, kind, kind+"s")
		if t.Longest != "" {
			longest = t.Longest + ", " + longest
		}
		add("Open for longest", longest)
	}
	add("Opened again at once", count(t.Flaps, "alert", "alerts")+" within two "+kind+"s of recovering")
	return b
}
