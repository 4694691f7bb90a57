package records

// Pupils of a file: children found or made, their names and addresses, and their
// enrolments.

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// PupilRow is one pupil at one school as a file gives them.
type PupilRow struct {
	Line           int64
	LAESTAB        string
	UPN, FormerUPN string // or "": not known
	Surname        string
	Forename       string
	MiddleNames    string
	Born           Date
	Sex            string // M, F or U
	Ethnicity      string // "": the file does not say
	Status         string // C, M, S or G
	Entry          Date   // the first day on the roll
	Left           Date   // the last day on the roll; zero: still there
	Address        string // "": the file does not say
	Postcode       string
}

// pupilColumns are the columns of the file format, by field.
var pupilColumns = map[string]string{
	"": "upn", "upn": "upn", "date_of_birth": "date_of_birth", "sex": "sex", "ethnicity": "ethnicity", "surname": "surname", "forename": "forename", "middle_names": "middle_names",
	"status": "enrolment_status", "from_date": "entry_date", "to_date": "leaving_date", "school": "laestab", "lines": "address", "postcode": "postcode",
}

// PutPupils stores pupils in one transaction: all that can be or none. A child is
// found by UPN (or the former one) where the day of birth or the name agrees, else
// by name, day of birth and sex where that is one child who has no other UPN.
// Nobody is guessed: a row that may be about a child on record and is not
// certainly so is Unmatched, and so is one of a school that nobody knows. Where
// nobody is found, the child is made. The enrolment that the row tells of is the
// child's at that school on any of its days, or else a new one.
func (s *Store) PutPupils(ctx context.Context, v access.Viewer, rows []PupilRow, b Batch) (outcomes []RowOutcome, err error) {
	err = s.inBatch(ctx, v, func(t *Tx) error {
		outcomes, err = t.PutPupils(ctx, rows, b)
		return err
	})
	return outcomes, err
}

// aPupil is a row on its way in.
type aPupil struct {
	*PupilRow
	out      *RowOutcome
	school   int64
	surname  string // folded
	forename string
	found    *namesake // the child on record, nil: a new one
	leader   *aPupil   // the row before that is about the same child
	child    *Child

	// What a school's file does not say.
	nhs            string
	expected, died Date
}

// PutPupils is Store.PutPupils in this transaction.
func (t *Tx) PutPupils(ctx context.Context, rows []PupilRow, b Batch) ([]RowOutcome, error) {
	for _, k := range []*Kind{childKind, childNameKind, addressKind, enrolmentKind} {
		if err := t.matches(k); err != nil {
			return nil, err
		}
	}
	if err := t.As(ctx, b); err != nil {
		return nil, err
	}
	// One file at a time makes children: two that bring the same child would else
	// both find nobody. No child has the key 0.
	if err := lockChild(ctx, t.tx, 0); err != nil {
		return nil, err
	}
	outcomes := make([]RowOutcome, len(rows))
	pupils := make([]*aPupil, len(rows))
	for i := range rows {
		outcomes[i].Line = rows[i].Line
		pupils[i] = &aPupil{PupilRow: &rows[i], out: &outcomes[i]}
		if p := pupils[i].check(); p != nil {
			pupils[i].fail(Rejected, *p)
		}
	}
	if err := t.matchNamesakes(ctx, pupils); err != nil {
		return nil, err
	}
	for _, put := range []func(context.Context, []*aPupil) error{t.putChildren, t.putNames, t.putEnrolments, t.putHomes} {
		if err := put(ctx, standing(pupils)); err != nil {
			return nil, err
		}
	}
	for i := range outcomes {
		if outcomes[i].Result == 0 {
			outcomes[i].Result = Unchanged
		}
	}
	return outcomes, nil
}

// standing are the rows that nothing is wrong with so far.
func standing(pupils []*aPupil) (list []*aPupil) {
	for _, p := range pupils {
		if p.out.Problem == nil || p.out.Result == KeptBack {
			list = append(list, p)
		}
	}
	return list
}

func (p *aPupil) fail(r Result, problem Problem) { p.out.Result, p.out.Problem = r, &problem }

// check tidies a row and checks what it says by itself.
func (p *aPupil) check() *Problem {
	for _, f := range []struct {
		column, as string
		value      *string
		required   bool
	}{
		{"laestab", "laestab", &p.LAESTAB, true}, {"upn", "upn", &p.UPN, false}, {"former_upn", "upn", &p.FormerUPN, false}, {"surname", "", &p.Surname, true}, {"forename", "", &p.Forename, true},
		{"middle_names", "", &p.MiddleNames, false}, {"address", "lines", &p.Address, false}, {"postcode", "postcode", &p.Postcode, false},
	} {
		tidy, message := tidyUp(f.as, *f.value)
		*f.value = tidy
		switch {
		case message != "":
			return &Problem{f.column, Format, message}
		case f.required && tidy == "":
			return &Problem{f.column, Required, "must be given"}
		}
	}
	switch {
	case p.Born.IsZero():
		return &Problem{"date_of_birth", Required, "must be given"}
	case p.Entry.IsZero():
		return &Problem{"entry_date", Required, "must be given: the first day on the school's roll"}
	case p.Entry.Before(p.Born):
		return &Problem{"entry_date", DateOrder, "is before the date of birth: correct one of them"}
	case !p.Left.IsZero() && p.Left.Before(p.Entry):
		return &Problem{"leaving_date", DateOrder, "is before the entry date: correct one of them"}
	}
	if p.Status == "" {
		p.Status = "C"
	}
	return nil
}

