package records

import (
	"context"
	"strings"

	"onevision/access"
)

// CareChildRow is one row of the header file of an SSDA903 return.
type CareChildRow struct {
	Line      int64
	Child     string // CHILD, the number by which the return knows the child
	Sex       string // 1 or M, 2 or F
	Born      Date
	Ethnicity string
	UPN       string // or "", or UN1 to UN7: why there is none

	stated string // a UPN whose check letter fails: kept as the return states it
}

// PutCareChildren finds or creates the children of a return, in one
// transaction: all of them or none. A child is found by the number in the
// return, else by UPN; one that neither finds is created, without a name, since
// the return has none. What the two say must agree, and agree with the date of
// birth on record, or the row is Unmatched: sex and date of birth are shared by
// many children, and nobody is guessed. Sex and ethnicity of a child who is
// found are corrected, and a UPN is added where none was known.
func (s *Store) PutCareChildren(ctx context.Context, v access.Viewer, rows []CareChildRow, b Batch) (outcomes []RowOutcome, err error) {
	err = s.inBatch(ctx, v, func(t *Tx) error {
		outcomes, err = t.PutCareChildren(ctx, rows, b)
		return err
	})
	return outcomes, err
}

// PutCareChildren is Store.PutCareChildren in this transaction.
func (t *Tx) PutCareChildren(ctx context.Context, rows []CareChildRow, b Batch) ([]RowOutcome, error) {
	if err := t.returns(childKind, childIdentifierKind); err != nil {
		return nil, err
	}
	if err := t.As(ctx, b); err != nil {
		return nil, err
	}
	// One return at a time makes children: two that bring the same child would
	// else both find nobody. No child has the key 0.
	if err := lockChild(ctx, t.tx, 0); err != nil {
		return nil, err
	}
	outcomes := make([]RowOutcome, len(rows))
	said := map[string]CareChildRow{} // by number
	owner := map[string]string{}      // of a UPN, by number
	contradicted := map[string]bool{} // numbers and UPNs
	var numbers, upns []string
	for i := range rows {
		outcomes[i].Line = rows[i].Line
		problem, err := t.checkCareChild(ctx, &rows[i])
		if err != nil {
			return nil, err
		}
		if problem != nil {
			outcomes[i].Result, outcomes[i].Problem = Rejected, problem
			continue
		}
		r := rows[i]
		r.Line = 0
		if other, ok := said[r.Child]; ok && other != r {
			contradicted[r.Child] = true
		}
		if other, ok := owner[r.UPN]; ok && r.UPN != "" && other != r.Child {
			contradicted[r.UPN] = true
		}
		said[r.Child], owner[r.UPN] = r, r.Child
		numbers, upns = append(numbers, r.Child), append(upns, r.UPN)
	}
	known, err := t.byNumber(ctx, numbers)
	if err != nil {
		return nil, err
	}
	pupils, err := t.byUPN(ctx, upns)
	if err != nil {
		return nil, err
	}
	done := map[string]bool{}
	for i := range rows {
		r, o := &rows[i], &outcomes[i]
		switch {
		case o.Problem != nil:
		case contradicted[r.Child]:
			o.Result, o.Problem = Rejected, &Problem{"CHILD", Contradicts, "another row says something else of this child: keep the right one"}
		case r.UPN != "" && contradicted[r.UPN]:
			o.Result, o.Problem = Rejected, &Problem{"UPN", Contradicts, "another row gives this UPN to another child: keep the right one"}
		case done[r.Child]:
			o.Result = Unchanged
		default:
			if err := t.putCareChild(ctx, r, known[r.Child], pupils[r.UPN], oneLine(b.Source), o); err != nil {
				return nil, err
			}
			done[r.Child] = true
		}
	}
	return outcomes, nil
}

// checkCareChild tidies a row and checks what it says by itself.
func (t *Tx) checkCareChild(ctx context.Context, r *CareChildRow) (problem *Problem, err error) {
	if r.Child, problem = tidyChildNumber(r.Child); problem != nil {
		return problem, nil
	}
	sex, ok := map[string]string{"1": "M", "M": "M", "2": "F", "F": "F", "0": "U", "9": "U", "U": "U"}[compactUpper(r.Sex)]
	if !ok {
		return &Problem{"SEX", UnknownCode, "give 1 or M for male, 2 or F for female, 0 or 9 where it is not known (rule 101)"}, nil
	}
	today := t.store.today()
	switch {
	case r.Born.IsZero():
		return &Problem{"DOB", Required, "must be given"}, nil
	case r.Born.After(today):
		return &Problem{"DOB", InFuture, "is in the future: check the date"}, nil
	case r.Born.Before(earliest):
		return &Problem{"DOB", OutOfRange, "cannot be right: check the year"}, nil
	}
	r.Sex, r.Ethnicity, r.UPN = sex, compactUpper(r.Ethnicity), compactUpper(r.UPN)
	known, used, err := t.store.codes.within(ctx, t.store.now(), "ethnicity", r.Ethnicity, r.Born, today)
	switch {
	case err != nil:
		return nil, err
	case !known || !used:
		return &Problem{"ETHNIC", UnknownCode, "is not one of the codes of this column: choose one from the return's guide"}, nil
	}
	if strings.HasPrefix(r.UPN, "UN") && len(r.UPN) == 3 && r.UPN[2] >= '1' && r.UPN[2] <= '7' {
		r.UPN = ""
	}
	if _, message := tidyUp("upn", r.UPN); message != "" {
		if !shapedUPN(r.UPN) {
			return &Problem{"UPN", Format, message}, nil
		}
		r.stated, r.UPN = r.UPN, ""
	}
	return nil, nil
}

