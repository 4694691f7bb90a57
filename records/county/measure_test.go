package county_test

import (
	"errors"
	"math"
	"testing"

	"onevision/records/county"
	"onevision/records/postgres/postgrestest"
)

// A county of 800 is too small to be near every published figure; it must have
// nearly all of them, and those that many children make.
func TestACountyIsMeasuredBesideWhatWasPublished(t *testing.T) {
	all, err := county.Calibrate(t.Context(), postgrestest.Template(t, counted), noon())
	if err != nil {
		t.Fatal(err)
	}
	room := map[string]float64{"Absence": 2.5, "Illness (I)": 1.5, "Present on time (/)": 3.5, "Enrolments, aged 5 to 15": 12, "Children aged 0 to 4, each year of age": 25}
	none := 0
	for _, c := range all {
		if c.Source == "" || c.Published <= 0 {
			t.Errorf("%s: published %v by %q", c.Title, c.Published, c.Source)
		}
		if math.IsNaN(c.Here) {
			none++
			t.Logf("%s: none", c.Title)
		}
		if r, ok := room[c.Title]; ok {
			if d := c.Difference(); math.IsNaN(d) || math.Abs(d) > r {
				t.Errorf("%s: published %.2f, here %.2f", c.Title, c.Published, c.Here)
			}
			delete(room, c.Title)
		}
	}
	if len(room) > 0 || none > 15 || len(all) < 70 {
		t.Errorf("of %d figures %d have no value; these are missing: %v", len(all), none, room)
	}
}

func TestNoCountyCannotBeMeasured(t *testing.T) {
	if _, err := county.Calibrate(t.Context(), postgrestest.New(t), noon()); !errors.Is(err, county.ErrNoCounty) {
		t.Error(err)
	}
}
