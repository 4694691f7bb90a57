package ssda903

import (
	"context"

	"onevision/access"
	"onevision/records"
	"onevision/records/intake"
)

var _ = intake.Define(file(3, "reviews", "reviews", []string{"CHILD", "DOB", "REVIEW", "REVIEW_CODE"}, func() intake.Rows { return &reviews{} }))

// reviews are rows of reviews.csv.
type reviews struct{ rows []records.ReviewRow }

func (r *reviews) Add(line int64, f []string) *intake.Problem {
	x := records.ReviewRow{Line: line, Child: f[0], Participation: f[3]}
	if p := days([]string{"DOB", "REVIEW"}, []string{f[1], f[2]}, &x.Born, &x.Date); p != nil {
		return p
	}
	r.rows = append(r.rows, x)
	return nil
}

func (r *reviews) Put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error) {
	outcomes, err := store.PutReviews(ctx, v, r.rows, b)
	r.rows = r.rows[:0]
	return outcomes, err
}

// Subject: a review is a child's on a day.
func (r *reviews) Subject(f []string) (subject, saying string) {
	return intake.Tidied(f[0], f[2]), intake.Tidied(f[1], f[3])
}
