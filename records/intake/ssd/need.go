package ssd

import (
	"cmp"

	"onevision/records"
)

// Contacts, early help, children in need and child protection.

func (c *child) contact(e *entry) {
	c.add(e, &records.Contact{Date: c.on(e, "cont_contact_date"), ContactSource: cmp.Or(code(e.v["cont_contact_source_code"]), "10")},
		fields{columns: map[string]string{"date": "cont_contact_date", "contact_source": "cont_contact_source_code"}})
}

func (c *child) earlyHelp(e *entry) {
	c.add(e, &records.EarlyHelpEpisode{FromDate: c.on(e, "earl_episode_start_date"), ToDate: c.until(e, "earl_episode_start_date", "earl_episode_end_date")},
		fields{columns: map[string]string{"from_date": "earl_episode_start_date", "to_date": "earl_episode_end_date"}})
}

func (c *child) referral(e *entry) {
	c.add(e, &records.SocialCareCase{FromDate: c.on(e, "cine_referral_date"), ToDate: c.until(e, "cine_referral_date", "cine_close_date"), ReferralSource: cmp.Or(code(e.v["cine_referral_source_code"]), "10"),
		Need: code(e.v["cine_cin_primary_need_code"]), NoFurtherAction: yes(e.v["cine_referral_nfa"]), Closure: code(e.v["cine_close_reason"])},
		fields{columns: map[string]string{"from_date": "cine_referral_date", "to_date": "cine_close_date", "referral_source": "cine_referral_source_code", "need": "cine_cin_primary_need_code",
			"no_further_action": "cine_referral_nfa", "closure": "cine_close_reason"}})
}

func (c *child) assessment(e *entry) {
	from, authorised := c.on(e, "cina_assessment_start_date"), c.on(e, "cina_assessment_auth_date")
	a := &records.Assessment{FromDate: from}
	if !authorised.IsZero() {
		said := flags(e.v["cina_assessment_outcome_json"])
		said["NFA"] = said["NFA"] || yes(e.v["cina_assessment_outcome_nfa"])
		a.ToDate = authorised.Add(1)
		a.Outcome = outcome(said, [2]string{"STRATEGY_DISCUSSION", "strategy-or-s47"}, [2]string{"PROV_OF_SERVICES", "other"}, [2]string{"CLA_REQUEST", "other"}, [2]string{"LEGAL_ACTION", "other"},
			[2]string{"REFERRAL_TO_OTHER_AGENCY", "step-down-early-help"}, [2]string{"NFA", "no-further-action"}, [2]string{"NFA_S47_END", "no-further-action"})
	}
	c.add(e, a, fields{columns: map[string]string{"from_date": "cina_assessment_start_date", "to_date": "cina_assessment_auth_date", "outcome": "cina_assessment_outcome_json", "case": "cina_referral_id", "worker": "cina_assessment_worker_id"},
		refs: map[string]records.ExtractRef{"case": caseOf(e, "cina_referral_id", from), "worker": workerOf(e.v["cina_assessment_worker_id"])}})
}

func (c *child) factors(e *entry) {
	codes, ok := factorsOf(e.v["cinf_assessment_factors_json"])
	if !ok {
		c.bad(e, "cinf_assessment_factors_json", `give the factors' codes as a JSON list, such as ["1A","4B"]`)
		return
	}
	number := e.v["cinf_assessment_id"]
	var authorised records.Date
	for _, a := range c.all["ssd_cin_assessments"] {
		if a.v["cina_assessment_id"] == number {
			authorised, _ = a.day("cina_assessment_auth_date")
		}
	}
	if authorised.IsZero() { // factors are known once it is authorised
		return
	}
	for _, one := range codes {
		c.add(e, &records.AssessmentFactor{Date: authorised, Factor: one}, fields{
			columns: map[string]string{"factor": "cinf_assessment_factors_json", "date": "cinf_assessment_factors_json", "assessment": "cinf_assessment_id"},
			refs:    map[string]records.ExtractRef{"assessment": ref("ssd_cin_assessments", number, records.Date{})}, number: e.v["cinf_table_id"] + " " + one})
	}
}

