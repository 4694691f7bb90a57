package api

// The authority's indicators, and their figures in long form, as JSON and as CSV.

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"time"

	"onevision/access"
	"onevision/indicators"
	"onevision/records"
)

// Indicators answers about them: *indicators.Engine does.
type Indicators interface {
	List(v access.Viewer) []indicators.Definition
	Ask(ctx context.Context, v access.Viewer, q indicators.Question) (indicators.Answer, error)
	Rows(ctx context.Context, v access.Viewer, q indicators.RowsAsked) iter.Seq2[indicators.Row, error]
	RowsTag(ctx context.Context, v access.Viewer, q indicators.RowsAsked) string
	ChildrenBehind(ctx context.Context, v access.Viewer, q indicators.Question) (indicators.ChildrenBehind, error)
}

const (
	indicatorsPath = base + "/indicators"
	figuresPath    = base + "/figures"
)

func (s *server) mountIndicators() {
	describeIndicators(s.document.Components.Schemas)
	const tag = "Indicators"
	s.handle(answers(newOperation(http.MethodGet, indicatorsPath, "list-indicators", "List the indicators", "What each means, and its newest figure that can be judged. Small numbers are suppressed as on a page.", tag),
		http.StatusOK, "The indicators.", "IndicatorList"), s.indicators)
	list := newOperation(http.MethodGet, figuresPath, "list-figures", "List figures in long form",
		"By indicator, kind of period, the authority and each breakdown, member and period. Percentages are in per cent. A caller who sends the ETag of what they have gets 304 until a figure changes.", tag, http.StatusBadRequest)
	long := newOperation(http.MethodGet, figuresPath+".csv", "download-figures", "Download figures as CSV",
		"The same, all of them at once. Columns keep their names and order; new ones come at the end.", tag, http.StatusBadRequest)
	long.longest = 5 * time.Minute
	whole := &schema{Type: "integer"}
	for _, p := range []parameter{
		{Name: "indicator", Description: "Only of the indicator with this id.", Schema: text()},
		{Name: "period_kind", Description: "Only of this kind of period, such as week.", Schema: text()},
		{Name: "dimension", Description: "Only of this breakdown, such as school; authority for the whole alone.", Schema: text()},
		{Name: "last", Description: "At most so many periods of each kind, 1 to 65; 24 if it is not given.", Schema: whole},
	} {
		p.In = "query"
		list.Parameters, long.Parameters = append(list.Parameters, p), append(long.Parameters, p)
	}
	list.Parameters = append(list.Parameters,
		parameter{Name: "limit", In: "query", Description: "At most so many, 1 to 10000; 1000 if it is not given.", Schema: whole},
		parameter{Name: "after", In: "query", Description: "How many to leave out first: the Link header holds the whole address.", Schema: whole})
	s.handle(answers(list, http.StatusOK, "The figures.", "FigureList", "Link"), s.figures)
	answers(long, http.StatusOK, "The figures.", "")
	long.Responses["200"].Content = map[string]mediaType{"text/csv": {Schema: text()}}
	s.handle(long, s.figuresCSV)
	s.mountBehind()
}

type indicatorJSON struct {
	ID         string      `json:"id"`
	Title      string      `json:"title"`
	Meaning    string      `json:"meaning"`
	Theme      string      `json:"theme"`
	Unit       string      `json:"unit"`
	Polarity   string      `json:"polarity"`
	Periods    []string    `json:"periods"`
	Breakdowns []string    `json:"breakdowns"`
	Hash       string      `json:"definition_hash"`
	AsAt       time.Time   `json:"as_at"`
	Status     string      `json:"status"`
	Target     json.Number `json:"target,omitempty"`
	Current    figureJSON  `json:"current"`
}

type figureJSON struct {
	Indicator   string      `json:"indicator"`
	PeriodKind  string      `json:"period_kind"`
	Period      string      `json:"period"`
	PeriodID    string      `json:"period_id"`
	FirstDay    string      `json:"first_day"`
	LastDay     string      `json:"last_day"`
	Dimension   string      `json:"dimension"`
	Member      string      `json:"member,omitempty"`
	Code        string      `json:"code,omitempty"`
	Numerator   json.Number `json:"numerator,omitempty"`
	Denominator json.Number `json:"denominator,omitempty"`
	Value       json.Number `json:"value,omitempty"`
	Flag        string      `json:"flag,omitempty"`
	Page        string      `json:"page"`
}

