package records

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

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
func (s *Store) PutReviews(ctx context.Context, v access.Viewer, rows []ReviewRow, source string) (outcomes []RowOutcome, err error) {
	err = s.inBatch(ctx, v, func(t *Tx) error {
		outcomes, err = t.PutReviews(ctx, rows, source)
		return err
	})
	return outcomes, err
}

// heldReview is a review on its way in.
type heldReview struct {
	row    int
	child  int64
	period *care
	stood  string // the participation on record, "" none
}

// PutReviews is Store.PutReviews in this transaction.
func (t *Tx) PutReviews(ctx context.Context, rows []ReviewRow, source string) ([]RowOutcome, error) {
	if err := t.returns(lookedAfterReviewKind); err != nil {
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
	var held []*heldReview
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
			held = append(held, &heldReview{row: i, child: c.id, period: periodOn(files[c.id].care, r.Date)})
		}
	}
	return outcomes, t.writeReviews(ctx, held, rows, outcomes, oneLine(source))
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
	known, used, err := t.store.codes.find(ctx, t.tx, t.store.now(), "review_participation", r.Participation, r.Date)
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

// writeReviews stores what differs from what stands, under the children's
// locks.
func (t *Tx) writeReviews(ctx context.Context, held []*heldReview, rows []ReviewRow, outcomes []RowOutcome, source string) error {
	children, dates := make([]int64, len(held)), make([]Date, len(held))
	for i, h := range held {
		children[i], dates[i] = h.child, rows[h.row].Date
	}
	found, err := t.tx.Query(ctx, `/* records.Tx.writeReviews */
		SELECT r.n::int - 1, v.participation, v.period_id FROM unnest($1::bigint[], $2::date[]) WITH ORDINALITY r (child_id, date, n)
		JOIN looked_after_review v ON v.child_id = r.child_id AND v.date = r.date`, children, dates)
	var n int
	var stands string
	var period int64
	if err == nil {
		_, err = pgx.ForEachRow(found, []any{&n, &stands, &period}, func() error {
			held[n].stood = stands
			if stands == rows[held[n].row].Participation && period == held[n].period.id {
				outcomes[held[n].row].Result = Unchanged
			}
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("read the reviews that stand: %w", err)
	}
	held = slices.DeleteFunc(held, func(h *heldReview) bool { return outcomes[h.row].Result == Unchanged })
	if len(held) == 0 {
		return nil
	}
	children, dates = children[:0], dates[:0]
	var periods []int64
	var codes []string
	for _, h := range held {
		children, dates, periods, codes = append(children, h.child), append(dates, rows[h.row].Date), append(periods, h.period.id), append(codes, rows[h.row].Participation)
	}
	if err := access.SetReason(ctx, t.tx, ""); err != nil {
		return err
	}
	stored, err := t.tx.Query(ctx, `/* records.Tx.writeReviews */
		WITH r AS (
			SELECT n, child_id, period_id, date, participation FROM unnest($1::bigint[], $2::bigint[], $3::date[], $4::text[])
			WITH ORDINALITY r (child_id, period_id, date, participation, n)
		), t AS (
			INSERT INTO looked_after_review (child_id, period_id, date, participation, recorded_by, source)
			SELECT child_id, period_id, date, participation, $5, $6 FROM r ORDER BY child_id, date
			ON CONFLICT (child_id, date) DO UPDATE SET participation = EXCLUDED.participation, period_id = EXCLUDED.period_id,
				version = looked_after_review.version + 1, recorded_at = now(), recorded_by = EXCLUDED.recorded_by, source = EXCLUDED.source
			RETURNING id, child_id, date
		)
		SELECT r.n::int - 1, t.id FROM t JOIN r ON r.child_id = t.child_id AND r.date = t.date`,
		children, periods, dates, codes, t.viewer.Account(), source)
	var id int64
	var entries []access.Entry
	if err == nil {
		_, err = pgx.ForEachRow(stored, []any{&n, &id}, func() error {
			h := held[n]
			o := &outcomes[h.row]
			e := access.Entry{Action: "create", Kind: lookedAfterReviewKind.Name, Record: id, Child: h.child, Fields: []string{"period", "date", "participation"}}
			if h.stood == "" {
				o.Result, o.Wrote = Added, []Wrote{{Kind: lookedAfterReviewKind.Name, Created: 1}}
			} else {
				o.Result, o.Columns, o.Wrote = Changed, []string{"REVIEW_CODE"}, []Wrote{{Kind: lookedAfterReviewKind.Name, Corrected: 1}}
				e.Action, e.Fields = "correct", []string{"participation"}
			}
			entries = append(entries, e)
			return nil
		})
	}
	if err != nil {
		return wrap(lookedAfterReviewKind.refusal(err), "store reviews")
	}
	return access.Audit(ctx, t.tx, t.viewer, entries...)
}
