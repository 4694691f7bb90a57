package dashboards

// The form of a question, and what its address asks.

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"onevision/indicators"
)

var askKeys = allowed{"indicator": nil, "rows": nil, "columns": nil, "only1": nil, "only2": nil, "only3": nil, "period": nil, "with": withKeys, "from": nil, "to": nil}

// withKeys are what a period is shown beside.
var withKeys = []string{"before", "year-before", "3", "6", "13"}

// askForm is the form for one measure.
type askForm struct {
	definition indicators.Definition
	kinds      indicators.CrossKinds
	query      query
}

// measureGroups are the measures under their themes.
func measureGroups(defs []indicators.Definition, chosen string) []optionGroup {
	out := []optionGroup{{Options: []option{{Text: "Choose a measure", Selected: chosen == ""}}}}
	for _, d := range defs {
		name := themeName(d.Theme)
		i := slices.IndexFunc(out, func(g optionGroup) bool { return g.Name == name })
		if i < 0 {
			i, out = len(out), append(out, optionGroup{Name: name})
		}
		out[i].Options = append(out[i].Options, option{d.ID, d.Title, d.ID == chosen})
	}
	return out
}

// forget drops what was chosen of another measure and this one does not have.
func (f askForm) forget() {
	for _, key := range []string{"rows", "columns"} {
		if !slices.Contains(f.kinds.Breakdowns, f.query[key]) {
			delete(f.query, key)
		}
	}
	for _, key := range onlyKeys() {
		if by, _, _ := strings.Cut(f.query[key], ":"); !slices.Contains(f.kinds.Breakdowns, by) {
			delete(f.query, key)
		}
	}
	if p := indicators.PeriodKind(f.query["period"]); !slices.Contains(f.kinds.Kinds, p) && !slices.Contains(f.kinds.Kinds, indicators.KindOf(string(p))) {
		delete(f.query, "period")
	}
	if !f.kinds.Months {
		delete(f.query, "from")
		delete(f.query, "to")
	}
}

func onlyKeys() []string {
	var out []string
	for i := range indicators.MostOnly {
		out = append(out, fmt.Sprintf("only%d", i+1))
	}
	return out
}

// picks are the selects beside that of the measure.
func (f askForm) picks() []pick {
	by := func(name, label string) pick {
		p := pick{Name: name, Label: label, Groups: []optionGroup{{Options: []option{{Text: "Not divided", Selected: f.query[name] == ""}}}}}
		for _, b := range f.kinds.Breakdowns {
			p.Groups[0].Options = append(p.Groups[0].Options, option{b, breakdownName(b), b == f.query[name]})
		}
		return p
	}
	out := []pick{by("rows", "A row for each"), by("columns", "A column for each")}
	for i, key := range onlyKeys() {
		p := pick{Name: key, Label: []string{"Only", "and only", "and only"}[i], Groups: []optionGroup{{Options: []option{{Text: "Everybody", Selected: f.query[key] == ""}}}}}
		for _, b := range f.kinds.Breakdowns {
			g := optionGroup{Name: breakdownName(b)}
			for _, m := range f.kinds.Members(b) {
				value := b + ":" + m.Member
				g.Options = append(g.Options, option{value, m.Text, value == f.query[key]})
			}
			p.Groups = append(p.Groups, g)
		}
		out = append(out, p)
	}
	period := pick{Name: "period", Label: "Period", Groups: []optionGroup{{Options: []option{{Text: "The newest that is complete", Selected: f.query["period"] == ""}}}}}
	for _, kind := range f.kinds.Kinds {
		g := optionGroup{Name: kindName(kind)}
		for i, p := range f.kinds.Periods(kind) {
			if i == 0 {
				g.Options = append(g.Options, option{string(kind), "This " + words(kind) + ", whichever it is", f.query["period"] == string(kind)})
			}
			g.Options = append(g.Options, option{p.ID, sentence(p.Name), p.ID == f.query["period"]})
		}
		period.Groups = append(period.Groups, g)
	}
	with := pick{Name: "with", Label: "Beside it", Groups: []optionGroup{{Options: []option{{Text: "Nothing", Selected: f.query["with"] == ""}}}}}
	for i, key := range withKeys {
		with.Groups[0].Options = append(with.Groups[0].Options, option{key, []string{"The one before", "The same a year before", "The last 3", "The last 6", "The last 13"}[i], key == f.query["with"]})
	}
	return append(out, period, with)
}