func (c *child) section47(e *entry) {
	from, end := c.on(e, "s47e_s47_start_date"), c.on(e, "s47e_s47_end_date")
	s := &records.Section47{FromDate: from}
	said := flags(e.v["s47e_s47_outcome_json"])
	said["NFA"] = said["NFA"] || yes(e.v["s47e_s47_nfa"])
	if !end.IsZero() {
		s.ToDate = end.Add(1)
		s.Outcome = outcome(said, [2]string{"CP_CONFERENCE", "initial-conference"}, [2]string{"LEGAL_ACTION", "legal-action"}, [2]string{"PROV_OF_SERVICES", "services-s17"}, [2]string{"PROV_OF_SB_CARE", "short-break-s17"},
			[2]string{"MONITOR", "other-agency-monitors"}, [2]string{"NFA_CONTINUE_SINGLE", "nfa-continue-assessment"}, [2]string{"NFA", "no-further-action"})
		for _, i := range c.all["ssd_initial_cp_conference"] {
			if i.v["icpc_s47_enquiry_id"] == e.v["s47e_s47_enquiry_id"] && i.v["icpc_icpc_date"] != "" {
				s.Outcome = "initial-conference"
			}
		}
		s.ConferenceNotRequired = s.Outcome == "no-further-action" || s.Outcome == "nfa-continue-assessment"
	}
	c.add(e, s, fields{columns: map[string]string{"from_date": "s47e_s47_start_date", "to_date": "s47e_s47_end_date", "outcome": "s47e_s47_outcome_json", "conference_not_required": "s47e_s47_nfa", "case": "s47e_referral_id", "worker": "s47e_s47_completed_by_worker_id"},
		refs: map[string]records.ExtractRef{"case": caseOf(e, "s47e_referral_id", from), "worker": workerOf(e.v["s47e_s47_completed_by_worker_id"])}})
}

func (c *child) conference(e *entry) {
	day := c.on(e, "icpc_icpc_date")
	if day.IsZero() { // it has not been held
		return
	}
	// A conference of which a record is made decided, so that those were there who must.
	i := &records.InitialConference{Date: day, Plan: yes(e.v["icpc_icpc_outcome_cp_flag"]), TransferIn: yes(e.v["icpc_icpc_transfer_in"]), Quorate: true}
	if i.Plan {
		for _, p := range c.all["ssd_cp_plans"] {
			if start, ok := p.day("cppl_cp_plan_start_date"); p.v["cppl_icpc_id"] == e.v["icpc_icpc_id"] || ok && start == day {
				i.Category = abuse(p.v["cppl_cp_plan_initial_category"])
			}
		}
	}
	refs := map[string]records.ExtractRef{"case": caseOf(e, "icpc_referral_id", day)}
	if !i.TransferIn {
		refs["section_47"] = ref("ssd_s47_enquiry", e.v["icpc_s47_enquiry_id"], records.Date{})
	}
	c.add(e, i, fields{columns: map[string]string{"date": "icpc_icpc_date", "plan": "icpc_icpc_outcome_cp_flag", "category": "icpc_icpc_outcome_cp_flag", "transfer_in": "icpc_icpc_transfer_in", "case": "icpc_referral_id", "section_47": "icpc_s47_enquiry_id"}, refs: refs})
}

// abuse is the code of a category of abuse.
func abuse(text string) string {
	return cmp.Or(word(text, [2]string{"multiple|mul", "MUL"}, [2]string{"neglect|neg", "NEG"}, [2]string{"physical|phy", "PHY"}, [2]string{"sexual|sab", "SAB"}, [2]string{"emotional|emo", "EMO"}), code(text))
}

func (c *child) protectionPlan(e *entry) {
	from := c.on(e, "cppl_cp_plan_start_date")
	p := &records.ChildProtectionPlan{FromDate: from, ToDate: c.until(e, "cppl_cp_plan_start_date", "cppl_cp_plan_end_date"), InitialCategory: abuse(e.v["cppl_cp_plan_initial_category"])}
	p.LatestCategory = cmp.Or(abuse(e.v["cppl_cp_plan_latest_category"]), p.InitialCategory)
	if !p.ToDate.IsZero() {
		p.EndReason = c.planEnd(p.ToDate)
	}
	conference := e.v["cppl_icpc_id"]
	for _, i := range c.all["ssd_initial_cp_conference"] {
		if day, ok := i.day("icpc_icpc_date"); conference == "" && ok && day == from {
			conference = i.v["icpc_icpc_id"]
		}
	}
	c.add(e, p, fields{columns: map[string]string{"from_date": "cppl_cp_plan_start_date", "to_date": "cppl_cp_plan_end_date", "end_reason": "cppl_cp_plan_end_date", "initial_category": "cppl_cp_plan_initial_category",
		"latest_category": "cppl_cp_plan_latest_category", "case": "cppl_referral_id", "conference": "cppl_icpc_id"},
		refs: map[string]records.ExtractRef{"case": caseOf(e, "cppl_referral_id", from), "conference": ref("ssd_initial_cp_conference", conference, records.Date{})}})
}

