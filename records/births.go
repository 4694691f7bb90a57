package records

// Birth notifications: how the rows of a file become children and their first record.

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// BirthRow is a birth as the child health information service notifies it.
type BirthRow struct {
	PupilRow
	NHSNumber      string
	Notified       Date
	WeightG        *int16
	GestationWeeks *int16
	Births         *int16 // how many were born
	Order          *int16 // which of them this is
	Feeding        string
}

// single reports whether one child was born, as far as the row says.
func (r *BirthRow) single() bool {
	return (r.Births == nil || *r.Births == 1) && (r.Order == nil || *r.Order == 1)
}

// aBirth is a row on its way in.
type aBirth struct {
	birth *BirthRow
	*aPupil
}

// PutBirths stores births in one transaction: all that can be or none. A child is
// found by NHS number where the day of birth is the same; one of a single birth else
// as the unborn child of that surname and home who is expected within eight weeks of
// the birth, if that is one, or as the one child of that name, day of birth and sex.
// Who may be a child on record, and is not certainly so, is Unmatched: of twins
// nobody is found but by NHS number. Whoever is not found is made. Name and home are
// taken as pupils' are.
func (s *Store) PutBirths(ctx context.Context, v access.Viewer, rows []BirthRow, b Batch) (outcomes []RowOutcome, err error) {
	err = s.inBatch(ctx, v, func(t *Tx) error {
		outcomes, err = t.PutBirths(ctx, rows, b)
		return err
	})
	return outcomes, err
}

// PutBirths is Store.PutBirths in this transaction.
func (t *Tx) PutBirths(ctx context.Context, rows []BirthRow, b Batch) ([]RowOutcome, error) {
	for _, k := range []*Kind{childKind, childNameKind, addressKind, birthNotificationKind} {
		if err := t.matches(k); err != nil {
			return nil, err
		}
	}
	if err := t.As(ctx, b); err != nil {
		return nil, err
	}
	if err := lockChild(ctx, t.tx, 0); err != nil { // one file at a time makes children: see PutPupils
		return nil, err
	}
	outcomes := make([]RowOutcome, len(rows))
	births, pupils := make([]*aBirth, len(rows)), make([]*aPupil, len(rows))
	for i := range rows {
		outcomes[i].Line = rows[i].Line
		births[i] = &aBirth{&rows[i], &aPupil{PupilRow: &rows[i].PupilRow, out: &outcomes[i]}}
		pupils[i] = births[i].aPupil
		if p := births[i].check(t.store.today()); p != nil {
			pupils[i].fail(Rejected, *p)
		}
	}
	if err := t.matchBirths(ctx, births); err != nil {
		return nil, err
	}
	for _, put := range []func(context.Context, []*aPupil) error{t.putChildren, t.putNames, t.putHomes} {
		if err := put(ctx, standing(pupils)); err != nil {
			return nil, err
		}
	}
	if err := t.putNotifications(ctx, births); err != nil {
		return nil, err
	}
	for i := range outcomes {
		if outcomes[i].Result == 0 {
			outcomes[i].Result = Unchanged
		}
	}
	return outcomes, nil
}

// check tidies a row and checks what it says by itself.
func (r *aBirth) check(today Date) *Problem {
	for _, f := range []struct {
		column, as string
		value      *string
		required   bool
	}{
		{"nhs_number", "nhs-number", &r.birth.NHSNumber, true}, {"surname", "", &r.Surname, true}, {"forename", "", &r.Forename, false}, {"address", "lines", &r.Address, false}, {"postcode", "postcode", &r.Postcode, false},
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
	case r.Born.IsZero():
		return &Problem{"date_of_birth", Required, "must be given"}
	case r.Born.After(today):
		return &Problem{"date_of_birth", InFuture, "is in the future: check the date"}
	case r.birth.Notified.IsZero():
		r.birth.Notified = r.Born
	case r.birth.Notified.Before(r.Born):
		return &Problem{"notified", DateOrder, "is before the birth: correct one of them"}
	}
	r.Entry, r.nhs = r.Born, r.birth.NHSNumber
	// What is wrong with the notification keeps the child out too: a row goes in whole.
	p := Problems{Today: today}
	birthNotificationKind.validate(r.notification(), &p)
	for _, problem := range p.list {
		if column, ok := birthColumns[problem.Field]; ok {
			problem.Field = column
			return &problem
		}
	}
	return nil
}

