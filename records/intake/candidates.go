package intake

// Children on record whom a row that waits may be about, each scored and set beside
// the row, for a person who decides. Nothing here decides.

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"onevision/access"
	"onevision/records"
)

// Candidate is a child whom a row may be about.
type Candidate struct {
	Child  *records.Child `json:"child"`
	Names  []string       `json:"names"`
	Score  int            `json:"score"`  // of 100: how much of what the row says agrees
	Beside []Beside       `json:"beside"` // what the row says, and the record
}

// Beside is one thing that the row says, with what the record does.
type Beside struct {
	What   string `json:"what"`
	Row    string `json:"row"`
	Record string `json:"record"` // "" where nothing is recorded, or the reader does not see it
	Same   bool   `json:"same"`
}

// mostCandidates is how many children are set beside a row.
const mostCandidates = 10

// weights are how much it says that a thing agrees. One of two numbers that are given
// to one child alone is more than all else together.
var weights = map[string]int{"UPN": 60, "NHS number": 60, "Date of birth": 30, "Surname": 20, "Forename": 20, "Sex": 5}

// clueColumns are what columns that say whom a row is about are called.
var clueColumns = map[string][]string{
	"UPN":           {"upn", "unique pupil number"},
	"NHS number":    {"nhs_number", "nhs number", "pers_common_child_id"},
	"Date of birth": {"date_of_birth", "date of birth", "dob", "pers_dob"},
	"Surname":       {"surname", "family name", "pers_surname"},
	"Forename":      {"forename", "given name", "pers_forename"},
	"Sex":           {"sex", "gender", "pers_sex"},
}

// says is what a row says of whom it is about, by the names of clueColumns.
func (w Waiting) says() map[string]string {
	values := map[string]string{}
	for column, value := range w.Row {
		values[tidyHeading(column)] = Plain(value)
		inner := map[string]string{}
		if strings.HasPrefix(value, "{") && json.Unmarshal([]byte(value), &inner) == nil {
			for name, v := range inner {
				values[tidyHeading(name)] = Plain(v)
			}
		}
	}
	said := map[string]string{}
	for what, columns := range clueColumns {
		for _, c := range columns {
			said[what] = cmp.Or(said[what], values[c])
		}
	}
	if f, ok := w.format(); ok && f.Mapping != nil {
		for clue, what := range map[string]string{"upn": "UPN", "nhs_number": "NHS number", "date_of_birth": "Date of birth", "surname": "Surname", "forename": "Forename"} {
			said[what] = cmp.Or(values[tidyHeading(f.Mapping.Child[clue])], said[what])
		}
	}
	return said
}

// Candidates are children whom the viewer sees and whom a row that waits may be about,
// the likeliest first. Each search is audited as any.
func (i *Importer) Candidates(ctx context.Context, v access.Viewer, w Waiting) ([]Candidate, error) {
	said := w.says()
	layout := ""
	if f, ok := w.format(); ok && f.Mapping != nil {
		layout, _ = layoutOf(f.Mapping.Dates)
	}
	born := ""
	if day, ok := readMappedDay(said["Date of birth"], layout); ok && !day.IsZero() {
		born = day.String()
	}
	name := strings.TrimSpace(said["Forename"] + " " + said["Surname"])
	found := map[string]records.Found{}
	for _, text := range []string{said["UPN"], said["NHS number"], strings.TrimSpace(name + " " + born), name, strings.TrimSpace(said["Surname"] + " " + born)} {
		if text == "" || text == born {
			continue
		}
		list, err := i.Store.Search(ctx, v, text)
		var invalid *records.Invalid
		if err != nil && !errors.As(err, &invalid) { // what nobody can look for finds nobody
			return nil, err
		}
		for _, f := range list {
			if was, ok := found[f.Child.ID]; !ok || was.Score < f.Score {
				found[f.Child.ID] = f
			}
		}
	}
	var candidates []Candidate
	for _, f := range found {
		if c := beside(said, born, f); c.Score > 0 {
			candidates = append(candidates, c)
		}
	}
	slices.SortFunc(candidates, func(a, b Candidate) int { return cmp.Or(b.Score-a.Score, strings.Compare(a.Child.ID, b.Child.ID)) })
	return candidates[:min(len(candidates), mostCandidates)], nil
}

// Fill is the row with the candidate's numbers in place of its own, of those that it
// gives and the record has.
func (w Waiting) Fill(c Candidate) map[string]string {
	filled := map[string]string{}
	for column, value := range w.Row {
		filled[column] = value
		for what, number := range map[string]string{"UPN": c.Child.UPN, "NHS number": c.Child.NHSNumber} {
			mapped := false
			if f, ok := w.format(); ok && f.Mapping != nil {
				mapped = tidyHeading(f.Mapping.Child[map[string]string{"UPN": "upn", "NHS number": "nhs_number"}[what]]) == tidyHeading(column)
			}
			if number != "" && (mapped || slices.Contains(clueColumns[what], tidyHeading(column))) {
				filled[column] = number
			}
		}
	}
	return filled
}

// beside sets a child beside what a row says.
func beside(said map[string]string, born string, f records.Found) Candidate {
	c := Candidate{Child: f.Child, Names: f.Names}
	all := 0
	for _, what := range []string{"UPN", "NHS number", "Date of birth", "Surname", "Forename", "Sex"} {
		row := said[what]
		if row == "" {
			continue
		}
		one := Beside{What: what, Row: row}
		switch what {
		case "UPN":
			one.Record, one.Same = f.Child.UPN, Tidy(row) == f.Child.UPN
		case "NHS number":
			one.Record, one.Same = f.Child.NHSNumber, strings.NewReplacer(" ", "", "-", "").Replace(row) == f.Child.NHSNumber
		case "Date of birth":
			if !f.Child.DateOfBirth.IsZero() {
				one.Record, one.Same = f.Child.DateOfBirth.String(), f.Child.DateOfBirth.String() == born
			}
		case "Sex":
			one.Record, one.Same = f.Child.Sex, Tidy(row) == f.Child.Sex
		default:
			one.Record = strings.Join(f.Names, "; ")
			one.Same = slices.ContainsFunc(f.Names, func(n string) bool { return hasName(n, row) })
		}
		all += weights[what]
		if one.Same {
			c.Score += weights[what]
		}
		c.Beside = append(c.Beside, one)
	}
	if all > 0 {
		c.Score = c.Score * 100 / all
	}
	return c
}

// hasName reports whether a whole name has all words of a part.
func hasName(whole, part string) bool {
	plain := func(s string) []string {
		return strings.Fields(strings.ToLower(strings.NewReplacer("'", "", "’", "", "-", " ").Replace(s)))
	}
	words := plain(whole)
	for _, w := range plain(part) {
		if !slices.Contains(words, w) {
			return false
		}
	}
	return true
}
