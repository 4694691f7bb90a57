package intake

import (
	"context"
	"strconv"
	"strings"

	"onevision/access"
	"onevision/records"
)

// Population by year, area and age (the mid-year estimates of the ONS): the
// denominator of rates.

const (
	populationYear = iota
	populationAge
	populationPeople
	populationArea
	populationSex
)

var populationHeader = []string{"year", "age", "people", "area", "sex"}

// oldestCounted is the highest age that any rate of children's services is of.
const oldestCounted = 25

var _ = Define(Format{
	Name: "population", Title: "Population by year and age", Rank: -8, Source: records.SourceGovernment, Category: access.Organisation,
	Named: true, Needed: populationPeople + 1, National: true,
	Header: populationHeader,
	Also: map[string][]string{
		"year":   {"mid-year", "mid year", "date"},
		"people": {"population", "persons", "count", "value", "number", "obs_value", "estimate"},
		"area":   {"area code", "area_code", "gss code", "gss_code", "district", "district code", "district_code", "ladcode", "lad code", "geography_code", "geography code", "new_la_code", "code"},
		"sex":    {"gender", "sex name", "sex_name", "gender_name"},
	},
	Rows: func() Rows { return &population{} },
})

// population are rows of mid-year estimates.
type population struct {
	rows   []records.FileRow
	wanted map[string]bool // areas
	own    string          // the area of a file that names none
}

// Begin finds which districts are the authority's.
func (p *population) Begin(ctx context.Context, store *records.Store, v access.Viewer) error {
	districts, err := store.SchoolDistricts(ctx, v)
	if err != nil {
		return err
	}
	p.wanted = map[string]bool{}
	for _, d := range districts {
		p.wanted[d] = true
	}
	return nil
}

// Survey learns which areas are wanted beside the districts.
func (p *population) Survey(rows [][]string, o Survey) (notes []string, coversTo records.Date, err error) {
	for _, a := range o.Authorities {
		p.wanted[Tidy(a)] = true
	}
	if len(o.Authorities) == 1 {
		p.own = Tidy(o.Authorities[0])
	}
	for _, f := range rows {
		if Plain(f[populationArea]) == "" && p.own == "" {
			return nil, coversTo, refuse("the file does not say which area its numbers are of, and nobody has said which authority this is: say it with onevision start --code E10000003, or add a column area")
		}
		if p.wanted[p.area(f)] {
			return nil, coversTo, nil
		}
	}
	return nil, coversTo, refuse("no row of the file is of this authority or of a district in which one of its schools lies: check the column area, say which authority this is (onevision start --code E10000003), or import the schools first")
}

func (p *population) area(f []string) string {
	if a := Tidy(Plain(f[populationArea])); a != "" {
		return a
	}
	return p.own
}

// Passes leaves out other areas, and adults.
func (p *population) Passes(f []string) string {
	if !p.wanted[p.area(f)] {
		return "of other areas"
	}
	switch age, ok := populationAgeOf(f); {
	case strings.EqualFold(Plain(f[populationAge]), "all ages"):
		return "of all ages together"
	case ok && age > oldestCounted:
		return "of people older than 25"
	case Plain(f[populationPeople]) == "0":
		return "of an age that nobody has"
	}
	return ""
}

// populationAgeOf reads 7, Age 7, Aged 7 years, 90+.
func populationAgeOf(f []string) (age int16, ok bool) {
	s := Tidy(Plain(f[populationAge]))
	for _, word := range []string{"AGED", "AGE"} {
		s = strings.TrimSpace(strings.TrimPrefix(s, word))
	}
	for _, word := range []string{"YEARS", "YEAR", "AND OVER", "+"} {
		s = strings.TrimSpace(strings.TrimSuffix(s, word))
	}
	n, err := strconv.ParseInt(s, 10, 16)
	return int16(n), err == nil && n >= 0
}

// populationSexes are the codes by what files write.
var populationSexes = map[string]string{
	"": "P", "P": "P", "PERSONS": "P", "PERSON": "P", "TOTAL": "P", "ALL": "P", "BOTH": "P", "T": "P",
	"M": "M", "MALE": "M", "MALES": "M", "1": "M", "F": "F", "FEMALE": "F", "FEMALES": "F", "2": "F",
}

func (p *population) Add(line int64, f []string) *Problem {
	year, err := strconv.ParseInt(strings.TrimSpace(strings.TrimPrefix(strings.ToLower(Plain(f[populationYear])), "mid-")), 10, 16)
	if day, ok := ReadDay(f[populationYear]); err != nil && ok && !day.IsZero() {
		if year = int64(day.Time().Year()); day != records.NewDate(int(year), 6, 30) {
			return &Problem{"year", f[populationYear], "an estimate is of 30 June: give the year"}
		}
	} else if err != nil {
		return &Problem{"year", f[populationYear], "give the year of the estimate, such as 2024"}
	}
	age, ok := populationAgeOf(f)
	if !ok {
		return &Problem{"age", f[populationAge], "give one age in years: rates are of single years of age"}
	}
	people, err := strconv.ParseInt(strings.ReplaceAll(Plain(f[populationPeople]), ",", ""), 10, 64)
	if err != nil || people < 0 {
		return &Problem{"people", f[populationPeople], "give how many people of this age live there, a whole number"}
	}
	sex, ok := populationSexes[Tidy(Plain(f[populationSex]))]
	if !ok {
		return &Problem{"sex", f[populationSex], "give M, F, or P for both"}
	}
	p.rows = append(p.rows, records.FileRow{Line: line, Record: &records.Population{Year: int16(year), Area: p.area(f), Age: &age, Sex: sex, People: people}})
	return nil
}

func (p *population) Put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error) {
	outcomes, err := store.MergeFile(ctx, v, b, "population", p.rows, map[string]string{"": "people", "year": "year", "area": "area", "age": "age", "sex": "sex", "people": "people"})
	p.rows = p.rows[:0]
	return outcomes, err
}

func (p *population) Subject(f []string) (subject, saying string) {
	return Tidied(f[populationYear], f[populationAge], p.area(f), populationSexes[Tidy(Plain(f[populationSex]))]), Tidy(f[populationPeople])
}
