package records

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// EhcRequest is a request for an education, health and care needs assessment.
type EhcRequest struct {
	Meta
	Child       string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Date        Date   `json:"date" is:"fact required past" title:"Received" doc:"The day on which it was received, or the authority became responsible: the 20 weeks begin on it."`
	RequestedBy string `json:"requested_by,omitempty" codes:"ehc_requested_by" is:"fact" doc:"Who asked."`
	Outcome     string `json:"outcome,omitempty" codes:"ehc_request_outcome" on:"outcome_date" is:"fact" doc:"What was decided."`
	OutcomeDate Date   `json:"outcome_date,omitzero" is:"fact past" title:"Decided" doc:"The day on which whoever asked was told."`
	Mediation   bool   `json:"mediation" is:"fact" doc:"Whether there was mediation about it."`
	Tribunal    bool   `json:"tribunal" is:"fact" doc:"Whether there was an appeal about it."`
	Exported    bool   `json:"exported" is:"fact" title:"Moved away" doc:"Whether the child moved to another authority before the assessment was complete."`
}

var ehcRequestKind = define[EhcRequest](Kind{
	Name: "ehc-request", Plural: "ehc-requests", Title: "EHC request", Table: "ehc_request", Category: access.SEN,
	starts: []clockStart{
		{clock: "ehc-decision", on: "date", only: map[string]string{"exported": "false"}},
		{clock: "ehc-plan", on: "date", only: map[string]string{"exported": "false"}},
	},
	stops: []clockStop{
		{clock: "ehc-decision", on: "outcome_date", same: true},
		{clock: "ehc-plan", on: "outcome_date", only: map[string]string{"outcome": "!Y"}, same: true},
	},
	natural: []string{"child", "date"}, single: true,
	Doc: "A request for an education, health and care needs assessment.",
	taken: map[string]Problem{
		"ehc_request_once": {"date", InUse, "there is a request for this child of that day already: correct that one"},
	},
})

var (
	ehcRequestUndated = rule("ehc-request", "outcome_date", Required, "a decision whether to assess has a day: that on which whoever asked was told", "SEN2 2025, RequestOutcomeDate")
	ehcRequestDated   = rule("ehc-request", "outcome_date", NotPossible, "a request that is open, was withdrawn or is historical has no day of a decision: leave it out", "SEN2 2025, RequestOutcomeDate")
	ehcRequestOrder   = rule("ehc-request", "outcome_date", DateOrder, "is before the request was received: correct one of them", "SEN2 2025, RequestOutcomeDate")
	ehcRequestTooOld  = rule("ehc-request", "date", OutOfRange, "is on or after the 26th birthday, when there can be no plan: correct one of them", "Children and Families Act 2014, s. 83")
)

// Validate wants the decision and its day together.
func (r *EhcRequest) Validate(p *Problems) {
	decided := r.Outcome == "Y" || r.Outcome == "N"
	p.BreakIf(decided && r.OutcomeDate.IsZero(), ehcRequestUndated)
	p.BreakIf(!decided && !r.OutcomeDate.IsZero(), ehcRequestDated)
	p.BreakIf(!r.OutcomeDate.IsZero() && r.OutcomeDate.Before(r.Date), ehcRequestOrder)
}

// check wants the child to be under 26.
func (r *EhcRequest) check(ctx context.Context, tx pgx.Tx, p *Problems) error {
	if p.On("date") {
		return nil
	}
	var old bool
	err := tx.QueryRow(ctx, `/* records.EhcRequest.check */ SELECT coalesce(date_of_birth + interval '26 years' <= $2, false) FROM child WHERE id = $1`, r.child, r.Date).Scan(&old)
	if err != nil {
		return fmt.Errorf("look at the age of child %d: %w", r.child, err)
	}
	p.BreakIf(old, ehcRequestTooOld)
	return nil
}
