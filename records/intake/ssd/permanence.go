package ssd

import (
	"slices"
	"strconv"

	"onevision/records"
)

// The way to adopters, care plans, and substance misuse of children in care.

// permanence is the decision that a child should be placed for adoption, and what came of
// it; rows of children who are not to be adopted say nothing that a record holds.
func (c *child) permanence(e *entry) {
	decided := c.on(e, "perm_adm_decision_date")
	period := func(day records.Date) records.ExtractRef { return c.periodOf(e.v["perm_cla_id"], day) }
	if !decided.IsZero() {
		d := &records.AdoptionDecision{Date: decided, CeasedDate: c.on(e, "perm_decision_reversed_date")}
		if !d.CeasedDate.IsZero() {
			d.CeasedReason = code(e.v["perm_decision_reversed_reason"])
			if len(d.CeasedReason) > 3 { // RD1, and words after it
				d.CeasedReason = d.CeasedReason[:3]
			}
		}
		c.add(e, d, fields{columns: map[string]string{"date": "perm_adm_decision_date", "ceased_date": "perm_decision_reversed_date", "ceased_reason": "perm_decision_reversed_reason", "period": "perm_cla_id"},
			refs: map[string]records.ExtractRef{"period": period(decided)}})
	}
	a := &records.Adoption{MatchedDate: c.on(e, "perm_matched_date"), EarlyDecisionDate: c.on(e, "perm_ffa_cp_decision_date"), EarlyPlacedDate: c.on(e, "perm_placed_ffa_cp_date"), PlacementOrderDate: c.on(e, "perm_placement_order_date"),
		PlacedDate: c.on(e, "perm_placed_for_adoption_date"), ByFosterCarer: yes(e.v["perm_adopted_by_carer_flag"]), AdoptersSex: code(e.v["perm_adopter_sex"]), AdoptersStatus: code(e.v["perm_adopter_legal_status"]),
		SiblingGroup: yes(e.v["perm_part_of_sibling_group"])}
	if word(e.v["perm_permanence_order_type"], [2]string{"adopt", "yes"}) != "" {
		a.OrderDate = c.on(e, "perm_permanence_order_date")
	}
	a.Adopters, a.SiblingsTogether, a.SiblingsApart = c.small(e, "perm_number_of_adopters"), c.small(e, "perm_siblings_placed_together"), c.small(e, "perm_siblings_placed_apart")
	first := records.Date{}
	for _, day := range []records.Date{a.EarlyDecisionDate, a.EarlyPlacedDate, a.PlacementOrderDate, a.MatchedDate, a.PlacedDate, a.OrderDate} {
		if !day.IsZero() && first.IsZero() {
			first = day
		}
	}
	if first.IsZero() {
		return
	}
	c.add(e, a, fields{number: e.v["perm_table_id"] + " adoption", columns: map[string]string{"matched_date": "perm_matched_date", "early_decision_date": "perm_ffa_cp_decision_date", "early_placed_date": "perm_placed_ffa_cp_date",
		"placement_order_date": "perm_placement_order_date", "placed_date": "perm_placed_for_adoption_date", "order_date": "perm_permanence_order_date", "by_foster_carer": "perm_adopted_by_carer_flag", "adopters": "perm_number_of_adopters",
		"adopters_sex": "perm_adopter_sex", "adopters_status": "perm_adopter_legal_status", "sibling_group": "perm_part_of_sibling_group", "siblings_together": "perm_siblings_placed_together", "siblings_apart": "perm_siblings_placed_apart",
		"period": "perm_cla_id"},
		refs: map[string]records.ExtractRef{"period": period(first)}})
}

// small is a small whole number; nil for none.
func (c *child) small(e *entry, column string) *int16 {
	text := e.v[column]
	if text == "" {
		return nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != float64(int16(n)) {
		c.bad(e, column, "give a whole number")
		return nil
	}
	whole := int16(n)
	return &whole
}

// aims are the codes of the care plan's JSON, in the order in which one is the plan before
// another is the parallel one.
var aims = []string{"ADOPTION", "RETURN1M", "RETURN6M", "REMAINSUP", "LTRELFR", "LTFOST18", "RESPLMT", "SUPPLIV", "RETURNEV", "OTHERPLN"}

func (c *child) carePlan(e *entry) {
	from := c.on(e, "lacp_cla_care_plan_start_date")
	p := &records.CarePlan{FromDate: from, ToDate: c.until(e, "lacp_cla_care_plan_start_date", "lacp_cla_care_plan_end_date", c.ends()...)}
	said := flags(e.v["lacp_cla_care_plan_json"])
	for _, aim := range aims {
		switch {
		case !said[aim]:
		case p.Aim == "":
			p.Aim = aim
		case p.Parallel == "":
			p.Parallel = aim
		}
	}
	if p.Aim == "" {
		p.Aim = "OTHERPLN"
	}
	in := from
	if !slices.ContainsFunc(c.care, func(p *period) bool { return !from.Before(p.from) && (p.to.IsZero() || !from.After(p.to)) }) {
		if i := slices.IndexFunc(c.care, func(p *period) bool { return p.from.After(from) }); i >= 0 {
			in = c.care[i].from // the plan was made before the child came into care, as the regulation wants it
		}
	}
	c.add(e, p, fields{columns: map[string]string{"aim": "lacp_cla_care_plan_json", "parallel_aim": "lacp_cla_care_plan_json", "from_date": "lacp_cla_care_plan_start_date", "to_date": "lacp_cla_care_plan_end_date", "period": "lacp_cla_care_plan_start_date"},
		refs: map[string]records.ExtractRef{"period": c.periodOf("", in)}})
}

// substanceMisuse: the dataset names the substance, or says yes or no.
func (c *child) substanceMisuse(e *entry) {
	day, what := c.on(e, "clas_substance_misuse_date"), code(e.v["clas_substance_misused"])
	found := what != "" && what != "N" && what != "NO" && what != "0" && what != "NONE"
	helped := found && yes(e.v["clas_intervention_received"])
	c.add(e, &records.SubstanceMisuse{Date: day, Misused: found, Received: helped, Offered: helped},
		fields{columns: map[string]string{"date": "clas_substance_misuse_date", "misused": "clas_substance_misused", "intervention_received": "clas_intervention_received", "period": "clas_substance_misuse_date"},
			refs: map[string]records.ExtractRef{"period": c.periodOf("", day)}, not: []string{"intervention_offered"}})
}
