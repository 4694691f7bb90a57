package indicators_test

import (
	"errors"
	"testing"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/indicators"
)

// ownFigures is what managers see of a published November in which Cedar Primary (3) is
// hidden for its small number and another, drawn, beside it: their own school exactly,
// and nothing from which Cedar's number follows.
func ownFigures(t *testing.T, e *indicators.Engine, published, exact map[string]string) {
	ids := map[string]string{"Ash Primary": "1", "Birch Primary": "2", "Cedar Primary": "3"}
	for name, id := range ids {
		v := accesstest.Answering(1, access.Manager, "school:"+id)
		asked := func(q indicators.Question) indicators.Answer {
			t.Helper()
			q.Indicator, q.At = "unauthorised-absence", "month:2026-11"
			a, err := e.Ask(t.Context(), v, q)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		a := asked(indicators.Question{Breakdown: "school"})
		if _, only := a.PublishedOnly(); !only {
			t.Errorf("the manager of %s is not told what is published", name)
		}
		for _, m := range a.Members() {
			want := published[m.Name]
			switch {
			case m.Name == name:
				want = exact[m.Name]
			case published[name] == "not shown": // with their own, another's could be worked out
				want = "not shown"
			}
			if m.Current.Text != want || m.Exact != (m.Name == name) {
				t.Errorf("the manager of %s sees %s of %s (exact %t), not %s", name, m.Current.Text, m.Name, m.Exact, want)
			}
		}
		if one := asked(indicators.Question{Breakdown: "school", Member: id}); one.Current().Text != exact[name] {
			t.Errorf("the page of their own school %s shows %s", name, one.Current().Text)
		}
		for other, id := range ids {
			if other != name && published[name] == "not shown" {
				if one := asked(indicators.Question{Breakdown: "school", Member: id}); one.Current().Text != "not shown" {
					t.Errorf("the manager of %s sees %s on the page of %s", name, one.Current().Text, other)
				}
			}
		}
		for _, m := range asked(indicators.Question{Breakdown: "phase"}).Members() {
			if published[name] == "not shown" && m.Current.HasNumber() {
				t.Errorf("the manager of %s sees %s of the phase %s", name, m.Current.Text, m.Name)
			}
		}
		if _, err := e.ChildrenBehind(t.Context(), v, indicators.Question{Indicator: "unauthorised-absence"}); !errors.Is(err, indicators.ErrNotFound) {
			t.Errorf("the children behind the whole, for the manager of %s: %v", name, err)
		}
		if _, err := e.Restated(t.Context(), v, indicators.Question{Indicator: "unauthorised-absence"}); !errors.Is(err, indicators.ErrNotFound) {
			t.Errorf("the whole as now known, for the manager of %s: %v", name, err)
		}
		for row, err := range e.Rows(t.Context(), v, indicators.RowsAsked{Indicator: "unauthorised-absence"}) {
			if err != nil {
				t.Fatal(err)
			}
			if row.Breakdown == "school" && row.Name != name && row.Figure.HasNumber() && published[name] == "not shown" {
				t.Errorf("the manager of %s takes out %s of %s", name, row.Figure.Text, row.Name)
			}
		}
	}
	// Of two of the three, the third is what is left of the whole.
	v := accesstest.Answering(1, access.Manager, "school:1", "school:2")
	a, err := e.Ask(t.Context(), v, indicators.Question{Indicator: "unauthorised-absence", At: "month:2026-11"})
	if err != nil || a.Current().HasNumber() {
		t.Errorf("the whole, for who knows all but Cedar: %s %v", a.Current().Text, err)
	}
	shown := 0 // to who knows of no school, which add up to the whole
	for _, by := range []string{"sex", "district", "year-group"} {
		q := indicators.Question{Indicator: "unauthorised-absence", At: "month:2026-11", Breakdown: by}
		for _, m := range ask(t, e, access.LeadMember, q).Members() {
			if m.Current.HasNumber() {
				shown++
			}
		}
		if a, err = e.Ask(t.Context(), v, q); err != nil {
			t.Fatal(err)
		}
		for _, m := range a.Members() {
			if m.Current.HasNumber() {
				t.Errorf("by %s, for who knows all but Cedar: %s of %s", by, m.Current.Text, m.Name)
			}
		}
	}
	if shown == 0 {
		t.Error("nothing is published by sex, district or year group")
	}
	// Weeks are not published: their own are there, and the whole is not.
	a, err = e.Ask(t.Context(), v, indicators.Question{Indicator: "unauthorised-absence", Period: "week", Breakdown: "school"})
	if err != nil || a.Current().Text != "not published" || len(a.Members()) != 2 || !a.Members()[0].Exact {
		t.Errorf("by week: %s, %d members, %v", a.Current().Text, len(a.Members()), err)
	}
	head := accesstest.Answering(1, access.Manager, "authority:")
	if a, err = e.Ask(t.Context(), head, indicators.Question{Indicator: "unauthorised-absence", Breakdown: "school", At: "month:2026-11"}); err != nil || len(a.Members()) != 3 || !a.Members()[2].Current.HasNumber() {
		t.Errorf("who answers for the authority: %v %v", a.Members(), err)
	}
}
