package ssd

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"onevision/records"
)

// child is what an extract has of one child, made into records.
type child struct {
	x        *extract
	number   string
	all      map[string][]*entry // by table
	care     []*period           // being looked after, the earliest first
	person   *records.ExtractPerson
	self     *entry // the row of the person
	rows     []made
	problems map[*entry]*records.Problem // why rows are no records
}

// made is a record of a row.
type made struct {
	records.ExtractRow
	entry *entry
}

// child makes records of all rows about one child.
func (x *extract) child(number string, entries []*entry) *child {
	c := &child{x: x, number: number, all: map[string][]*entry{}, problems: map[*entry]*records.Problem{}}
	for _, e := range entries {
		c.all[e.table] = append(c.all[e.table], e)
	}
	c.care = c.periods()
	for _, e := range entries {
		if t := tableOf(e.table); t != nil && t.rows != nil {
			t.rows(c, e)
		}
	}
	return c
}

// nothing is made of a row that is read with another.
func (c *child) nothing(*entry) {}

// bad says why a row is no record.
func (c *child) bad(e *entry, column, why string) {
	if c.problems[e] == nil {
		c.problems[e] = &records.Problem{Field: column, Code: records.Format, Message: why}
	}
}

// on reads the day of a column; what is none is a problem of the row.
func (c *child) on(e *entry, column string) records.Date {
	d, ok := e.day(column)
	if !ok {
		c.bad(e, column, "write the date as yyyy-mm-dd or dd/mm/yyyy")
	}
	return d
}

// fields is what a record's fields are: the columns that they come from, and the
// records to which they refer.
type fields struct {
	columns map[string]string // by field
	refs    map[string]records.ExtractRef
	not     []string // fields that the extract does not state once the record is there
	number  string   // the row's, where it is not the table's
}

// add makes a record of a row.
func (c *child) add(e *entry, rec records.Record, f fields) {
	if c.problems[e] != nil {
		return
	}
	k, _ := records.KindFor(rec)
	var states []string
	for i := range k.Fields {
		name := k.Fields[i].Name
		_, column := f.columns[name]
		_, ref := f.refs[name]
		if (column || ref) && !slices.Contains(f.not, name) {
			states = append(states, name)
		}
	}
	number := cmp.Or(f.number, e.v[tableOf(e.table).number])
	c.rows = append(c.rows, made{records.ExtractRow{Line: e.line, Table: e.table, Number: number, Record: rec, States: states, Refs: f.refs, Columns: f.columns}, e})
}

// until is the day after the last of a spell that ends on the column's day. Systems
// write the day on which the next begins, or the one before: another row of the table
// that begins that day tells, or a day that itself is the end of what the spell is in.
func (c *child) until(e *entry, from, to string, within ...records.Date) records.Date {
	end := c.on(e, to)
	if end.IsZero() {
		return end
	}
	if slices.Contains(within, end) {
		return end
	}
	for _, other := range c.all[e.table] {
		if start, ok := other.day(from); other != e && ok && start == end {
			return end
		}
	}
	return end.Add(1)
}

func ref(table, number string, day records.Date) records.ExtractRef {
	return records.ExtractRef{Table: table, Number: number, Day: day}
}

// caseOf refers to the case that the row names, else to the one of that day.
func caseOf(e *entry, column string, day records.Date) records.ExtractRef {
	return ref("ssd_cin_episodes", e.v[column], day)
}

func workerOf(number string) records.ExtractRef {
	return ref("ssd_professionals", number, records.Date{})
}

// born is the child's day of birth, zero if it is not in the extract.
func (c *child) born() records.Date {
	for _, e := range c.all["ssd_person"] {
		if d, ok := e.day("pers_dob"); ok {
			return d
		}
	}
	return records.Date{}
}

func (c *child) department(e *entry) {
	c.add(e, &records.Team{Name: e.v["dept_team_name"], Service: service(e.v["dept_team_name"]), FromDate: records.NewDate(1900, time.January, 1)},
		fields{columns: map[string]string{"name": "dept_team_name"}})
}

func (c *child) professional(e *entry) {
	number, name := cmp.Or(c.x.teams[e.v["prof_professional_id"]], e.v["prof_professional_department"]), e.v["prof_professional_department"]
	for _, d := range c.all["ssd_department"] {
		if name != "" && (d.v["dept_team_id"] == name || strings.EqualFold(d.v["dept_team_name"], name)) {
			number = d.v["dept_team_id"]
		}
	}
	if number == "" {
		c.bad(e, "prof_professional_department", "neither this nor any involvement says in which team the worker is: give the team's number or name")
		return
	}
	c.add(e, &records.Worker{Name: e.v["prof_professional_name"], Registration: e.v["prof_social_worker_registration_no"], FromDate: records.NewDate(1900, time.January, 1)},
		fields{columns: map[string]string{"name": "prof_professional_name", "registration": "prof_social_worker_registration_no", "team": "prof_professional_department"},
			refs: map[string]records.ExtractRef{"team": ref("ssd_department", number, records.Date{})}})
}

