package api

// Published figures of other areas, as JSON and as one CSV in long form.

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"onevision/access"
	"onevision/indicators/comparators"
	"onevision/records"
)

// Comparators gives the published figures in force.
type Comparators interface {
	// Set returns comparators.ErrNotFound for a viewer who may not ask.
	Set(ctx context.Context, v access.Viewer) (*comparators.Set, error)
}

const comparatorsPath = base + "/comparators"

func (s *server) mountComparators() {
	k := &kindAPI{Kind: &records.Kind{Title: "Comparators"}, server: s}
	describeComparators(s.document.Components.Schemas)
	list := k.operation(http.MethodGet, comparatorsPath, "list-comparators", "List published figures of other areas",
		"Figures of England, regions and authorities in force, by measure, kind of period, area and period. They are about no child.", http.StatusBadRequest)
	long := k.operation(http.MethodGet, comparatorsPath+".csv", "download-comparators", "Download published figures as CSV",
		"The same in long form, one figure a line, all of them at once. Columns keep their names and order; new ones come at the end.", http.StatusBadRequest)
	whole := &schema{Type: "integer"}
	for _, p := range []parameter{
		{Name: "measure", Description: "Only of the measure with this id: that of an indicator where one is defined.", Schema: text()},
		{Name: "part", Description: "Only of this part of the measure, such as primary; \"all\" for the whole alone.", Schema: text()},
		{Name: "area", Description: "Only of the area with this code of the Office for National Statistics.", Schema: text()},
		{Name: "area_type", Description: "Only of areas of this type: national, region, local-authority, neighbours-mean.", Schema: text()},
		{Name: "period_kind", Description: "Only of this kind of period, such as academic-year.", Schema: text()},
		{Name: "from", Description: "Only of periods that end in this year or later.", Schema: whole},
		{Name: "to", Description: "Only of periods that end in this year or earlier.", Schema: whole},
	} {
		p.In = "query"
		list.Parameters, long.Parameters = append(list.Parameters, p), append(long.Parameters, p)
	}
	list.Parameters = append(list.Parameters,
		parameter{Name: "limit", In: "query", Description: "At most so many, 1 to 10000; 1000 if it is not given.", Schema: whole},
		parameter{Name: "after", In: "query", Description: "How many to leave out first: next holds the whole address.", Schema: whole})
	s.handle(answers(list, http.StatusOK, "The figures.", "ComparatorList", "Link"), s.comparators)
	answers(long, http.StatusOK, "The figures.", "")
	long.Responses["200"].Content = map[string]mediaType{"text/csv": {Schema: text()}}
	s.handle(long, s.comparatorsCSV)
}

// comparatorFigure is one published figure.
type comparatorFigure struct {
	Measure     string       `json:"measure"`
	Part        string       `json:"part,omitempty"`
	Title       string       `json:"title"`
	Unit        string       `json:"unit"`
	Polarity    string       `json:"polarity"`
	PeriodKind  string       `json:"period_kind"`
	Period      string       `json:"period"`
	LastDay     string       `json:"last_day"`
	AreaType    string       `json:"area_type"`
	AreaCode    string       `json:"area_code"`
	AreaName    string       `json:"area_name"`
	Value       *decimalJSON `json:"value,omitempty"`
	Numerator   *decimalJSON `json:"numerator,omitempty"`
	Denominator *decimalJSON `json:"denominator,omitempty"`
	Flag        string       `json:"flag,omitempty"`
	Comparison  string       `json:"comparison"`
	Note        string       `json:"note,omitempty"`
	Source      string       `json:"source"`
	Release     string       `json:"release"`
	Licence     string       `json:"licence"`
}

// decimalJSON is a decimal as a JSON number, digit for digit.
type decimalJSON decimal.Decimal

// MarshalJSON writes a number, not a text.
func (d decimalJSON) MarshalJSON() ([]byte, error) { return []byte(decimal.Decimal(d).String()), nil }

type comparatorList struct {
	Comparators []comparatorFigure `json:"comparators"`
}

func (s *server) comparators(c call) (answer, error) {
	set, figures, page, err := s.chosen(c, true)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: http.StatusOK, header: map[string]string{}}
	rest := figures[min(page.after, len(figures)):]
	if len(rest) > page.limit {
		rest = rest[:page.limit]
		next := *c.Request().URL
		q := next.Query()
		q.Set("after", strconv.Itoa(page.after+page.limit))
		a.header["Link"] = "<" + next.Path + "?" + q.Encode() + `>; rel="next"`
	}
	list := comparatorList{Comparators: make([]comparatorFigure, 0, len(rest))}
	for _, f := range rest {
		list.Comparators = append(list.Comparators, comparatorJSON(set, f))
	}
	a.body = list
	return a, nil
}

func (s *server) comparatorsCSV(c call) (answer, error) {
	set, figures, _, err := s.chosen(c, false)
	if err != nil {
		return answer{}, err
	}
	var b bytes.Buffer
	if err := comparators.WriteCSV(&b, set, figures); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: textBody{"text/csv; charset=utf-8", b.Bytes()}}, nil
}