func (s *server) figureJSON(r indicators.Row) figureJSON {
	t := r.Texts(s.PublicURL)
	f := figureJSON{Indicator: t[0], PeriodKind: t[3], Period: t[4], FirstDay: t[5], LastDay: t[6], Dimension: t[7], Code: t[9],
		Numerator: json.Number(t[10]), Denominator: json.Number(t[11]), Value: json.Number(t[12]), Flag: t[13], PeriodID: t[14], Page: t[15]}
	if r.Breakdown != "" {
		f.Member = t[8]
	}
	return f
}

func (s *server) indicators(c call) (answer, error) {
	if !c.viewer.May(access.ViewDashboards) {
		return answer{}, records.ErrNotFound
	}
	list := []indicatorJSON{}
	for _, d := range s.Indicators.List(c.viewer) {
		a, err := s.Indicators.Ask(c.ctx, c.viewer, indicators.Question{Indicator: d.ID})
		if errors.Is(err, indicators.ErrNotFound) {
			continue // not computed yet
		}
		if err != nil {
			return answer{}, err
		}
		one := indicatorJSON{ID: d.ID, Title: d.Title, Meaning: d.Meaning, Theme: d.Theme, Unit: string(d.Unit), Polarity: string(d.Polarity), Breakdowns: slices.Clone(d.Breakdowns),
			Hash: d.Hash, AsAt: a.AsAt(), Status: a.Status().String(), Current: s.figureJSON(indicators.Row{Definition: d, Figure: a.Current()})}
		for _, k := range d.Periods {
			one.Periods = append(one.Periods, string(k))
		}
		if t, ok := a.Target(); ok {
			one.Target = json.Number(t.Value.String())
		}
		list = append(list, one)
	}
	return answer{status: http.StatusOK, body: map[string]any{"indicators": list}}, nil
}

// rowsAsked are the figures that the address asks for. A viewer who may not take
// figures out finds nothing here.
func (s *server) rowsAsked(c call, paged bool) (indicators.RowsAsked, pageOfFigures, error) {
	var q indicators.RowsAsked
	page := pageOfFigures{limit: 1000}
	if !c.viewer.May(access.Export) {
		return q, page, records.ErrNotFound
	}
	var problems []records.Problem
	wrong := func(name, code, message string) {
		problems = append(problems, records.Problem{Field: sayable(name), Code: code, Message: message})
	}
	for name, given := range c.Request().URL.Query() {
		value := given[0]
		number := func(into *int, least, most int) {
			n, err := strconv.Atoi(value)
			if err != nil || n < least || n > most {
				wrong(name, records.OutOfRange, "give a number from "+strconv.Itoa(least)+" to "+strconv.Itoa(most))
			}
			*into = n
		}
		switch {
		case len(given) > 1:
			wrong(name, twice, "is given twice: give it once")
		case name == "indicator":
			q.Indicator = value
			if !slices.ContainsFunc(s.Indicators.List(c.viewer), func(d indicators.Definition) bool { return d.ID == value }) {
				wrong(name, records.UnknownCode, "is no indicator")
			}
		case name == "period_kind":
			if q.Period = indicators.PeriodKind(value); !q.Period.Known() {
				wrong(name, records.UnknownCode, "is no kind of period")
			}
		case name == "dimension":
			q.Breakdown = value
			if _, ok := indicators.BreakdownOf(value); !ok && value != "authority" {
				wrong(name, records.UnknownCode, "is no breakdown, nor authority")
			}
		case name == "last":
			number(&q.Last, 1, 65)
		case paged && name == "limit":
			number(&page.limit, 1, 10000)
		case paged && name == "after":
			number(&page.after, 0, 10_000_000)
		default:
			wrong(name, unknownField, "is nothing that figures are filtered by: leave it out, or check its name")
		}
	}
	if len(problems) > 0 {
		return q, page, badQuery(problems...)
	}
	return q, page, nil
}