func (c *child) who(e *entry) {
	p := &records.ExtractPerson{NHSNumber: e.v["pers_common_child_id"]}
	p.Line, p.Surname, p.Forename = e.line, e.v["pers_surname"], e.v["pers_forename"]
	p.Born, p.Expected, p.Died = c.on(e, "pers_dob"), c.on(e, "pers_expected_dob"), c.on(e, "pers_death_date")
	p.Sex = map[string]string{"M": "M", "MALE": "M", "1": "M", "F": "F", "FEMALE": "F", "2": "F"}[code(e.v["pers_sex"])]
	p.Ethnicity = code(e.v["pers_ethnicity"])
	for _, id := range c.all["ssd_linked_identifiers"] {
		kind := lower(id.v["link_identifier_type"])
		switch upn := strings.Contains(kind, "unique pupil number") || strings.Contains(kind, "upn"); {
		case upn && strings.Contains(kind, "former"):
			p.FormerUPN = id.v["link_identifier_value"]
		case upn:
			p.UPN = id.v["link_identifier_value"]
		}
	}
	for _, s := range c.all["ssd_send"] {
		if p.UPN == "" && s.v["send_upn"] != "SSD_PH" { // what the dataset's own script writes for a value it has not
			p.UPN = s.v["send_upn"]
		}
	}
	if len(p.UPN) == 3 && strings.HasPrefix(code(p.UPN), "UN") {
		p.UPN = ""
	}
	if c.problems[e] == nil && c.person == nil {
		c.person, c.self = p, e
	}
}

func (c *child) address(e *entry) {
	lines, uprn := addressLines(e.v["addr_address_json"])
	kind := cmp.Or(word(e.v["addr_address_type"], [2]string{"placement", "placement"}, [2]string{"home|main|primary|perm|resid", "home"}), "other")
	if e.v["addr_address_type"] == "" {
		kind = "home"
	}
	a := &records.Address{Type: kind, Lines: cmp.Or(lines, "Address not given"), Postcode: e.v["addr_address_postcode"],
		FromDate: c.on(e, "addr_address_start_date"), ToDate: c.until(e, "addr_address_start_date", "addr_address_end_date")}
	a.UPRN, _ = strconv.ParseInt(uprn, 10, 64)
	c.add(e, a, fields{columns: map[string]string{"type": "addr_address_type", "lines": "addr_address_json", "uprn": "addr_address_json", "postcode": "addr_address_postcode", "from_date": "addr_address_start_date", "to_date": "addr_address_end_date"}})
}

func (c *child) disability(e *entry) {
	// Since when, the dataset does not say: since birth.
	c.add(e, &records.Disability{Code: code(e.v["disa_disability_code"]), FromDate: c.born()},
		fields{columns: map[string]string{"code": "disa_disability_code", "from_date": "disa_disability_code"}, not: []string{"from_date"}})
}

func (c *child) immigration(e *entry) {
	text := e.v["immi_immigration_status"]
	status := word(text, [2]string{"unaccompanied|uasc", "UASC"}, [2]string{"pre-settled|eupre", "EUPRE"}, [2]string{"settled|euss", "EUSS"}, [2]string{"indefinite|ilr", "ILR"}, [2]string{"discretionary|dlr", "DLR"},
		[2]string{"refugee", "REF"}, [2]string{"adult asylum|aas", "AAS"}, [2]string{"pending|application", "PEND"}, [2]string{"no lawful|overstay|none", "NONE"})
	c.add(e, &records.ImmigrationStatus{Status: cmp.Or(status, code(text)), Unaccompanied: status == "UASC", FromDate: c.on(e, "immi_immigration_status_start_date"),
		ToDate: c.until(e, "immi_immigration_status_start_date", "immi_immigration_status_end_date")},
		fields{columns: map[string]string{"status": "immi_immigration_status", "unaccompanied": "immi_immigration_status", "from_date": "immi_immigration_status_start_date", "to_date": "immi_immigration_status_end_date"}})
}

func (c *child) involvement(e *entry) {
	is, from := role(e.v["invo_professional_role_id"]), c.on(e, "invo_involvement_start_date")
	c.add(e, &records.Involvement{Role: is, Allocated: is == "social-worker", FromDate: from, ToDate: c.until(e, "invo_involvement_start_date", "invo_involvement_end_date")},
		fields{columns: map[string]string{"role": "invo_professional_role_id", "allocated": "invo_professional_role_id", "from_date": "invo_involvement_start_date", "to_date": "invo_involvement_end_date",
			"worker": "invo_professional_id", "team": "invo_professional_team", "case": "invo_referral_id"},
			refs: map[string]records.ExtractRef{"worker": workerOf(e.v["invo_professional_id"]), "team": ref("ssd_department", e.v["invo_professional_team"], records.Date{}),
				"case": ref("ssd_cin_episodes", e.v["invo_referral_id"], records.Date{})}})
}