// putCareChild finds or creates the child of one row. a has the row's number, b
// its UPN; a key of 0 is nobody.
func (t *Tx) putCareChild(ctx context.Context, r *CareChildRow, a, b careChild, source string, o *RowOutcome) error {
	found := a
	if a.id == 0 {
		found = b
	}
	switch {
	case a.id != 0 && b.id != 0 && a.id != b.id:
		o.Problem = &Problem{"UPN", Contradicts, "the child with this number and the child with this UPN are two records: look at both, and correct the one that is wrong"}
	case a.id == 0 && b.id != 0 && b.number != "":
		o.Problem = &Problem{"CHILD", Contradicts, "the child with this UPN has another number in the return: look at the record, and correct the number that is wrong"}
	case found.id != 0 && found.born != r.Born:
		o.Problem = &Problem{"DOB", Contradicts, "is not the date of birth on record: look at the record, and correct the one that is wrong"}
	}
	if o.Problem != nil {
		o.Result = Unmatched
		return nil
	}
	child := &Child{DateOfBirth: r.Born}
	if found.id != 0 {
		rec, err := t.load(ctx, childKind, found.public)
		if err != nil {
			return err
		}
		if child = rec.(*Child); child.UPN != "" && r.UPN != "" && child.UPN != r.UPN {
			o.Result, o.Problem = Unmatched, &Problem{"UPN", Contradicts, "the child with this number has another UPN on record: look at the record, and correct the one that is wrong"}
			return nil
		}
	}
	was := *child
	if child.Sex == "" || r.Sex != "U" { // a return that does not know does not unsay what is known
		child.Sex = r.Sex
	}
	if r.UPN != "" {
		child.UPN = r.UPN
	}
	// Nor does one that says "not yet obtained".
	if child.Ethnicity == "" || r.Ethnicity != "NOBT" {
		child.Ethnicity = r.Ethnicity
	}
	o.Result = Unchanged
	if found.id == 0 || *child != was {
		if err := t.mergeCareChild(ctx, child, source, found.id == 0, o); err != nil || o.Problem != nil && o.Result != KeptBack {
			return err
		}
	}
	if r.stated != "" && t.batch.ID != 0 {
		if err := t.say(ctx, childKind, []int64{child.key}, []int64{child.key}, []string{"upn"}, []string{r.stated}); err != nil {
			return err
		}
		o.Kept = append(o.Kept, Kept{"UPN", "its check letter does not agree: it is no child's UPN, and is kept as the return states it, to be corrected there"})
	}
	if a.id == 0 {
		number := &ChildIdentifier{Child: child.ID, Scheme: ssda903, Value: r.Child, FromDate: t.store.today()}
		number.Source, number.child = source, child.key
		// A new child's number goes in whatever was decided about the number before:
		// the next return would else make the child again.
		merged, err := t.mergeWith(ctx, childIdentifierKind, nil, []MergeRow{{Record: number}}, mergeOptions{consequence: found.id == 0})
		if err != nil {
			return err
		}
		if merged[0].Result == Added {
			o.Result, o.Problem, o.Wrote = Added, nil, append(o.Wrote, Wrote{Kind: childIdentifierKind.Name, Created: 1})
		} else if merged[0].Result != Unchanged {
			o.tell(merged[0], "CHILD")
		}
	}
	return nil
}

// mergeCareChild stores a child of the return, and says what became of the row.
func (t *Tx) mergeCareChild(ctx context.Context, child *Child, source string, isNew bool, o *RowOutcome) error {
	columns := map[string]string{"sex": "SEX", "ethnicity": "ETHNIC", "upn": "UPN", "date_of_birth": "DOB"}
	child.Source = source
	row := []MergeRow{{Record: child, States: []string{"sex", "ethnicity"}}}
	if child.UPN != "" {
		row[0].States = append(row[0].States, "upn")
	}
	if isNew {
		row[0].States = append(row[0].States, "date_of_birth")
	}
	merged, err := t.mergeWith(ctx, childKind, []string{}, row, mergeOptions{})
	if err != nil {
		return err
	}
	m := merged[0].named(columns)
	o.tell(m, "CHILD")
	*child = *row[0].Record.(*Child)
	switch m.Result {
	case Added:
		o.Wrote = append(o.Wrote, Wrote{Kind: childKind.Name, Created: 1})
	case Changed:
		o.Wrote = append(o.Wrote, Wrote{Kind: childKind.Name, Corrected: 1})
	}
	return nil
}
