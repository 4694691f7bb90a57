package indicators_test

import (
	"slices"
	"testing"
	"time"

	"onevision/access"
	"onevision/indicators"
	"onevision/indicators/indicatorstest"
)

// On an empty store every measure is there, asked for in each of its kinds of
// periods, says "no data", and says what is not recorded.
func TestWhatIsNotRecordedIsSaid(t *testing.T) {
	w := open(t, "")
	e := w.Engine(saturday, indicatorstest.Few)
	noTerms, noMarks, noResults := "No half terms are recorded for 2026/27", "No records of attendance marks have been received", "No records of GCSE results have been received"
	want := map[string][]string{
		"unauthorised-absence":              {noMarks, noTerms},
		"persistent-absence":                {noMarks, noTerms},
		"gcse-attainment8-in-care":          {noResults},
		"open-cases":                        {"No records of social care cases have been received"},
		"gcse-grade4-english-maths-in-care": {noResults},
	}
	for id, sentences := range want {
		d, ok := e.Library.Definition(id)
		if !ok {
			t.Fatalf("no definition %s", id)
		}
		for _, kind := range d.Periods {
			a := ask(t, e, access.Director, indicators.Question{Indicator: id, Period: kind})
			if a.Current().State != indicators.NoData {
				t.Errorf("%s by %s: %s", id, kind, a.Current().Text)
			}
			for _, s := range sentences {
				if !slices.Contains(a.Unrecorded(), s) {
					t.Errorf("%s by %s: %q; want also %q", id, kind, a.Unrecorded(), s)
				}
			}
		}
	}
}

// What is recorded is not said to be missing; half terms are asked for by the
// academic year of today.
func TestWhatIsRecordedIsNotSaid(t *testing.T) {
	w := threeSchools(t)
	q := indicators.Question{Indicator: "unauthorised-absence"}
	if a := ask(t, w.Engine(saturday, indicatorstest.Few), access.Director, q); len(a.Unrecorded()) > 0 {
		t.Errorf("with all that it counts: %q", a.Unrecorded())
	}
	later := time.Date(2027, 9, 6, 9, 0, 0, 0, time.UTC)
	if a := ask(t, w.Engine(later, indicatorstest.Few), access.Director, q); !slices.Equal(a.Unrecorded(), []string{"No half terms are recorded for 2027/28"}) {
		t.Errorf("a year whose half terms nobody has recorded: %q", a.Unrecorded())
	}
}