// notification is the record of the row, without its child.
func (r *aBirth) notification() *BirthNotification {
	b := r.birth
	return &BirthNotification{Date: b.Notified, WeightG: b.WeightG, GestationWeeks: b.GestationWeeks, NumberOfBirths: b.Births, BirthOrder: b.Order, Feeding: b.Feeding}
}

// matchBirths finds the children, and says of rows that are not certain why they wait.
func (t *Tx) matchBirths(ctx context.Context, births []*aBirth) error {
	var sought []*aPupil
	var of []*aBirth
	for _, r := range births {
		if r.out.Problem == nil {
			sought, of = append(sought, r.aPupil), append(of, r)
		}
	}
	if err := t.fold(ctx, sought); err != nil {
		return err
	}
	col := columnOf(sought)
	rows, _ := t.tx.Query(ctx, `/* records.Tx.matchBirths */
		WITH r AS MATERIALIZED (SELECT n::int - 1 AS n, nhs, born, fold_name(surname) AS surname, postcode FROM unnest($1::text[], $2::date[], $3::text[], $4::text[]) WITH ORDINALITY u (nhs, born, surname, postcode, n))
		SELECT r.n, c.id, c.public_id::text, coalesce(c.upn, ''), c.sex, c.date_of_birth, c.nhs_number IS NOT DISTINCT FROM r.nhs,
			EXISTS (SELECT FROM child_name m WHERE m.child_id = c.id AND fold_name(m.surname) = r.surname), EXISTS (SELECT FROM address a WHERE a.child_id = c.id AND a.to_date IS NULL AND a.postcode = r.postcode AND r.postcode <> '')
		FROM r JOIN child c ON c.nhs_number = r.nhs OR c.date_of_birth IS NULL AND c.nhs_number IS NULL AND c.expected_date BETWEEN r.born - 56 AND r.born + 56
		ORDER BY r.n, c.id`, col(func(p *aPupil) any { return p.nhs }), col(func(p *aPupil) any { return p.Born }), col(func(p *aPupil) any { return p.Surname }), col(func(p *aPupil) any { return p.Postcode }))
	byNHS, unborn, maybe := map[int]namesake{}, map[int][]namesake{}, map[int]bool{}
	var n int
	var c namesake
	var nhs, surname, home bool
	if _, err := pgx.ForEachRow(rows, []any{&n, &c.id, &c.public, &c.upn, &c.sex, &c.born, &nhs, &surname, &home}, func() error {
		switch {
		case nhs:
			byNHS[n] = c
		case surname && home:
			unborn[n] = append(unborn[n], c)
		case surname || home:
			maybe[n] = true
		}
		return nil
	}); err != nil {
		return fmt.Errorf("look for %d children who were born: %w", len(sought), err)
	}
	_, byName, err := t.candidates(ctx, sought)
	if err != nil {
		return err
	}
	first := map[string]*aBirth{}
	claimed := map[int64]*aBirth{} // unborn children
	for i, r := range of {
		found, known := byNHS[i]
		switch {
		case first[r.nhs] != nil:
			r.fail(Rejected, Problem{"nhs_number", Contradicts, fmt.Sprintf("the row on line %d has the same number: keep the right one", first[r.nhs].Line)})
			continue
		case known && !found.born.IsZero() && found.born != r.Born:
			r.fail(Unmatched, Problem{"nhs_number", Contradicts, "the child with this NHS number has another date of birth on record: look at the record, and correct the one that is wrong"})
			continue
		case known:
			r.found = &found
		case len(unborn[i]) == 1 && r.birth.single() && claimed[unborn[i][0].id] == nil:
			r.found = &unborn[i][0]
			claimed[r.found.id] = r
		case len(unborn[i]) > 0:
			r.fail(Unmatched, Problem{"surname", Contradicts, "unborn children on record are expected at that home about then: look which of them this is, and record the date of birth and the NHS number"})
			continue
		case maybe[i]:
			r.fail(Unmatched, Problem{"surname", Contradicts, "an unborn child on record of that surname or home is expected about then: look whether it is this one, and record the date of birth and the NHS number, or another surname or home"})
			continue
		default:
			var same []namesake // not of another NHS number: this one's would have been found
			for _, c := range byName[i] {
				if r.birth.single() && (c.forename || c.alike) && (c.sex == r.Sex || c.sex == "U" || r.Sex == "U") {
					same = append(same, c)
				}
			}
			if problem := r.choose(nil, same); problem != nil {
				r.fail(Unmatched, *problem)
				continue
			}
		}
		first[r.nhs] = r
	}
	return nil
}

