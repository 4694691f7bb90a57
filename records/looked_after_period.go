package records

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// LookedAfterPeriod is one period of being looked after. The episodes of the
// SSDA903 return are derived from its legal statuses and placements.
type LookedAfterPeriod struct {
	Meta
	Child     string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Need      string `json:"need,omitempty" codes:"need" is:"fact" title:"Primary need" doc:"The primary need when the period began."`
	FromDate  Date   `json:"from_date" is:"fact required" doc:"The first day of the period."`
	ToDate    Date   `json:"to_date,omitzero" is:"fact" doc:"The day after the last day of the period."`
	EndReason string `json:"end_reason,omitempty" codes:"looked_after_end" on:"to_date" is:"fact" title:"Reason for ending" doc:"Why the period ended."`
	// Of a period that a return told of only from its middle, the days before
	// are not on record: its first day is then no start.
	BeginsWith string `json:"begins_with,omitempty" codes:"episode_reason" is:"fact" title:"First episode" doc:"Nothing or S: the child started to be looked after on the first day. Another code: the period had begun before, and its earlier days are not on record (SSDA903, RNE of the first episode)."`
}

var lookedAfterPeriodKind = define[LookedAfterPeriod](Kind{
	Name: "looked-after-period", Plural: "looked-after-periods", Title: "Looked-after period", Table: "looked_after_period", Category: access.LookedAfter,
	starts: []clockStart{
		{clock: "care-visit-first", on: "from_date", while: "looked-after-period"},
		{clock: "care-review-first", on: "from_date", while: "looked-after-period"},
		{clock: "health-assessment-first", on: "from_date", while: "looked-after-period"},
		{clock: "care-plan", on: "from_date", while: "looked-after-period"},
		{clock: "education-plan-first", on: "from_date", while: "looked-after-period", ages: [2]int{4, 18}},
	},
	lapses:  &lapse{kind: "legal-status", field: "status", values: []string{"V3", "V4"}}, // a series of short breaks
	natural: []string{"child", "from_date"},
	Doc:     "A period of being looked after.",
	apart:   []apartness{{by: []string{"child"}}},
})

// Validate wants the end and its reason together.
func (r *LookedAfterPeriod) Validate(p *Problems) {
	switch {
	case r.EndReason != "" && r.ToDate.IsZero():
		p.Add("to_date", Required, "a reason for ending needs the day")
	case r.EndReason == "" && !r.ToDate.IsZero():
		p.Add("end_reason", Required, "a period that ends needs the reason")
	}
}

// check wants what belongs to the period to stay within it.
func (r *LookedAfterPeriod) check(ctx context.Context, tx pgx.Tx, p *Problems) error {
	if r.key == 0 || r.FromDate.IsZero() {
		return nil
	}
	var early, late bool
	err := tx.QueryRow(ctx, `/* records.LookedAfterPeriod.check */
		SELECT coalesce(bool_or(from_date < $2), false), coalesce(bool_or(coalesce(to_date, 'infinity') > $3), false)
		FROM (SELECT from_date, to_date FROM legal_status WHERE period_id = $1
		      UNION ALL SELECT from_date, to_date FROM placement WHERE period_id = $1
		      UNION ALL SELECT date, date FROM looked_after_review WHERE period_id = $1) part`,
		r.key, r.FromDate, orInfinity(r.ToDate)).Scan(&early, &late)
	if err != nil {
		return fmt.Errorf("compare looked-after period %d with its parts: %w", r.key, err)
	}
	if early {
		p.Add("from_date", Outside, "a legal status, placement or review of this period lies earlier: correct that first")
	}
	if late {
		p.Add("to_date", Outside, "a legal status or placement of this period runs on, or a review lies later: end or correct it first")
	}
	return nil
}

// withinPeriod wants a part of a looked-after period to lie within it and to
// be the same child's.
func withinPeriod(ctx context.Context, tx pgx.Tx, p *Problems, period string, child int64, from, to Date) error {
	if p.On("period") || p.On("from_date") || p.On("to_date") {
		return nil
	}
	var known, early, late bool
	err := tx.QueryRow(ctx, `/* records.withinPeriod */
		SELECT coalesce(bool_or(true), false), coalesce(bool_or(from_date > $3), false), coalesce(bool_or(coalesce(to_date, 'infinity') < $4), false)
		FROM looked_after_period WHERE id = $1 AND child_id = $2`,
		key(period), child, from, orInfinity(to)).Scan(&known, &early, &late)
	switch {
	case err != nil:
		return fmt.Errorf("look at looked-after period %s: %w", period, err)
	case !known:
		p.Add("period", NoSuchRecord, "this child has no such looked-after period: give the id of one of the child's own")
	case early:
		p.Add("from_date", Outside, "is before the looked-after period begins: correct one of them")
	case late:
		p.Add("to_date", Outside, "is after the looked-after period ends: correct one of them")
	}
	return nil
}
