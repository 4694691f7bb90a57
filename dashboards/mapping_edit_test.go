package dashboards

import (
	"net/url"
	"testing"

	"onevision/records"
	"onevision/records/intake"
)

// A column that a mapping's file gives two meanings keeps both when the page is sent as
// it stands; two columns of one meaning are told.
func TestWhatTheFormOfAMappingSays(t *testing.T) {
	t.Parallel()
	k, _ := records.KindOf("activity-spell")
	was := &intake.Mapping{Kind: k.Name, Number: "Id", Child: map[string]string{"own": "Id"}, Fields: map[string]intake.MappedField{"from_date": {Column: "Start"}, "verified_date": {Column: "Start"}}}
	columns := []intake.Column{{Name: "Id"}, {Name: "Start"}, {Name: ""}, {Name: "Other"}}
	form := url.Values{"column-0": {columnMeans(was, "Id")[0]}, "column-1": {columnMeans(was, "Start")[0]}}
	m := readMappingForm(form.Get, was, k, columns)
	if m.Number != "Id" || m.Child["own"] != "Id" || m.Fields["from_date"].Column != "Start" || m.Fields["verified_date"].Column != "Start" {
		t.Errorf("sent as it stands it becomes %+v", m)
	}
	form.Set("column-0", "child:upn")
	if m = readMappingForm(form.Get, was, k, columns); m.Number != "" || len(m.Child) != 1 {
		t.Errorf("given another meaning it becomes %+v", m)
	}
	if p := meantTwice(form.Get, columns); p != nil {
		t.Errorf("told: %v", p)
	}
	timetable, _ := records.KindOf("reduced-timetable")
	agreed, _ := timetable.Field("parents_agreed")
	if v := valuesOf(agreed, intake.Column{Values: []string{"Y", "maybe"}}, intake.MappedField{}, nil).Values; v[0].Is.Options[0].Text != "As it stands: Yes" || v[1].Is.Options[0].Text == "As it stands: Yes" {
		t.Errorf("what Y and maybe are: %+v", v)
	}
	form.Set("column-3", "child:upn")
	if p := meantTwice(form.Get, columns); len(p) != 1 || p[0].Part != "column-3" {
		t.Errorf("two columns are the UPN: %v", p)
	}
}
