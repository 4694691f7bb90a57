package indicators

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"onevision/access"
)

// Breakdown is a way to divide the authority into members, each a text: one row of
// the registry below, and all that there is to say of it.
type Breakdown struct {
	Name  string // in definitions, addresses and alert rules: "year-group"
	Title string // "Year group"
	// Column of circumstances that holds the member. A query that answers a column
	// of this name fixes the member itself.
	Column string
	// Where the member follows from that of another column, that one's name and
	// the SQL: a join, with %[1]s for its alias and %[2]s for the other column, and
	// the value. Column is then no column of circumstances.
	from, join, value string

	// queried: there is no such column of circumstances, each query fixes it.
	queried bool

	labels labels
	facts  []string // tables beneath it
	// Breakdowns of one family refine one another, or nearly: whoever may not see
	// exact figures sees the first of a family that a definition lists.
	family string

	Subject access.Subject // who answers for a member; "": whoever answers for the authority
	Where   string         // how a member is named after a figure: "at", "in", "for"
}

// labels says what members are called: a code table, a record with a name, or a
// list.
type labels struct {
	codes  string
	record string
	code   string // column of the record by which the world knows it
	list   []Label
}

// Label is a member as text, what it is called, and its place in the order of the
// breakdown (0: by name).
type Label struct {
	Member, Text string
	Place        int
	Code         string // by which the world knows it: a school's LAESTAB; "" for none
}

// breakdowns is the registry. To add one, add a row, and its column to
// kept/circumstances.sql unless it follows from another.
var breakdowns = []Breakdown{
	{Name: "school", Title: "School", Column: "school_id", labels: labels{record: "school", code: "laestab"}, facts: []string{"school", "enrolment"},
		family: "school", Subject: access.OneSchool, Where: "at"},
	{Name: "phase", Title: "Phase", Column: "phase", from: "school_id", join: "LEFT JOIN main.school %[1]s ON %[1]s.school_id = %[2]s", value: "%[1]s.phase",
		labels: labels{codes: "school_phase"}, facts: []string{"school", "enrolment"}, family: "school", Where: "in"},
	{Name: "district", Title: "District", Column: "district", labels: labels{codes: "district"}, facts: []string{"address"}, family: "district", Where: "in"},
	{Name: "year-group", Title: "Year group", Column: "year_group", labels: labels{list: yearGroups()}, facts: []string{"child"}, family: "age", Where: "in"},
	{Name: "age-band", Title: "Age band", Column: "age_band", labels: labels{list: listed("unborn", "Unborn", "under 1", "Under 1", "1 to 4", "1 to 4", "5 to 9", "5 to 9",
		"10 to 15", "10 to 15", "16 to 17", "16 to 17", "18 and over", "18 and over")}, facts: []string{"child"}, family: "age", Where: "for"},
	{Name: "sex", Title: "Sex", Column: "sex", labels: labels{codes: "sex"}, facts: []string{"child"}, family: "sex", Where: "for"},
	{Name: "ethnicity", Title: "Ethnicity", Column: "ethnicity", labels: labels{codes: "ethnicity"}, facts: []string{"child"}, family: "ethnicity", Where: "for"},
	{Name: "ethnic-group", Title: "Ethnic group", Column: "ethnic_group", from: "ethnicity", value: ethnicGroup, labels: labels{list: listed("white", "White", "mixed", "Mixed",
		"asian", "Asian", "black", "Black", "other", "Other ethnic group")}, facts: []string{"child"}, family: "ethnicity", Where: "for"},
	{Name: "care-status", Title: "Care status", Column: "care_status", labels: labels{list: listed("looked-after", "Looked after", "in-need", "Open case, not looked after",
		"none", "Neither")}, facts: []string{"legal_status", "looked_after_period", "social_care_case"}, family: "care", Where: "for"},
	{Name: "social-care-group", Title: "Social care group", Column: "social_care_group", labels: labels{list: listed("looked-after", "Looked after", "protection-plan", "On a child protection plan",
		"in-need", "In need", "none", "None of these")}, facts: []string{"legal_status", "looked_after_period", "social_care_case", "child_protection_plan"}, family: "care", Where: "for"},
	{Name: "sen", Title: "Special educational needs", Column: "sen", labels: labels{codes: "sen_provision"}, facts: []string{"sen_status"}, family: "sen", Where: "for"},
	{Name: "sen-need", Title: "Primary need", Column: "sen_need", labels: labels{codes: "sen_need_type"}, facts: []string{"sen_need"}, family: "sen", Where: "for"},
	{Name: "free-school-meals", Title: "Free school meals", Column: "free_school_meals", labels: labels{list: listed("yes", "Entitled to free school meals", "no", "Not entitled")},
		facts: []string{"entitlement"}, family: "free-school-meals", Where: "for"},
	{Name: "legal-status", Title: "Legal status", Column: "legal_status", labels: labels{codes: "legal_status_code"}, facts: []string{"legal_status"}, family: "care", Where: "for"},
	{Name: "placement-type", Title: "Placement type", Column: "placement_type", labels: labels{codes: "placement_type"}, facts: []string{"placement"}, family: "care", Where: "for"},
	{Name: "referral-source", Title: "Source of referral", Column: "referral_source", queried: true, labels: labels{codes: "referral_source"}, facts: []string{"social_care_case"}, family: "referral", Where: "from"},
	{Name: "need", Title: "Primary need", Column: "need", queried: true, labels: labels{codes: "need"}, facts: []string{"social_care_case"}, family: "need", Where: "for"},
	{Name: "result", Title: "Result", Column: "result", queried: true, labels: labels{list: listed("recorded", "Result recorded", "missing", "No result recorded")}, facts: []string{"ks4_result"}, family: "result", Where: "with"},
	{Name: "exclusion-category", Title: "Kind of suspension", Column: "exclusion_category", queried: true, labels: labels{codes: "exclusion_category"}, facts: []string{"suspension"}, family: "exclusion", Where: "of the kind"},
	{Name: "exclusion-reason", Title: "First reason", Column: "exclusion_reason", queried: true, labels: labels{codes: "exclusion_reason"}, facts: []string{"suspension"}, family: "exclusion", Where: "for"},
	{Name: "team", Title: "Team", Column: "team_id", labels: labels{record: "team"}, facts: []string{"team", "involvement"},
		family: "team", Subject: access.OneTeam, Where: "for"},
}

