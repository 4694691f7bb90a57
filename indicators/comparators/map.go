package comparators

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// Map says which columns of a published file are figures of which measures. An
// analyst writes it, once for each publication; docs/comparators.md explains it.
type Map struct {
	Publisher   string       `yaml:"publisher"`
	Publication string       `yaml:"publication"`
	Release     string       `yaml:"release"`
	Published   string       `yaml:"published"` // a day, 2026-03-26; may be left out
	Licence     string       `yaml:"licence"`   // "Open Government Licence v3.0" if left out
	Address     string       `yaml:"address"`
	Period      string       `yaml:"period"` // kind of period; if left out, time_identifier says
	Measures    []MapMeasure `yaml:"measures"`
	Breaks      []MapBreak   `yaml:"breaks"`

	file      string
	published time.Time
}

// MapMeasure is one column of figures of one measure.
type MapMeasure struct {
	Measure     string            `yaml:"measure"`
	Part        string            `yaml:"part"`
	Where       map[string]string `yaml:"where"` // which rows: columns and the value that each must have
	Value       string            `yaml:"value"` // column of the figure
	Numerator   string            `yaml:"numerator"`
	Denominator string            `yaml:"denominator"`
	Comparison  string            `yaml:"comparison"` // "yes" or how it is not like for like; "yes" if left out
	Note        string            `yaml:"note"`

	// Of a measure that is not known yet; all but decimals are then needed.
	Title    string `yaml:"title"`
	Theme    string `yaml:"theme"`
	Unit     string `yaml:"unit"`
	Polarity string `yaml:"polarity"`
	Decimals *int32 `yaml:"decimals"`
}

// MapBreak is a period from which figures are not comparable with earlier ones.
type MapBreak struct {
	Measure string `yaml:"measure"`
	Period  string `yaml:"period"`
	Kind    string `yaml:"kind"`
	Note    string `yaml:"note"`
}

var idPattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
var partPattern = regexp.MustCompile(`^([a-z0-9]+(-[a-z0-9]+)*)?$`)

// ReadMap reads a map and says everything that is wrong in it.
func ReadMap(name string) (*Map, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the map: %w", err)
	}
	m := &Map{file: name}
	if err := yaml.UnmarshalWithOptions(text, m, yaml.Strict()); err != nil {
		var at yaml.Error
		if errors.As(err, &at) {
			if t := at.GetToken(); t != nil && t.Position != nil {
				return nil, fmt.Errorf("%s:%d:%d: %s", name, t.Position.Line, t.Position.Column, at.GetMessage())
			}
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, m.check()
}

func (m *Map) check() error {
	var all []error
	wrong := func(format string, args ...any) {
		all = append(all, fmt.Errorf("%s: "+format, append([]any{m.file}, args...)...))
	}
	for _, required := range []struct{ key, value string }{{"publisher", m.Publisher}, {"publication", m.Publication}, {"release", m.Release}} {
		if strings.TrimSpace(required.value) == "" {
			wrong("%s is missing", required.key)
		}
	}
	if m.Licence == "" {
		m.Licence = "Open Government Licence v3.0"
	}
	if m.Published != "" {
		var err error
		if m.published, err = time.Parse(time.DateOnly, m.Published); err != nil {
			wrong("published %q is no date such as 2026-03-26", m.Published)
		}
	}
	if m.Period != "" && !Kind(m.Period).Known() {
		wrong("there is no kind of period %q; there are: %s", m.Period, kindNames())
	}
	if len(m.Measures) == 0 {
		wrong("measures is missing: it says which column is a figure of which measure")
	}
	for i := range m.Measures {
		one := &m.Measures[i]
		at := fmt.Sprintf("measure %d (%s)", i+1, one.Measure)
		if !idPattern.MatchString(one.Measure) {
			wrong("%s: use small letters, digits and hyphens for measure, beginning with a letter", at)
		}
		if !partPattern.MatchString(one.Part) {
			wrong("%s: use small letters, digits and hyphens for part", at)
		}
		if one.Value == "" {
			wrong("%s: value is missing: it names the column of the figure", at)
		}
		if one.Comparison == "" {
			one.Comparison = LikeForLike
		}
		if one.Unit != "" && !Unit(one.Unit).known() {
			wrong("%s: there is no unit %q; there are: percent, count, rate-per-10k, rate-per-100, mean, months", at, one.Unit)
		}
		if one.Polarity != "" && one.Polarity != "low" && one.Polarity != "high" && one.Polarity != "none" {
			wrong("%s: polarity %q is none of: low, high, none", at, one.Polarity)
		}
		if one.Decimals != nil && (*one.Decimals < 0 || *one.Decimals > 4) {
			wrong("%s: decimals is 0 to 4", at)
		}
		if one.Comparison != LikeForLike && one.Note == "" {
			wrong("%s: a figure that is not like for like needs a note saying how it differs", at)
		}
	}
	for i, b := range m.Breaks {
		if _, err := PeriodOf(Kind(b.Kind), b.Period); err != nil || !Kind(b.Kind).Known() || b.Note == "" || b.Measure == "" {
			wrong("break %d needs measure, kind (one of %s), a period of it, and a note", i+1, kindNames())
		}
	}
	return errors.Join(all...)
}

func kindNames() string {
	var names []string
	for _, k := range kinds {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// describe gives the measures that the map brings or changes, beside those that
// are known; an error names what a new one lacks.
func (m *Map) describe(known *Set) ([]Measure, error) {
	var out []Measure
	var all []error
	seen := map[key]bool{}
	for _, one := range m.Measures {
		k := key{one.Measure, one.Part}
		is, there := known.Measure(one.Measure, one.Part)
		changes := one.Title != "" || one.Theme != "" || one.Unit != "" || one.Polarity != "" || one.Decimals != nil
		if seen[k] || there && !changes {
			continue
		}
		seen[k] = true
		if !there {
			is = Measure{ID: one.Measure, Part: one.Part, Decimals: 1}
			if whole, ok := known.Measure(one.Measure, ""); ok { // a new part of a known measure needs a title alone
				is = whole
				is.Part, is.Title = one.Part, ""
			}
		}
		if one.Title != "" {
			is.Title = one.Title
		}
		if one.Theme != "" {
			is.Theme = one.Theme
		}
		if one.Unit != "" {
			is.Unit = Unit(one.Unit)
		}
		if one.Polarity != "" {
			is.Polarity = one.Polarity
		}
		if one.Decimals != nil {
			is.Decimals = *one.Decimals
		}
		for _, required := range []struct{ key, value string }{{"title", is.Title}, {"theme", is.Theme}, {"unit", string(is.Unit)}, {"polarity", is.Polarity}} {
			if required.value == "" {
				all = append(all, fmt.Errorf("%s: measure %s is not known yet, so it needs a %s", m.file, strings.TrimSuffix(one.Measure+"."+one.Part, "."), required.key))
			}
		}
		out = append(out, is)
	}
	return out, errors.Join(all...)
}
