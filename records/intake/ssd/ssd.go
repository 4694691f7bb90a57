// Package ssd reads extracts in the layout of the Standard Safeguarding Dataset, as
// the social-care systems of authorities (Mosaic, Liquidlogic, Eclipse and others)
// write them: a CSV file for each table, in one ZIP archive. See docs/ssd.md.
//
// A program takes the format in by importing this package.
package ssd

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"onevision/access"
	"onevision/records"
	"onevision/records/intake"
)

// format is the dataset's, once the tables are there.
func format() intake.Format {
	return intake.Format{
		Name: "ssd", Title: "Standard Safeguarding Dataset (ZIP of its tables)", Rank: 60, Source: records.SourceSocialCare, Category: access.SocialCare,
		Header: intake.TableHeader, Together: true, Again: true, Folder: true, ByProgram: true, Longest: 1 << 16, Most: 3_000_000,
		Like: intake.LikeArchive, Open: intake.OpenTables(files(), "the Standard Safeguarding Dataset"),
		Part: func(fields []string) (string, map[string]string) { return fields[1], values(fields[2]) },
		Rows: func() intake.Rows { return &extract{teams: map[string]string{}, roles: map[string]int{}} },
	}
}

func files() (list []intake.Table) {
	for _, t := range tables {
		list = append(list, t.Table)
	}
	return list
}

func values(text string) (v map[string]string) {
	if json.Unmarshal([]byte(text), &v) != nil {
		return nil
	}
	return v
}

// extract is the rows of an extract.
type extract struct {
	today   records.Date
	last    records.Date      // that it covers
	teams   map[string]string // the team of a worker, by their involvements
	absent  []string          // tables that the file does not have
	lacking map[string]string // columns that a table needs and does not have
	roles   map[string]int    // that no record holds
	torn    map[string]bool   // periods of care of which two rows of one episode contradict each other
	pending []*entry
	whole   *records.Extract
}

// entry is a row of a table.
type entry struct {
	line          int64
	person, table string
	v             map[string]string
}

// Full reports whether what the extract does not hold is gone.
func (x *extract) Full() bool { return x.whole != nil && x.whole.Full }

// Partly takes the extract for a part.
func (x *extract) Partly() {
	if x.whole != nil {
		x.whole.Full = false
	}
}

// Passes passes over headings, and tables and rows that no record holds.
func (x *extract) Passes(f []string) string {
	v := values(f[2])
	if _, ok := v[intake.HeadingOf]; ok && f[0] == "" {
		return intake.Heading
	}
	t := tableOf(f[1])
	switch {
	case t == nil || t.rows == nil:
		return "of tables that no record holds (" + f[1] + ")"
	case x.lacking[f[1]] != "":
		return "of tables that lack a column (" + f[1] + ": " + x.lacking[f[1]] + ")"
	case t.skip != nil:
		return t.skip(v)
	}
	return ""
}

func (x *extract) Add(line int64, f []string) *intake.Problem {
	v := values(f[2])
	if v == nil {
		return &intake.Problem{Column: "values", Value: f[2], Reason: "write the row's values as JSON, a text for each column"}
	}
	if t := tableOf(f[1]); t == nil || t.rows == nil {
		return &intake.Problem{Column: "table", Value: f[1], Reason: "is no table of the extract that is read: give one, such as ssd_person"}
	}
	x.pending = append(x.pending, &entry{line, f[0], f[1], v})
	return nil
}

// Subject: a row is the one with that number in its table.
func (x *extract) Subject(f []string) (subject, saying string) {
	v := values(f[2])
	number := f[2]
	if t := tableOf(f[1]); t != nil && v[t.number] != "" {
		number = v[t.number]
	}
	return f[1] + "\x1f" + number, f[0] + "\x1f" + f[2]
}

