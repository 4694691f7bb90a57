package records_test

var _ = breaks("ehc-request",
	breaking{field: "outcome_date", source: "SEN2 2025, RequestOutcomeDate", says: "whether to assess", with: map[string]any{"outcome": "Y"}},
	breaking{field: "outcome_date", source: "SEN2 2025, RequestOutcomeDate", says: "leave it out", with: map[string]any{"outcome": "W", "outcome_date": "2026-01-20"}},
	breaking{field: "outcome_date", source: "SEN2 2025, RequestOutcomeDate", says: "before the request", with: map[string]any{"outcome": "N", "outcome_date": "2026-01-11"}},
	breaking{field: "date", source: "Children and Families Act 2014, s. 83", before: func(r *rulebreaker, members map[string]any) {
		r.alter("child", members["child"], map[string]any{"date_of_birth": "2000-01-12"})
	}},
)

var _ = breaks("ehc-assessment",
	breaking{field: "outcome_date", source: "SEN2 2025, AssessmentOutcomeDate", says: "about a plan", with: map[string]any{"outcome": "Y"}},
	breaking{field: "outcome_date", source: "SEN2 2025, AssessmentOutcomeDate", says: "leave it out", with: map[string]any{"outcome_date": "2026-01-20"}},
	breaking{field: "outcome_date", source: "SEND Regulations 2014, 13", with: map[string]any{"outcome": "Y", "outcome_date": "2026-01-11"}},
	breaking{field: "exception_reason", source: "SEND Regulations 2014, 13(3)", with: map[string]any{"exception": true}},
	breaking{field: "exception", source: "SEND Regulations 2014, 13(3)", with: map[string]any{"exception_reason": "absent"}},
)

var _ = breaks("ehc-plan",
	breaking{field: "cease_reason", source: "SEN2 2025, CeaseReason", with: map[string]any{"to_date": "2026-02-01"}},
	breaking{field: "to_date", source: "SEN2 2025, CeaseDate", with: map[string]any{"cease_reason": "2"}},
	breaking{field: "amended_date", source: "Annex A SEND, 106a", with: map[string]any{"amended_date": "2026-01-11"}},
	breaking{field: "from_date", source: "SEND Regulations 2014, 13", with: map[string]any{"from_date": "2026-01-05"}, before: func(r *rulebreaker, members map[string]any) {
		members["assessment"] = r.samples.PutFor(r.t, kind("ehc-assessment"), members["child"]).Head().ID
	}},
	breaking{field: "transferred_in", source: "SEN2 2025, TransferLA", with: map[string]any{"transferred_in": true}, before: func(r *rulebreaker, members map[string]any) {
		members["assessment"] = r.samples.PutFor(r.t, kind("ehc-assessment"), members["child"]).Head().ID
	}},
)

var _ = breaks("ehc-review",
	breaking{field: "meeting_date", source: "SEND Regulations 2014, 20", says: "give its day", with: map[string]any{"decision": "keep", "decision_date": "2026-01-20"}},
	breaking{field: "meeting_date", source: "SEND Regulations 2014, 20", says: "is not within", with: map[string]any{"meeting_date": "2026-01-05"}},
	breaking{field: "decision", source: "SEN2 2025, ReviewOutcome", with: map[string]any{"meeting_date": "2026-01-13", "decision_date": "2026-01-20"}},
	breaking{field: "decision_date", source: "SEN2 2025, LastReview", with: map[string]any{"meeting_date": "2026-01-13", "decision": "keep"}},
	breaking{field: "decision_date", source: "SEND Regulations 2014, 20(10)", with: map[string]any{"meeting_date": "2026-01-13", "decision": "keep", "decision_date": "2026-01-12"}},
)
