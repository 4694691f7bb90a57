package records_test

var _ = breaks("assessment",
	breaking{field: "outcome", source: "Standard Safeguarding Dataset, assessment", with: map[string]any{"outcome": nil}},
	breaking{field: "to_date", source: "CIN census, 8608", with: map[string]any{"to_date": nil}},
	breaking{field: "child_seen_date", source: "Annex A, list 4", with: map[string]any{"child_seen_date": "2026-01-11"}},
)

var _ = breaks("assessment-factor",
	breaking{field: "assessment", source: "CIN census, 8614", before: func(r *rulebreaker, members map[string]any) {
		members["assessment"] = r.samples.Put(r.t, kind("assessment")).Head().ID // another child's
	}},
	breaking{field: "date", source: "CIN census, 8614", with: map[string]any{"date": "2026-01-13"}},
	breaking{field: "factor", source: "CIN census, 8869", with: map[string]any{"factor": "21"}, before: func(r *rulebreaker, members map[string]any) {
		r.samples.Store(r.t, kind("assessment-factor"), members)
	}},
)

var _ = breaks("section-47",
	breaking{field: "outcome", source: "Standard Safeguarding Dataset, section 47", with: map[string]any{"outcome": nil}},
	breaking{field: "to_date", source: "CIN census, 8868", with: map[string]any{"to_date": nil}},
	breaking{field: "conference_not_required", source: "CIN census, 8868", with: map[string]any{"conference_not_required": true}},
)

var _ = breaks("initial-conference",
	breaking{field: "date", source: "CIN census, 8875", with: map[string]any{"date": "2026-01-17"}},
	breaking{field: "category", source: "CIN census, 8905", says: "that made a plan", with: map[string]any{"category": nil}},
	breaking{field: "category", source: "CIN census, 8905", says: "that made no plan", with: map[string]any{"plan": false}},
	breaking{field: "date", source: "CIN census, 8615", with: map[string]any{"date": "2026-01-14"}, before: func(r *rulebreaker, members map[string]any) {
		r.alter("section-47", members["section_47"], map[string]any{"from_date": "2026-01-15", "to_date": "2026-01-16"})
	}},
	breaking{field: "section_47", source: "CIN census, 2884", with: map[string]any{"transfer_in": true}},
)

var _ = breaks("child-protection-plan",
	breaking{field: "from_date", source: "CIN census, 2885", with: map[string]any{"from_date": "2026-01-13"}},
	breaking{field: "conference", source: "CIN census, 2883", before: func(r *rulebreaker, members map[string]any) {
		r.alter("initial-conference", members["conference"], map[string]any{"plan": false, "category": ""})
	}},
	breaking{field: "conference", source: "CIN census, 2885", before: func(r *rulebreaker, members map[string]any) {
		members["conference"] = r.samples.Put(r.t, kind("initial-conference")).Head().ID // about another child
	}},
	breaking{field: "end_reason", source: "Standard Safeguarding Dataset, cp_plans", with: map[string]any{"to_date": "2026-02-01"}},
	breaking{field: "to_date", source: "CIN census, 8930", with: map[string]any{"end_reason": "other"}},
	breaking{field: "from_date", source: "CIN census, 4001", before: func(r *rulebreaker, members map[string]any) {
		r.samples.Store(r.t, kind("cin-plan"), map[string]any{"child": members["child"], "case": members["case"], "from_date": "2026-01-12"})
	}},
)

var _ = breaks("cin-plan",
	breaking{field: "from_date", source: "CIN census, 4001", before: func(r *rulebreaker, members map[string]any) {
		r.samples.PutFor(r.t, kind("child-protection-plan"), members["child"])
	}},
)

var _ = breaks("cpp-review",
	breaking{field: "date", source: "CIN census, 8841", with: map[string]any{"date": "2026-01-12"}},
)

var _ = breaks("visit",
	breaking{field: "date", source: "Standard Safeguarding Dataset, cp_visits", with: map[string]any{"date": "2026-05-01"}, before: func(r *rulebreaker, members map[string]any) {
		members["plan"] = r.samples.PutFor(r.t, kind("child-protection-plan"), members["child"]).Head().ID
		r.end("child-protection-plan", members["plan"])
	}},
	breaking{field: "seen_alone", source: "Annex A, list 7", with: map[string]any{"seen_alone": true, "seen": false}},
)

var _ = breaks("contact",
	breaking{field: "outcome", source: "Annex A, list 1", with: map[string]any{"decision_date": "2026-01-13"}},
	breaking{field: "decision_date", source: "Annex A, list 1", says: "must be given", with: map[string]any{"outcome": "other"}},
	breaking{field: "decision_date", source: "Annex A, list 1", says: "before", with: map[string]any{"outcome": "other", "decision_date": "2026-01-11"}},
	breaking{field: "case", source: "Standard Safeguarding Dataset, contacts", says: "names the case", with: map[string]any{"outcome": "cin-referral", "decision_date": "2026-01-13"}},
	breaking{field: "date", source: "Standard Safeguarding Dataset, contacts", with: map[string]any{"outcome": "cin-referral", "date": "2026-01-14", "decision_date": "2026-01-14"}, before: func(r *rulebreaker, members map[string]any) {
		members["case"] = r.samples.PutFor(r.t, kind("social-care-case"), members["child"]).Head().ID
	}},
	breaking{field: "case", source: "Standard Safeguarding Dataset, contacts", says: "no such", before: func(r *rulebreaker, members map[string]any) {
		members["case"] = r.samples.Put(r.t, kind("social-care-case")).Head().ID
	}},
)