// figuresTagged begins an answer with the tag of the figures, which is known before any
// is worked out; false where the caller has them already.
func (s *server) figuresTagged(c call, q indicators.RowsAsked) (answer, bool) {
	a := answer{status: http.StatusOK, header: map[string]string{"ETag": `"` + s.Indicators.RowsTag(c.ctx, c.viewer, q) + `"`}}
	if hasTag(c.Header("If-None-Match"), a.header["ETag"]) {
		a.status = http.StatusNotModified
		return a, false
	}
	return a, true
}

func (s *server) figures(c call) (answer, error) {
	q, page, err := s.rowsAsked(c, true)
	if err != nil {
		return answer{}, err
	}
	a, changed := s.figuresTagged(c, q)
	if !changed {
		return a, nil
	}
	list, n := []figureJSON{}, 0
	for r, err := range s.Indicators.Rows(c.ctx, c.viewer, q) {
		if err != nil {
			return answer{}, err
		}
		if n++; n <= page.after {
			continue
		}
		if len(list) == page.limit {
			next := *c.Request().URL
			query := next.Query()
			query.Set("after", strconv.Itoa(page.after+page.limit))
			a.header["Link"] = "<" + next.Path + "?" + query.Encode() + `>; rel="next"`
			break
		}
		list = append(list, s.figureJSON(r))
	}
	a.body = map[string]any{"figures": list}
	return a, nil
}

func (s *server) figuresCSV(c call) (answer, error) {
	q, _, err := s.rowsAsked(c, false)
	if err != nil {
		return answer{}, err
	}
	a, changed := s.figuresTagged(c, q)
	if !changed {
		return a, nil
	}
	a.body = streamBody{"text/csv; charset=utf-8; header=present", func(w io.Writer) error {
		return indicators.WriteRows(c.ctx, w, s.Indicators.Rows(c.ctx, c.viewer, q), s.PublicURL)
	}}
	return a, nil
}

func describeIndicators(schemas map[string]*schema) {
	said := func(description string) *schema { return &schema{Type: "string", Description: description} }
	number := func(description string) *schema { return &schema{Type: "number", Description: description} }
	schemas["Figure"] = &schema{Type: "object", Title: "Figure", Description: "One figure of an indicator, or the flag that says why there is none.",
		Required: []string{"indicator", "period_kind", "period", "period_id", "first_day", "last_day", "dimension", "page"},
		Properties: map[string]*schema{
			"indicator": said("The indicator's id."), "period_kind": said("week, month and so on."), "period": said("In words."), "period_id": said("As addresses name it."),
			"first_day": {Type: "string", Format: "date"}, "last_day": {Type: "string", Format: "date"}, "dimension": said("authority, or a breakdown such as school."), "member": said("Of the breakdown, in words."),
			"code": said("By which the world knows the member: a school's LAESTAB, a code of a code set."), "numerator": number("Exact."), "denominator": number("Exact; absent for a count."), "value": number("In the indicator's unit; percentages in per cent."),
			"flag": said("x not available, c suppressed, p provisional: the period is not complete."), "page": said("The address of the page that shows it."),
		}}
	schemas["FigureList"] = &schema{Type: "object", Title: "Figures", Required: []string{"figures"}, Properties: map[string]*schema{"figures": listOf(ref("Figure"))}}
	schemas["Indicator"] = &schema{Type: "object", Title: "Indicator", Required: []string{"id", "title", "meaning", "theme", "unit", "polarity", "periods", "definition_hash", "as_at", "status", "current"},
		Properties: map[string]*schema{
			"id": said("Of the indicator."), "title": said("Its name."), "meaning": said("What it counts."), "theme": said("Where it belongs."), "unit": said("percent, count, rate-per-10k, mean or days."),
			"polarity": said("low or high: which is good; none: neither is."), "periods": listOf(text()), "breakdowns": listOf(text()), "definition_hash": said("Changes with the definition."),
			"as_at": {Type: "string", Format: "date-time", Description: "Of the facts."}, "status": said("On target, At risk, Off target, No target or Not judged."), "target": number("In its unit."), "current": ref("Figure"),
		}}
	schemas["IndicatorList"] = &schema{Type: "object", Title: "Indicators", Required: []string{"indicators"}, Properties: map[string]*schema{"indicators": listOf(ref("Indicator"))}}
}