// putNotifications stores the notifications: a child has one.
func (t *Tx) putNotifications(ctx context.Context, births []*aBirth) error {
	var list []*aBirth
	var children []int64
	for _, r := range births {
		if r.child != nil && (r.out.Problem == nil || r.out.Result == KeptBack) {
			list, children = append(list, r), append(children, r.child.key)
		}
	}
	if len(list) == 0 {
		return nil
	}
	rows, _ := t.tx.Query(ctx, `/* records.Tx.putNotifications */ SELECT child_id, max(id) FROM birth_notification WHERE child_id = ANY ($1) GROUP BY child_id`, children)
	there := map[int64]int64{}
	var child, id int64
	if _, err := pgx.ForEachRow(rows, []any{&child, &id}, func() error { there[child] = id; return nil }); err != nil {
		return fmt.Errorf("read the birth notifications of %d children: %w", len(children), err)
	}
	merging := make([]MergeRow, len(list))
	for i, r := range list {
		n := r.notification()
		n.Child, n.Source, n.child = r.child.ID, oneLine(t.batch.Source), r.child.key
		if was := there[r.child.key]; was != 0 {
			n.ID = strconv.FormatInt(was, 10)
		}
		merging[i] = MergeRow{Record: n, States: stated(n)}
	}
	merged, err := t.mergeWith(ctx, birthNotificationKind, nil, merging, mergeOptions{})
	if err != nil {
		return err
	}
	for i, m := range merged {
		var one RowOutcome
		one.tell(m.named(birthColumns), "nhs_number")
		switch m.Result {
		case Added:
			one.Wrote = []Wrote{{Kind: birthNotificationKind.Name, Created: 1}}
		case Changed:
			one.Wrote = []Wrote{{Kind: birthNotificationKind.Name, Corrected: 1}}
		}
		list[i].out.Join(one)
	}
	return nil
}

// birthColumns are the columns of the file format, by field of the notification.
var birthColumns = map[string]string{"": "nhs_number", "date": "notified", "weight_g": "weight_g", "gestation_weeks": "gestation_weeks", "number_of_births": "number_of_births", "birth_order": "birth_order", "feeding": "feeding"}

// stated are the fields that a notification gives: one that is left out unsays nothing.
func stated(n *BirthNotification) []string {
	list := []string{"date"}
	for field, given := range map[string]bool{"weight_g": n.WeightG != nil, "gestation_weeks": n.GestationWeeks != nil, "number_of_births": n.NumberOfBirths != nil, "birth_order": n.BirthOrder != nil, "feeding": n.Feeding != ""} {
		if given {
			list = append(list, field)
		}
	}
	return list
}
