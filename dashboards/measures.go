package dashboards

// The list of every measure, found by name, theme, status and what has changed.

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/indicators"
)

func init() {
	register(func(s *site) []route {
		return []route{{method: http.MethodGet, path: "/indicators", page: s.measures, may: access.ViewDashboards, menu: "Measures", place: 10}}
	}, measuresPage{})
}

// measuresPage is every measure as a line, under its theme.
type measuresPage struct {
	frame
	Lead    string
	Name    string // what the name is to hold
	Choices []choice
	Clear   bool // something is asked for that can be taken back
	Themes  []measureTheme
	Version string
	Tag     string
}

func (measuresPage) file() string { return "measures.html" }

type measureTheme struct {
	ID, Name string
	Rows     []measureRow
}

type measureRow struct {
	Href, Title string
	Status      status
	Value       string
	Period      string
	Change      string
	Arrow       string
	Target      string
	England     string
}

// statusKeys are the statuses by which measures are found.
var statusKeys = []string{"off-target", "at-risk", "on-target", "no-target", "not-judged"}

func (s *site) measures(c echo.Context, v access.Viewer) error {
	defs := s.Engine.List(v)
	var themes []string
	for _, d := range defs {
		if !slices.Contains(themes, d.Theme) {
			themes = append(themes, d.Theme)
		}
	}
	q, err := queryOf(c, allowed{"name": nil, "theme": themes, "status": statusKeys, "changed": moveKeys()})
	if err != nil {
		return err
	}
	answers, err := s.answers(c, v)
	if err != nil {
		return err
	}
	look, err := s.Layouts.Look(c.Request().Context(), v)
	if err != nil {
		return err
	}
	p := measuresPage{frame: s.frame(c, v, "Measures"), Name: q["name"], Choices: measureChoices(q, themes, !look.Before.IsZero()), Clear: len(q) > 0}
	shown, ids := 0, []string{}
	for _, a := range answers {
		d := a.Definition()
		row := measureRowOf(a)
		if !hasWords(d, q["name"]) || q["theme"] != "" && q["theme"] != d.Theme || q["status"] != "" && q["status"] != row.Status.Class || q["changed"] != "" && q["changed"] != moved(a, look) {
			continue
		}
		if n := len(p.Themes); n == 0 || p.Themes[n-1].Name != themeName(d.Theme) {
			p.Themes = append(p.Themes, measureTheme{ID: fmt.Sprintf("theme-%d", n+1), Name: themeName(d.Theme)})
		}
		t := &p.Themes[len(p.Themes)-1]
		t.Rows = append(t.Rows, row)
		shown++
		ids = append(ids, d.ID)
	}
	p.Lead = sentence(count(len(answers), "measure", "measures")) + "."
	if p.Clear {
		p.Lead = fmt.Sprintf("%d of %s.", shown, count(len(answers), "measure", "measures"))
	}
	if err := s.auditView(c, v, "measures", ids...); err != nil {
		return err
	}
	p.Printed = when(s.Now())
	p.Version = version([]any{p.Lead, p.Themes})
	p.Tag = tagOf(v, p.Version)
	return s.refreshable(c, p, p.Tag)
}

// hasWords reports whether the measure's name or meaning holds each of the words.
func hasWords(d indicators.Definition, words string) bool {
	text := strings.ToLower(d.Title + " " + d.Meaning + " " + d.ID)
	for w := range strings.FieldsSeq(strings.ToLower(words)) {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

func measureChoices(q query, themes []string, looked bool) []choice {
	pick := func(name, label, all string, options []option) choice {
		for i := range options {
			options[i].Selected = options[i].Value == q[name]
		}
		return choice{Name: name, Label: label, Options: append([]option{{Text: all}}, options...)}
	}
	var byTheme, byStatus, byChange []option
	for _, t := range themes {
		byTheme = append(byTheme, option{Value: t, Text: themeName(t)})
	}
	for _, k := range statusKeys {
		byStatus = append(byStatus, option{Value: k, Text: sentence(strings.ReplaceAll(k, "-", " "))})
	}
	choices := []choice{pick("theme", "Theme", "Every theme", byTheme), pick("status", "Status", "Any status", byStatus)}
	if looked || q["changed"] != "" {
		for _, m := range moves {
			byChange = append(byChange, option{Value: m.key, Text: m.name})
		}
		choices = append(choices, pick("changed", "Since you last looked", "Whatever happened", byChange))
	}
	return choices
}

func measureRowOf(a indicators.Answer) measureRow {
	d, f := a.Definition(), a.Current()
	r := measureRow{Href: "/indicators/" + d.ID, Title: d.Title, Status: statusOf(a.Status()), Value: f.Text, Period: sentence(f.Period.Name)}
	if t, ok := a.Target(); ok {
		r.Target = t.Text + limit(d.Polarity)
	}
	if ch := a.Change(); ch.Known {
		r.Change = sentence(ch.Text)
		if verdict := ch.Verdict(); verdict != "" {
			r.Change += ": " + verdict
		}
		r.Arrow = changeFact(ch, a.Previous()).Arrow
	}
	for _, other := range a.Comparators() {
		if other.Area == "England" {
			r.England = other.Text + " in " + other.Period
		}
	}
	return r
}