// planEnd is why a child protection plan ended, which the dataset does not say:
// what else it says of that day does, or nothing.
func (c *child) planEnd(end records.Date) string {
	for _, p := range c.all["ssd_person"] {
		if died, ok := p.day("pers_death_date"); ok && !died.IsZero() && !died.After(end) {
			return "died"
		}
	}
	if born := c.born(); !born.IsZero() && !end.Before(born.AddYears(18)) {
		return "turned-18"
	}
	for _, p := range c.care {
		if !p.from.After(end) && (p.to.IsZero() || p.to.After(end)) {
			return "looked-after"
		}
	}
	return "other"
}

func (c *child) protectionReview(e *entry) {
	day := c.on(e, "cppr_cp_review_date")
	if day.IsZero() { // it has not been held
		return
	}
	c.add(e, &records.CppReview{Date: day, Continues: yes(e.v["cppr_cp_review_outcome_continue_cp"]), Quorate: yes(e.v["cppr_cp_review_quorate"]), Participation: participation(e.v["cppr_cp_review_participation"])},
		fields{columns: map[string]string{"date": "cppr_cp_review_date", "continues": "cppr_cp_review_outcome_continue_cp", "quorate": "cppr_cp_review_quorate", "participation": "cppr_cp_review_participation", "plan": "cppr_cp_plan_id"},
			refs: map[string]records.ExtractRef{"plan": ref("ssd_cp_plans", e.v["cppr_cp_plan_id"], day)}})
}

func (c *child) protectionVisit(e *entry) {
	c.visit(e, "cppv_cp_", map[string]records.ExtractRef{"plan": ref("ssd_cp_plans", e.v["cppv_cp_plan_id"], records.Date{})})
}

func (c *child) needVisit(e *entry) { c.visit(e, "cinv_cin_", nil) }

// visit is a visit of either table, whose columns begin with before.
func (c *child) visit(e *entry, before string, refs map[string]records.ExtractRef) {
	day, alone := c.on(e, before+"visit_date"), yes(e.v[before+"visit_seen_alone"])
	columns := map[string]string{"date": before + "visit_date", "seen": before + "visit_seen", "seen_alone": before + "visit_seen_alone", "bedroom_seen": before + "visit_bedroom", "case": before + "visit_date"}
	all := map[string]records.ExtractRef{"case": ref("", "", day)}
	for field, to := range refs {
		all[field], columns[field] = to, before+"plan_id"
	}
	c.add(e, &records.Visit{Date: day, Seen: yes(e.v[before+"visit_seen"]) || alone, SeenAlone: alone, BedroomSeen: yes(e.v[before+"visit_bedroom"])}, fields{columns: columns, refs: all})
}

func (c *child) needPlan(e *entry) {
	from := c.on(e, "cinp_cin_plan_start_date")
	// A plan that ends on the day on which a child protection plan begins gives way to it.
	var begins []records.Date
	for _, p := range c.all["ssd_cp_plans"] {
		if day, ok := p.day("cppl_cp_plan_start_date"); ok {
			begins = append(begins, day)
		}
	}
	c.add(e, &records.CinPlan{FromDate: from, ToDate: c.until(e, "cinp_cin_plan_start_date", "cinp_cin_plan_end_date", begins...)},
		fields{columns: map[string]string{"from_date": "cinp_cin_plan_start_date", "to_date": "cinp_cin_plan_end_date", "case": "cinp_referral_id"},
			refs: map[string]records.ExtractRef{"case": caseOf(e, "cinp_referral_id", from)}})
}
