package indicators_test

import (
	"slices"
	"testing"

	"onevision/indicators/indicatorstest"
)

// What is not stated of the population is added up where all parts are there, what
// is stated stands, and each estimate serves until the next begins.
func TestPopulationIsAddedUp(t *testing.T) {
	w := open(t, "")
	w.Engine(saturday, indicatorstest.Few)
	w.Exec(`INSERT INTO facts.district (code, label) VALUES ('E07000008', 'Here'), ('E07000009', 'There')`)
	w.Fill("population", `id | year | area      | age | sex | people
	                      1  | 2022 | E10000003 | 7   | P   | 100
	                      2  | 2022 | E07000008 | 7   | P   | 40
	                      3  | 2022 | E07000009 | 7   | P   | 50
	                      4  | 2024 | E07000008 | 7   | M   | 21
	                      5  | 2024 | E07000008 | 7   | F   | 20
	                      6  | 2024 | E07000009 | 7   | M   | 31
	                      7  | 2024 | E07000009 | 7   | F   | 30
	                      8  | 2024 | E07000009 | 8   | F   | 30`)
	got := lines(t, w, `SELECT year, coalesce(district, 'all'), coalesce(sex, 'both'), age, people FROM main.population WHERE sex IS NULL OR district IS NULL ORDER BY ALL`)
	want := []string{
		"2022 E07000008 both 7 40", "2022 E07000009 both 7 50", "2022 all both 7 100",
		"2024 E07000008 both 7 41", "2024 E07000009 both 7 61", "2024 all F 7 50", "2024 all F 8 30", "2024 all M 7 52", "2024 all both 7 102",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	got = lines(t, w, `SELECT DISTINCT year, from_date, coalesce(to_date::VARCHAR, 'still') FROM main.population ORDER BY ALL`)
	if want := []string{"2022 2022-04-01 2024-04-01", "2024 2024-04-01 still"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