type pageOfFigures struct{ after, limit int }

// chosen are the figures that the address asks for.
func (s *server) chosen(c call, paged bool) (*comparators.Set, []comparators.Figure, pageOfFigures, error) {
	page := pageOfFigures{limit: 1000}
	set, err := s.Comparators.Set(c.ctx, c.viewer)
	if errors.Is(err, comparators.ErrNotFound) {
		return nil, nil, page, records.ErrNotFound
	}
	if err != nil {
		return nil, nil, page, err
	}
	var f comparators.Filter
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
		case name == "measure":
			if f.Measure = value; len(set.Parts(value)) == 0 {
				wrong(name, records.UnknownCode, "is no measure that figures are held of")
			}
		case name == "part":
			if value == "all" {
				value = ""
			}
			f.Part = &value
		case name == "area":
			f.Area = value
		case name == "area_type":
			switch f.AreaType = comparators.AreaType(value); f.AreaType {
			case comparators.National, comparators.Region, comparators.LocalAuthority, comparators.NeighboursMean:
			default:
				wrong(name, records.UnknownCode, "is none of: national, region, local-authority, neighbours-mean")
			}
		case name == "period_kind":
			if f.Kind = comparators.Kind(value); !f.Kind.Known() {
				wrong(name, records.UnknownCode, "is no kind of period")
			}
		case name == "from":
			number(&f.From, 1900, 2100)
		case name == "to":
			number(&f.To, 1900, 2100)
		case paged && name == "limit":
			number(&page.limit, 1, 10000)
		case paged && name == "after":
			number(&page.after, 0, 10_000_000)
		default:
			wrong(name, unknownField, "is nothing that these figures are filtered by: leave it out, or check its name")
		}
	}
	if len(problems) > 0 {
		return nil, nil, page, badQuery(problems...)
	}
	return set, set.Figures(f), page, nil
}

func comparatorJSON(set *comparators.Set, f comparators.Figure) comparatorFigure {
	m, _ := set.Measure(f.Measure, f.Part)
	r, _ := set.Release(f.Release)
	one := comparatorFigure{
		Measure: f.Measure, Part: f.Part, Title: m.Title, Unit: string(m.Unit), Polarity: m.Polarity,
		PeriodKind: string(f.Kind), Period: f.Period.Text(), LastDay: f.Period.LastDay().Format(time.DateOnly),
		AreaType: string(f.Area.Type), AreaCode: f.Area.Code, AreaName: f.Area.Name, Flag: f.Flag, Comparison: f.Comparison, Note: f.Note,
		Source: r.Publisher + ", " + r.Publication, Release: r.Release, Licence: r.Licence,
	}
	if f.HasValue() {
		one.Value = (*decimalJSON)(&f.Value)
	}
	if f.Numerator.Valid {
		one.Numerator = (*decimalJSON)(&f.Numerator.Decimal)
	}
	if f.Denominator.Valid {
		one.Denominator = (*decimalJSON)(&f.Denominator.Decimal)
	}
	return one
}

func describeComparators(schemas map[string]*schema) {
	said := func(description string) *schema { return &schema{Type: "string", Description: description} }
	number := func(description string) *schema { return &schema{Type: "number", Description: description} }
	schemas["Comparator"] = &schema{
		Type: "object", Title: "Comparator", Description: "One published figure, or the flag that says why there is none.",
		Properties: map[string]*schema{
			"measure": said("The measure's id: that of an indicator where one is defined."), "part": said("A part of the measure; absent for the whole."),
			"title": said("Of the measure or its part."), "unit": said("percent, count, rate-per-10k, rate-per-100, mean or months."),
			"polarity": said("low or high: which is good; none: neither is."), "period_kind": said("academic-year, at-31-march and so on."),
			"period": said("As published: 2024/25 or 2025."), "last_day": {Type: "string", Format: "date", Description: "The last day that the figure is about."},
			"area_type": said("national, region, local-authority, or neighbours-mean."), "area_code": said("Of the Office for National Statistics."), "area_name": said("In words."),
			"value": number("As published, digit for digit; absent with a flag."), "numerator": number("Where published."), "denominator": number("Where published."),
			"flag": said("c suppressed, x not available, z not applicable, k or low rounds to nothing, u unreliable, - not published."), "comparison": said("yes: like for like with the indicator; else how it is not."),
			"note": said("How it is defined."), "source": said("Publisher and publication."), "release": said("As the publisher names it."), "licence": said("Under which it may be used."),
		},
		Required: []string{"measure", "title", "unit", "polarity", "period_kind", "period", "last_day", "area_type", "area_code", "area_name", "comparison", "source", "release", "licence"},
	}
	schemas["ComparatorList"] = &schema{
		Type: "object", Title: "Comparators", Properties: map[string]*schema{"comparators": {Type: "array", Items: ref("Comparator")}}, Required: []string{"comparators"},
	}
}