var (
	dayInName  = regexp.MustCompile(`(20[0-9]{2})-?([01][0-9])-?([0-3][0-9])`)
	fullInName = regexp.MustCompile(`(?i)(^|[^a-z])full([^a-z]|$)`)
)

// Survey finds out which tables there are, and up to which day the extract tells:
// what its name says, else the last day on which anything in it happened.
func (x *extract) Survey(rows [][]string, o intake.Survey) ([]string, records.Date, error) {
	x.today, x.lacking, x.torn = o.Today, map[string]string{}, map[string]bool{}
	x.whole = &records.Extract{Full: !o.Rejects && (o.Full || fullInName.MatchString(o.Name)), Much: o.Much, Persons: map[string]bool{}, Unread: map[string]bool{},
		Latest: []string{"care-leaver-contact"}}
	there := map[string]bool{}
	persons := map[string][]*entry{}
	var order []string
	for _, f := range rows {
		v, t := values(f[2]), tableOf(f[1])
		if columns, ok := v[intake.HeadingOf]; ok && f[0] == "" && t != nil {
			there[t.Name] = true
			if missing := t.missing(strings.Split(columns, ",")); t.rows != nil && missing != "" {
				x.lacking[t.Name] = missing
			} else if t.rows != nil {
				x.whole.Hold(t.Name, "", "", nil)
			}
			continue
		}
		if t == nil || t.rows == nil || x.Passes(f) != "" {
			continue
		}
		e := &entry{person: f[0], table: f[1], v: v}
		if worker, team := v["invo_professional_id"], v["invo_professional_team"]; team != "" {
			x.teams[worker] = team
		}
		if persons[e.person] == nil {
			order = append(order, e.person)
		}
		persons[e.person] = append(persons[e.person], e)
	}
	for _, f := range o.Broken {
		if len(f) > 1 && x.lacking[f[1]] == "" && x.whole.Tables[f[1]] != nil {
			x.whole.Break(f[1])
			x.whole.Anyone = x.whole.Anyone || f[1] == "ssd_person"
		}
	}
	var latest records.Date
	for _, number := range order {
		c := x.child(number, persons[number])
		if number != "" && c.person != nil {
			x.whole.Persons[number] = true
		}
		episodes := map[string]*entry{}
		for _, e := range c.all["ssd_cla_episodes"] {
			id := e.v["clae_cla_episode_id"]
			if other := episodes[id]; other != nil && !maps.Equal(other.v, e.v) {
				x.torn[e.v["clae_cla_id"]], x.torn[other.v["clae_cla_id"]] = true, true
			}
			episodes[id] = e
		}
		for e := range c.problems {
			x.whole.Break(e.table)
			if e.table == "ssd_person" {
				x.whole.Unread[number] = true
			}
		}
		for _, r := range c.rows {
			x.whole.Hold(r.Table, r.Number, number, r.Record)
			if day := happened(r.Record); day.After(latest) && !day.After(o.Today) {
				latest = day
			}
		}
	}
	x.last = latest
	said := "the last day on which anything in it happened"
	if m := dayInName.FindStringSubmatch(o.Name); m != nil {
		if day, err := records.ParseDate(m[1] + "-" + m[2] + "-" + m[3]); err == nil {
			x.last, said = day, "as its name says"
		}
	}
	if x.last.IsZero() {
		x.last, said = o.Today, "today, since no day is in it"
	}
	extent := "it is taken for a part: what it does not hold stays (give --full, or put the word full into its name, if it is all)"
	if x.whole.Full {
		extent = "it is a full extract: what earlier ones had and it does not is withdrawn"
	}
	notes := []string{fmt.Sprintf("the extract tells up to %s, %s; %s", x.last.Words(), said, extent)}
	for _, t := range tables {
		if t.rows != nil && !there[t.Name] {
			x.absent = append(x.absent, t.Name)
		}
	}
	if len(x.absent) > 0 && len(there) > 0 {
		notes = append(notes, "tables that are not in the file, so that nothing is said of what they hold: "+strings.Join(x.absent, ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(x.lacking)) {
		notes = append(notes, fmt.Sprintf("%s.csv has no column %s, so that the table is not taken: send it with that", name, x.lacking[name]))
	}
	return notes, x.last, nil
}

// happened is the latest day that a record says something happened on.
func happened(rec records.Record) (day records.Date) {
	switch r := rec.(type) {
	case *records.SocialCareCase:
		day = r.FromDate
	case *records.Contact:
		day = r.Date
	case *records.Visit:
		day = r.Date
	case *records.LookedAfterVisit:
		day = r.Date
	case *records.Assessment:
		day = r.FromDate
	}
	return day
}

// Put stores what was added, child by child.
func (x *extract) Put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error) {
	if x.whole == nil { // rows that are tried again by themselves
		x.whole = &records.Extract{}
	}
	if err := store.BeginExtract(ctx, v, b, x.whole); err != nil {
		return nil, err
	}
	var numbers []string
	of := map[string][]*entry{}
	at := map[*entry]int{}
	for i, e := range x.pending {
		if of[e.person] == nil {
			numbers = append(numbers, e.person)
		}
		of[e.person] = append(of[e.person], e)
		at[e] = i
	}
	outcomes := make([]records.RowOutcome, len(x.pending))
	for i, e := range x.pending {
		outcomes[i].Line = e.line
	}
	// Teams and workers before those who have them.
	slices.SortStableFunc(numbers, func(a, b string) int { return cmp.Compare(min(len(a), 1), min(len(b), 1)) })
	children := make([]*child, len(numbers))
	given := make([]records.ExtractChild, len(numbers))
	for i, number := range numbers {
		c := x.child(number, of[number])
		children[i], given[i] = c, records.ExtractChild{Number: number, Person: c.person}
		for _, r := range c.rows {
			given[i].Rows = append(given[i].Rows, r.ExtractRow)
		}
	}
	persons, rows, err := store.PutExtract(ctx, v, b, x.whole, given)
	if err != nil {
		return nil, err
	}
	for i, c := range children {
		for e, problem := range c.problems {
			outcomes[at[e]].Result, outcomes[at[e]].Problem = records.Rejected, problem
		}
		if c.person != nil {
			outcomes[at[c.self]].Join(named(persons[i]))
		}
		for n, r := range c.rows {
			outcomes[at[r.entry]].Join(rows[i][n])
		}
	}
	for i := range outcomes {
		if outcomes[i].Result == 0 { // it says nothing of its own
			outcomes[i].Result = records.Unchanged
		}
	}
	x.pending = nil
	return outcomes, nil
}

// Finish withdraws what is gone of children of whom the file has nothing.
func (x *extract) Finish(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]string, []records.Wrote, error) {
	if x.whole == nil {
		return nil, nil, nil
	}
	if err := store.BeginExtract(ctx, v, b, x.whole); err != nil {
		return nil, nil, err
	}
	return store.EndExtract(ctx, v, b, x.whole)
}

// personColumns are what the columns of a person are called in the extract.
var personColumns = map[string]string{
	"person_id": "pers_person_id", "upn": "link_identifier_value", "former_upn": "link_identifier_value", "surname": "pers_surname", "forename": "pers_forename",
	"date_of_birth": "pers_dob", "sex": "pers_sex", "ethnicity": "pers_ethnicity", "nhs_number": "pers_common_child_id",
}

func named(o records.RowOutcome) records.RowOutcome {
	name := func(s string) string { return cmp.Or(personColumns[s], s) }
	if o.Problem != nil {
		p := *o.Problem
		p.Field = name(p.Field)
		o.Problem = &p
	}
	for i := range o.Kept {
		o.Kept[i].Field = name(o.Kept[i].Field)
	}
	for i := range o.Columns {
		o.Columns[i] = name(o.Columns[i])
	}
	return o
}
