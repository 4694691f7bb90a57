package records

import (
	"context"
	"strconv"
	"strings"

	"onevision/access"
)

// ReviewRow is one row of the reviews file of an SSDA903 return.
type ReviewRow struct {
	Line          int64
	Child         string // CHILD
	Born          Date   // DOB
	Date          Date   // REVIEW
	Participation string // REVIEW_CODE
}

// PutReviews stores the reviews of a return in one transaction: all that can
// be or none. A review of a child on a day replaces what stands for that day;
// the same again is Unchanged. A row whose child nobody knows or has another
// date of birth, or who was not looked after that day, is Unmatched; one that
// cannot be right is Rejected.
func (s *Store) PutReviews(ctx context.Context, v access.Viewer, rows []ReviewRow, b Batch) (outcomes []RowOutcome, err error) {
	err = s.inBatch(ctx, v, func(t *Tx) error {
		outcomes, err = t.PutReviews(ctx, rows, b)
		return err
	})
	return outcomes, err
}

// PutReviews is Store.PutReviews in this transaction.
func (t *Tx) PutReviews(ctx context.Context, rows []ReviewRow, b Batch) ([]RowOutcome, error) {
	if err := t.returns(lookedAfterReviewKind); err != nil {
		return nil, err
	}
	if err := t.As(ctx, b); err != nil {
		return nil, err
	}
	outcomes := make([]RowOutcome, len(rows))
	said := map[[2]string]string{}
	contradicted := map[[2]string]bool{}
	var numbers []string
	for i := range rows {
		r := &rows[i]
		outcomes[i].Line = r.Line
		problem, err := t.checkReview(ctx, r)
		if err != nil {
			return nil, err
		}
		if problem != nil {
			outcomes[i].Result, outcomes[i].Problem = Rejected, problem
			continue
		}
		k := [2]string{r.Child, r.Date.String()}
		if other, ok := said[k]; ok && other != r.Participation {
			contradicted[k] = true
		}
		said[k] = r.Participation
		numbers = append(numbers, r.Child)
	}
	known, err := t.byNumber(ctx, numbers)
	if err != nil {
		return nil, err
	}
	files := map[int64]*careFile{}
	for _, c := range known {
		files[c.id] = &careFile{child: c.id}
	}
	children := make([]int64, 0, len(files))
	for c := range files {
		children = append(children, c)
	}
	if err := lockChildren(ctx, t.tx, children); err != nil {
		return nil, err
	}
	if err := t.readCare(ctx, files); err != nil {
		return nil, err
	}
	var reviews []MergeRow
	var at []int // rows
	done := map[[2]string]bool{}
	for i := range rows {
		r, o, c := &rows[i], &outcomes[i], known[rows[i].Child]
		k := [2]string{r.Child, r.Date.String()}
		switch {
		case o.Problem != nil:
		case contradicted[k]:
			o.Result, o.Problem = Rejected, &Problem{"REVIEW_CODE", Contradicts, "another row says something else of this review: keep the right one"}
		case c.id == 0:
			o.Result, o.Problem = Unmatched, unknownNumber()
		case !r.Born.IsZero() && c.born != r.Born:
			o.Result, o.Problem = Unmatched, &Problem{"DOB", Contradicts, "is not the date of birth on record: look at the record, and correct the one that is wrong"}
		case periodOn(files[c.id].care, r.Date) == nil:
			o.Result, o.Problem = Unmatched, &Problem{"REVIEW", NoSuchRecord, "the child was not looked after on that day, as the record has it: import the episodes file of the return first, or correct the date"}
		case done[k]:
			o.Result = Unchanged
		default:
			done[k] = true
			rec := &LookedAfterReview{Child: c.public, Period: strconv.FormatInt(periodOn(files[c.id].care, r.Date).id, 10), Date: r.Date, Participation: r.Participation}
			rec.Source, rec.child = oneLine(b.Source), c.id
			reviews, at = append(reviews, MergeRow{Record: rec}), append(at, i)
		}
	}
	merged, err := t.mergeWith(ctx, lookedAfterReviewKind, nil, reviews, mergeOptions{checked: true})
	if err != nil {
		return nil, err
	}
	for n, i := range at {
		o := &outcomes[i]
		switch o.tell(merged[n], "REVIEW_CODE"); o.Result {
		case Added:
			o.Wrote = []Wrote{{Kind: lookedAfterReviewKind.Name, Created: 1}}
		case Changed:
			o.Columns, o.Wrote = []string{"REVIEW_CODE"}, []Wrote{{Kind: lookedAfterReviewKind.Name, Corrected: 1}}
		}
	}
	return outcomes, nil
}

func (t *Tx) checkReview(ctx context.Context, r *ReviewRow) (problem *Problem, err error) {
	if r.Child, problem = tidyChildNumber(r.Child); problem != nil {
		return problem, nil
	}
	r.Participation = strings.ToUpper(strings.TrimSpace(r.Participation))
	switch {
	case r.Date.IsZero():
		return &Problem{"REVIEW", Required, "must be given"}, nil
	case r.Date.After(t.store.today()):
		return &Problem{"REVIEW", InFuture, "is in the future: check the date"}, nil
	case r.Participation == "":
		return &Problem{"REVIEW_CODE", Required, "must be given"}, nil
	}
	known, used, err := t.store.codes.find(ctx, t.store.now(), "review_participation", r.Participation, r.Date)
	switch {
	case err != nil:
		return nil, err
	case !known:
		return &Problem{"REVIEW_CODE", UnknownCode, "is not one of the codes of this column: give PN0 to PN7"}, nil
	case !used:
		return &Problem{"REVIEW_CODE", CodeNotInUse, "was not in use on that day: choose a code that was, or correct the date"}, nil
	}
	return nil, nil
}