// ethnicGroup is the census's group of a code of the school census: the first
// letter, but for Chinese, who are counted among the Asian.
const ethnicGroup = `CASE WHEN %[2]s = 'CHNE' THEN 'asian' ELSE CASE left(%[2]s, 1) WHEN 'W' THEN 'white' WHEN 'M' THEN 'mixed' WHEN 'A' THEN 'asian' WHEN 'B' THEN 'black' ELSE CASE WHEN %[2]s = 'OOTH' THEN 'other' END END END`

// listed is a list of members and their labels, in their order.
func listed(pairs ...string) []Label {
	var out []Label
	for pair := range slices.Chunk(pairs, 2) {
		out = append(out, Label{Member: pair[0], Text: pair[1], Place: len(out) + 1})
	}
	return out
}

func yearGroups() []Label {
	out := []Label{{Member: "0", Text: "Reception", Place: 1}}
	for year := 1; year <= 13; year++ {
		out = append(out, Label{Member: fmt.Sprint(year), Text: fmt.Sprintf("Year %d", year), Place: year + 1})
	}
	return out
}

// Breakdowns are all of the registry.
func Breakdowns() []Breakdown { return slices.Clone(breakdowns) }

// BreakdownOf is that of the name, false if there is none.
func BreakdownOf(name string) (Breakdown, bool) {
	for _, b := range breakdowns {
		if b.Name == name {
			return b, true
		}
	}
	return Breakdown{}, false
}

func breakdownNames() []string {
	var names []string
	for _, b := range breakdowns {
		names = append(names, b.Name)
	}
	return names
}

// breakdownColumns are those that a query may fix.
func breakdownColumns() []string {
	var out []string
	for _, b := range breakdowns {
		out = append(out, b.Column)
	}
	return out
}

// circumstanceColumns are those that circumstances holds.
func circumstanceColumns() []string {
	var out []string
	for _, b := range breakdowns {
		if b.from == "" && !b.queried {
			out = append(out, b.Column)
		}
	}
	return out
}

// readLabels reads what the members of a breakdown are called.
func (b Breakdown) readLabels(ctx context.Context, c *sql.Conn) (map[string]Label, error) {
	out := map[string]Label{}
	for _, l := range b.labels.list {
		out[l.Member] = l
	}
	query := ""
	switch {
	case b.labels.codes != "":
		query = `SELECT code::VARCHAR, label, position, code::VARCHAR FROM facts.` + b.labels.codes
	case b.labels.record != "":
		query = `SELECT id::VARCHAR, name, 0, coalesce(` + cmp.Or(b.labels.code, "''") + `, '') FROM facts.` + b.labels.record
	default:
		return out, nil
	}
	rows, err := c.QueryContext(ctx, `/* indicators.readLabels */ `+query)
	if err != nil {
		return nil, fmt.Errorf("read what each %s is called: %w", b.Name, err)
	}
	defer rows.Close()
	for rows.Next() {
		var l Label
		if err := rows.Scan(&l.Member, &l.Text, &l.Place, &l.Code); err != nil {
			return nil, fmt.Errorf("read what each %s is called: %w", b.Name, err)
		}
		out[l.Member] = l
	}
	return out, rows.Err()
}

// label is what a member is called: a pupil may be on no roll that we know.
func (b Breakdown) label(labels map[string]Label, member string) Label {
	if member == "" {
		return Label{Text: "Not known", Place: 1 << 30}
	}
	if l, ok := labels[member]; ok && l.Text != "" {
		return l
	}
	return Label{Member: member, Text: b.Title + " " + member, Place: 1 << 29}
}