// putChildren makes the children who are new and corrects those who were found.
func (t *Tx) putChildren(ctx context.Context, pupils []*aPupil) error {
	var rows []MergeRow
	var at []*aPupil
	for _, p := range pupils {
		if p.leader != nil {
			continue
		}
		c := &Child{DateOfBirth: p.Born, Sex: p.Sex, Ethnicity: p.Ethnicity, UPN: p.UPN}
		c.Source = oneLine(t.batch.Source)
		var states []string
		if p.found == nil || !p.Born.IsZero() {
			states = append(states, "date_of_birth")
		}
		if p.found != nil {
			c.ID, c.key, c.child = p.found.public, p.found.id, p.found.id
		}
		if p.Sex != "U" || p.found == nil { // who does not know does not unsay what is known
			states = append(states, "sex")
		}
		if p.UPN != "" {
			states = append(states, "upn")
		}
		c.NHSNumber, c.ExpectedDate, c.DateOfDeath = p.nhs, p.expected, p.died
		for field, given := range map[string]bool{"nhs_number": p.nhs != "", "expected_date": !p.expected.IsZero(), "date_of_death": !p.died.IsZero()} {
			if given {
				states = append(states, field)
			}
		}
		slices.Sort(states)
		if p.found == nil {
			c.Ethnicity = cmp.Or(p.Ethnicity, "NOBT")
		}
		if c.Ethnicity != "" && (p.found == nil || c.Ethnicity != "NOBT") {
			states = append(states, "ethnicity")
		}
		rows, at = append(rows, MergeRow{Record: c, States: states}), append(at, p)
	}
	merged, err := t.mergeWith(ctx, childKind, []string{}, rows, mergeOptions{})
	if err != nil {
		return err
	}
	for i, m := range merged {
		at[i].told(childKind, m)
		at[i].child = rows[i].Record.(*Child)
	}
	for _, p := range pupils {
		if p.leader == nil {
			continue
		}
		p.child = p.leader.child
		if p.leader.out.Result == Rejected || p.leader.out.Result == Unmatched {
			p.fail(Rejected, Problem{"upn", Contradicts, fmt.Sprintf("the row on line %d is of the same child and was not taken: its reason stands there", p.leader.Line)})
		}
	}
	return nil
}

// told adds what became of one record of the row to what became of the row.
func (p *aPupil) told(k *Kind, m Merged) {
	var o RowOutcome
	o.tell(m.named(pupilColumns), pupilColumns[""])
	switch {
	case o.Result == Rejected:
		p.out.Result, p.out.Problem = Rejected, o.Problem
	case p.out.Result == Rejected:
	case o.Result == Added && k != addressKind && k != childNameKind || o.Result == Added && p.out.Result == 0:
		p.out.Result, p.out.Problem = Added, nil
	case (o.Result == Changed || o.Result == Added) && p.out.Result != Added:
		p.out.Result, p.out.Problem = Changed, nil
		p.out.Columns = append(p.out.Columns, o.Columns...)
	case o.Result == KeptBack && (p.out.Result == 0 || p.out.Result == Unchanged):
		p.out.Result, p.out.Problem = KeptBack, o.Problem
	case p.out.Result == 0:
		p.out.Result = Unchanged
	}
	p.out.Kept = append(p.out.Kept, o.Kept...)
	switch m.Result {
	case Added:
		p.out.Wrote = append(p.out.Wrote, Wrote{Kind: k.Name, Created: 1})
	case Changed:
		p.out.Wrote = append(p.out.Wrote, Wrote{Kind: k.Name, Corrected: 1})
	}
}

// putEnrolments stores the enrolments: the one that the child has at that school on
// any of the days, else a new one.
func (t *Tx) putEnrolments(ctx context.Context, pupils []*aPupil) error {
	if len(pupils) == 0 {
		return nil
	}
	children := make([]int64, len(pupils))
	for i, p := range pupils {
		children[i] = p.child.key
	}
	type held struct {
		id, child, school int64
		from, to          Date
	}
	found, _ := t.tx.Query(ctx, `/* records.Tx.putEnrolments */ SELECT id, child_id, school_id, from_date, to_date FROM enrolment WHERE child_id = ANY ($1) ORDER BY id`, children)
	at := map[[2]int64][]held{}
	var h held
	if _, err := pgx.ForEachRow(found, []any{&h.id, &h.child, &h.school, &h.from, &h.to}, func() error {
		k := [2]int64{h.child, h.school}
		at[k] = append(at[k], h)
		return nil
	}); err != nil {
		return fmt.Errorf("read the enrolments of %d children: %w", len(children), err)
	}
	rows := make([]MergeRow, len(pupils))
	for i, p := range pupils {
		e := &Enrolment{Child: p.child.ID, School: strconv.FormatInt(p.school, 10), Status: p.Status, FromDate: p.Entry, ToDate: p.Left.Add(1)}
		e.Source, e.child = oneLine(t.batch.Source), p.child.key
		for _, h := range at[[2]int64{p.child.key, p.school}] {
			if h.from.Before(cmp.Or(e.ToDate, latest)) && (h.to.IsZero() || h.to.After(e.FromDate)) {
				e.ID = strconv.FormatInt(h.id, 10)
				break
			}
		}
		rows[i] = MergeRow{Record: e, States: []string{"status", "from_date", "to_date"}}
	}
	merged, err := t.mergeWith(ctx, enrolmentKind, nil, rows, mergeOptions{})
	if err != nil {
		return err
	}
	for i, m := range merged {
		pupils[i].told(enrolmentKind, m)
	}
	return nil
}
