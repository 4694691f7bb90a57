package records

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Children of an extract: found, or made, and named by the system's number.

// aPerson is a child of the extract on its way in.
type aPerson struct {
	*ExtractChild
	*aPupil
	known bool // by the system's number
}

// putPersons finds or makes the children. The outcomes are in the children's order.
func (e *extracting) putPersons(ctx context.Context) ([]RowOutcome, error) {
	e.keys = map[string]aChild{}
	outcomes := make([]RowOutcome, len(e.children))
	var numbers []string
	for i := range e.children {
		numbers = append(numbers, e.children[i].Number)
	}
	for _, k := range []*Kind{childKind, childNameKind, childIdentifierKind} {
		if err := e.matches(k); err != nil {
			return nil, err
		}
	}
	// One file at a time makes children: see PutPupils.
	if err := lockChild(ctx, e.tx, 0); err != nil {
		return nil, err
	}
	known, err := e.bySystemNumber(ctx, numbers)
	if err != nil {
		return nil, err
	}
	var persons []*aPerson
	var pupils []*aPupil
	for i := range e.children {
		c := &e.children[i]
		found, ok := known[c.Number]
		if ok {
			e.keys[c.Number] = aChild{found.id, found.public}
		}
		if c.Person == nil {
			continue
		}
		p := &aPerson{ExtractChild: c, aPupil: &aPupil{PupilRow: &c.Person.PupilRow, out: &outcomes[i]}, known: ok}
		outcomes[i].Line = c.Person.Line
		if problem := p.check(); problem != nil {
			p.fail(Rejected, *problem)
			continue
		}
		if ok {
			p.found = &found
		}
		persons, pupils = append(persons, p), append(pupils, p.aPupil)
	}
	if err := e.matchPersons(ctx, persons); err != nil {
		return nil, err
	}
	pupils = standing(pupils)
	if err := e.fold(ctx, pupils); err != nil {
		return nil, err
	}
	if err := e.putChildren(ctx, pupils); err != nil {
		return nil, err
	}
	var named []*aPupil
	for _, p := range standing(pupils) {
		if p.Surname != "" || p.Forename != "" {
			named = append(named, p)
		}
	}
	if err := e.putNames(ctx, named); err != nil {
		return nil, err
	}
	return outcomes, e.putNumbers(ctx, persons)
}

// check tidies what the extract says of a child and checks it by itself. An NHS
// number or UPN that cannot be right is left out, and said: the child is not.
func (p *aPerson) check() *Problem {
	for _, f := range []struct {
		column, as string
		value      *string
		leave      bool
	}{
		{"surname", "", &p.Surname, false}, {"forename", "", &p.Forename, false}, {"upn", "upn", &p.UPN, true}, {"former_upn", "upn", &p.FormerUPN, true}, {"nhs_number", "nhs-number", &p.Person.NHSNumber, true},
	} {
		tidy, message := tidyUp(f.as, *f.value)
		switch {
		case message != "" && f.leave:
			p.out.Kept = append(p.out.Kept, Kept{f.column, "it is left out: " + message})
			tidy = ""
		case message != "":
			return &Problem{f.column, Format, message}
		}
		*f.value = tidy
	}
	if p.Born.IsZero() && p.Person.Expected.IsZero() {
		return &Problem{"date_of_birth", Required, "must be given, or the expected date of an unborn child"}
	}
	p.nhs, p.expected, p.died = p.Person.NHSNumber, p.Person.Expected, p.Person.Died
	if p.Sex == "" {
		p.Sex = "U"
	}
	return nil
}

// bySystemNumber finds children by the system's number.
func (e *extracting) bySystemNumber(ctx context.Context, numbers []string) (map[string]namesake, error) {
	rows, _ := e.tx.Query(ctx, `/* records.extracting.bySystemNumber */
		SELECT i.value, c.id, c.public_id::text, coalesce(c.upn, ''), c.sex, c.date_of_birth FROM child_identifier i JOIN child c ON c.id = i.child_id
		WHERE i.scheme = $1 AND i.value = ANY ($2)`, SystemNumber, numbers)
	found := map[string]namesake{}
	var number string
	var c namesake
	if _, err := pgx.ForEachRow(rows, []any{&number, &c.id, &c.public, &c.upn, &c.sex, &c.born}, func() error { found[number] = c; return nil }); err != nil {
		return nil, fmt.Errorf("look for %d children by the numbers of the system: %w", len(numbers), err)
	}
	return found, nil
}

