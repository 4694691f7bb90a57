package ssd

import (
	"slices"

	"onevision/records"
)

// Education, health and care plans: requests, assessments, plans and their needs.

// settled is the outcome of a request or an assessment, and the day of a decision: what
// is open, withdrawn or of the time before has none.
func (c *child) settled(e *entry, outcome, day string) (string, records.Date) {
	said := code(e.v[outcome])
	if said == "" || said[0] == 'A' {
		return "", records.Date{}
	}
	if said = said[:1]; said == "Y" || said == "N" {
		return said, c.on(e, day)
	}
	return said, records.Date{}
}

func (c *child) ehcRequest(e *entry) {
	r := &records.EhcRequest{Date: c.on(e, "ehcr_ehcp_req_date")}
	r.Outcome, r.OutcomeDate = c.settled(e, "ehcr_ehcp_req_outcome", "ehcr_ehcp_req_outcome_date")
	c.add(e, r, fields{columns: map[string]string{"date": "ehcr_ehcp_req_date", "outcome": "ehcr_ehcp_req_outcome", "outcome_date": "ehcr_ehcp_req_outcome_date"}})
}

// rowOf is the child's row of that number in the table, nil for none.
func (c *child) rowOf(table, column, number string) *entry {
	i := slices.IndexFunc(c.all[table], func(e *entry) bool { return number != "" && e.v[column] == number })
	if i < 0 {
		return nil
	}
	return c.all[table][i]
}

// ehcAssessment began on the day on which it was decided to assess.
func (c *child) ehcAssessment(e *entry) {
	request := c.rowOf("ssd_ehcp_requests", "ehcr_ehcp_request_id", e.v["ehca_ehcp_request_id"])
	if request == nil {
		c.bad(e, "ehca_ehcp_request_id", "is the number of no request of the child: send the row of ssd_ehcp_requests with it")
		return
	}
	a := &records.EhcAssessment{}
	if _, a.FromDate = c.settled(request, "ehcr_ehcp_req_outcome", "ehcr_ehcp_req_outcome_date"); a.FromDate.IsZero() {
		a.FromDate, _ = request.day("ehcr_ehcp_req_date")
	}
	a.Outcome, a.OutcomeDate = c.settled(e, "ehca_ehcp_assessment_outcome", "ehca_ehcp_assessment_outcome_date")
	if yes(e.v["ehca_ehcp_assessment_exceptions"]) { // which, the dataset does not say
		a.Exception, a.ExceptionReason = true, "unsaid"
	}
	c.add(e, a, fields{columns: map[string]string{"from_date": "ehca_ehcp_request_id", "outcome": "ehca_ehcp_assessment_outcome", "outcome_date": "ehca_ehcp_assessment_outcome_date", "exception": "ehca_ehcp_assessment_exceptions",
		"exception_reason": "ehca_ehcp_assessment_exceptions", "request": "ehca_ehcp_request_id"},
		refs: map[string]records.ExtractRef{"request": ref("ssd_ehcp_requests", e.v["ehca_ehcp_request_id"], records.Date{})}})
}

func (c *child) ehcPlan(e *entry) {
	p := &records.EhcPlan{FromDate: c.on(e, "ehcn_named_plan_start_date"), ToDate: c.until(e, "ehcn_named_plan_start_date", "ehcn_named_plan_ceased_date")}
	if !p.ToDate.IsZero() {
		if p.CeaseReason = code(e.v["ehcn_named_plan_ceased_reason"]); p.CeaseReason == "" {
			p.CeaseReason = "9"
		}
	}
	c.add(e, p, fields{columns: map[string]string{"from_date": "ehcn_named_plan_start_date", "to_date": "ehcn_named_plan_ceased_date", "cease_reason": "ehcn_named_plan_ceased_reason", "assessment": "ehcn_ehcp_asmt_id"},
		refs: map[string]records.ExtractRef{"assessment": ref("ssd_ehcp_assessment", e.v["ehcn_ehcp_asmt_id"], records.Date{})}})
}

// senNeed is a need of the plan that is in force: since when the dataset does not say, so
// since that plan began.
func (c *child) senNeed(e *entry) {
	var from records.Date
	for _, plan := range c.all["ssd_ehcp_named_plan"] {
		if day, ok := plan.day("ehcn_named_plan_start_date"); ok && plan.v["ehcn_named_plan_ceased_date"] == "" {
			from = day
		}
	}
	if from.IsZero() {
		c.bad(e, "senn_active_ehcp_id", "the child has no plan in force, as ssd_ehcp_named_plan has it: send its rows with this")
		return
	}
	c.add(e, &records.SenNeed{Need: code(e.v["senn_active_ehcp_need_type"]), Rank: c.small(e, "senn_active_ehcp_need_rank"), FromDate: from},
		fields{columns: map[string]string{"need": "senn_active_ehcp_need_type", "rank": "senn_active_ehcp_need_rank", "from_date": "senn_active_ehcp_id"}})
}