// months are the selects of a span of whole months.
func (f askForm) months() []pick {
	if !f.kinds.Months {
		return nil
	}
	var out []pick
	for _, key := range []string{"from", "to"} {
		p := pick{Name: key, Label: map[string]string{"from": "From the month", "to": "to the month"}[key], Groups: []optionGroup{{Options: []option{{Text: "None", Selected: f.query[key] == ""}}}}}
		for i, m := range f.kinds.Periods(indicators.Month) {
			if value := m.First.Format("2006-01"); i < 36 {
				p.Groups[0].Options = append(p.Groups[0].Options, option{value, sentence(m.Name), value == f.query[key]})
			}
		}
		out = append(out, p)
	}
	return out
}

// crossing is what the address asks; newest is the measure's newest complete period.
func (f askForm) crossing(newest indicators.Period) (indicators.Crossing, []formProblem) {
	q := indicators.Crossing{Indicator: f.definition.ID, Rows: f.query["rows"], Columns: f.query["columns"]}
	if q.Rows != "" && q.Rows == q.Columns {
		return q, []formProblem{{"pick-columns", "Choose another breakdown for the columns than for the rows"}}
	}
	for _, key := range onlyKeys() {
		if by, member, ok := strings.Cut(f.query[key], ":"); ok {
			q.Only = append(q.Only, indicators.Only{Breakdown: by, Member: member})
		}
	}
	var problem string
	if q.Periods, problem = f.periods(newest); problem != "" {
		field := "pick-period"
		if f.query["from"] != "" || f.query["to"] != "" {
			field = "pick-from"
		}
		return q, []formProblem{{field, problem}}
	}
	return q, nil
}

// periods are the ids that are asked for, the oldest first; or what is wrong.
func (f askForm) periods(newest indicators.Period) ([]string, string) {
	if f.query["from"] != "" || f.query["to"] != "" {
		return f.spans()
	}
	asked := newest.ID
	kind := newest.Kind
	if p := f.query["period"]; p != "" {
		kind, asked = indicators.KindOf(p), p
		if k := indicators.PeriodKind(p); k.Known() {
			kind, asked = k, ""
		}
	}
	all := f.kinds.Periods(kind) // the newest first
	at := 0
	if asked != "" {
		at = slices.IndexFunc(all, func(p indicators.Period) bool { return p.ID == asked })
	}
	if at < 0 || at >= len(all) {
		return nil, "Choose a period that this measure has figures for"
	}
	chosen := []indicators.Period{all[at]}
	switch n := map[string]int{"before": 2, "3": 3, "6": 6, "13": 13}[f.query["with"]]; {
	case n > 0:
		chosen = all[at:min(len(all), at+n)]
	case f.query["with"] == "year-before":
		year := all[at].First.AddDate(-1, 0, 0)
		best := -1
		for i := at + 1; i < len(all); i++ {
			if apart := all[i].First.Sub(year).Abs(); apart <= 20*24*time.Hour && (best < 0 || apart < all[best].First.Sub(year).Abs()) {
				best = i
			}
		}
		if best < 0 {
			return nil, "There are no figures of the same period a year before: choose another"
		}
		chosen = append(chosen, all[best])
	}
	var ids []string
	for _, p := range slices.Backward(chosen) {
		ids = append(ids, p.ID)
	}
	return ids, ""
}

// spans are the span of months that is asked for, and the one beside it.
func (f askForm) spans() ([]string, string) {
	from, err1 := time.Parse("2006-01", f.query["from"])
	to, err2 := time.Parse("2006-01", f.query["to"])
	if err1 != nil || err2 != nil || to.Before(from) {
		return nil, "Choose the first month and the last, in this order"
	}
	ids := []string{indicators.MonthsID(from, to)}
	oldest := f.kinds.Periods(indicators.Month)
	back := 0
	switch f.query["with"] {
	case "":
	case "before":
		back = (to.Year()-from.Year())*12 + int(to.Month()-from.Month()) + 1
	case "year-before":
		back = 12
	default:
		return nil, "Beside months of your own choice stands the span before, or the same a year before"
	}
	if back > 0 {
		before := from.AddDate(0, -back, 0)
		if len(oldest) == 0 || before.Before(oldest[min(len(oldest), 36)-1].First) {
			return nil, "There are no figures of the months before these: choose others"
		}
		ids = append([]string{indicators.MonthsID(before, to.AddDate(0, -back, 0))}, ids...)
	}
	return ids, ""
}