// matchPersons finds the children whom the system's number does not, and says of
// those who are not certain why they wait.
func (e *extracting) matchPersons(ctx context.Context, persons []*aPerson) error {
	var sought []*aPupil
	var nhs []string
	for _, p := range persons {
		if p.known {
			continue
		}
		sought = append(sought, p.aPupil)
		if p.Person.NHSNumber != "" {
			nhs = append(nhs, p.Person.NHSNumber)
		}
	}
	if len(sought) == 0 {
		return nil
	}
	rows, _ := e.tx.Query(ctx, `/* records.extracting.matchPersons */ SELECT nhs_number, id, public_id::text, coalesce(upn, ''), sex, date_of_birth FROM child WHERE nhs_number = ANY ($1)`, nhs)
	byNHS := map[string]namesake{}
	var number string
	var c namesake
	if _, err := pgx.ForEachRow(rows, []any{&number, &c.id, &c.public, &c.upn, &c.sex, &c.born}, func() error { byNHS[number] = c; return nil }); err != nil {
		return fmt.Errorf("look for children by %d NHS numbers: %w", len(nhs), err)
	}
	if err := e.fold(ctx, sought); err != nil {
		return err
	}
	byUPN, byName, err := e.candidates(ctx, sought)
	if err != nil {
		return err
	}
	first := map[string]*aPupil{}
	for i, p := range sought {
		same, ok := byNHS[p.nhs]
		switch {
		case ok && p.nhs != "" && same.born != p.Born:
			p.fail(Unmatched, Problem{"nhs_number", Contradicts, "the child with this NHS number has another date of birth on record: look at the record, and correct the one that is wrong"})
			continue
		case ok && p.nhs != "" && len(byUPN[i]) == 1 && byUPN[i][0].id != same.id:
			p.fail(Unmatched, Problem{"nhs_number", Contradicts, "the child with this NHS number and the child with this UPN are two records: look at both"})
			continue
		case ok && p.nhs != "":
			p.found = &same
		case p.Born.IsZero(): // unborn children have nothing to be found by
		default:
			if problem := p.choose(byUPN[i], byName[i]); problem != nil {
				p.fail(Unmatched, *problem)
				continue
			}
		}
		if p.Born.IsZero() {
			continue
		}
		p.follow(first)
		if p.leader != nil && p.out.Problem == nil {
			p.fail(Unmatched, Problem{"person_id", Contradicts, fmt.Sprintf("the person on line %d has the same name, date of birth and sex, or the same number: look whether they are one, and merge them in that system", p.leader.Line)})
			p.leader = nil
		}
	}
	return nil
}

// fold has names as they are compared.
func (t *Tx) fold(ctx context.Context, pupils []*aPupil) error {
	col := columnOf(pupils)
	rows, _ := t.tx.Query(ctx, `/* records.Tx.fold */ SELECT fold_name(s), fold_name(f) FROM unnest($1::text[], $2::text[]) WITH ORDINALITY r (s, f, n) ORDER BY n`,
		col(func(p *aPupil) any { return p.Surname }), col(func(p *aPupil) any { return p.Forename }))
	n := 0
	var surname, forename string
	if _, err := pgx.ForEachRow(rows, []any{&surname, &forename}, func() error {
		pupils[n].surname, pupils[n].forename = surname, forename
		n++
		return nil
	}); err != nil {
		return fmt.Errorf("fold the names of %d children: %w", len(pupils), err)
	}
	return nil
}

// putNumbers keeps the system's numbers of children who did not have them.
func (e *extracting) putNumbers(ctx context.Context, persons []*aPerson) error {
	var rows []MergeRow
	var at []*aPerson
	for _, p := range persons {
		if p.out.Problem != nil && p.out.Result != KeptBack || p.child == nil {
			continue
		}
		e.keys[p.Number] = aChild{p.child.key, p.child.ID}
		if p.known {
			continue
		}
		n := &ChildIdentifier{Child: p.child.ID, Scheme: SystemNumber, Value: p.Number, FromDate: e.store.today()}
		n.Source, n.child = oneLine(e.batch.Source), p.child.key
		rows, at = append(rows, MergeRow{Record: n}), append(at, p)
	}
	// A new child's number goes in whatever was decided about the number before: the
	// next extract would else make the child again.
	merged, err := e.mergeWith(ctx, childIdentifierKind, nil, rows, mergeOptions{consequence: true})
	if err != nil {
		return err
	}
	for i, m := range merged {
		p := at[i]
		switch m.Result {
		case Added:
			p.out.Wrote = append(p.out.Wrote, Wrote{Kind: childIdentifierKind.Name, Created: 1})
			if p.out.Result == 0 || p.out.Result == Unchanged {
				p.out.Result = Added
			}
		case Rejected:
			p.out.Result, p.out.Problem = Unmatched, &Problem{"person_id", Contradicts, "the child who was found has another number of this system: look whether it has the child twice, and merge the two there"}
			delete(e.keys, p.Number)
		}
	}
	for _, p := range persons {
		if p.out.Result == 0 {
			p.out.Result = Unchanged
		}
	}
	return nil
}
