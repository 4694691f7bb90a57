package records_test

var _ = breaks("adoption-decision",
	breaking{field: "ceased_reason", source: "SSDA903, 119", with: map[string]any{"ceased_date": "2026-01-20"}},
	breaking{field: "ceased_date", source: "SSDA903, 119", with: map[string]any{"ceased_reason": "RD1"}},
	breaking{field: "ceased_date", source: "SSDA903, 118", with: map[string]any{"ceased_date": "2026-01-11", "ceased_reason": "RD1"}},
	breaking{field: "date", source: "SSDA903, 579", with: map[string]any{"date": "2026-01-14"}, before: func(r *rulebreaker, members map[string]any) {
		r.samples.Store(r.t, kind("adoption-decision"), members)
	}},
	breaking{field: "ceased_date", source: "SSDA903, 583", with: map[string]any{"ceased_date": "2026-03-02", "ceased_reason": "RD1"}, before: func(r *rulebreaker, members map[string]any) {
		r.samples.Store(r.t, kind("adoption-decision"), map[string]any{"child": members["child"], "period": members["period"], "date": "2026-02-02"})
	}},
)

var _ = breaks("adoption",
	breaking{field: "adopters", source: "SSDA903, 511", with: map[string]any{"adopters": 2, "adopters_sex": "F1"}},
	breaking{field: "adopters_status", source: "SSDA903, 514", with: map[string]any{"adopters": 2, "adopters_status": "L0"}},
	breaking{field: "adopters_status", source: "SSDA903, 517 to 520", with: map[string]any{"adopters": 2, "adopters_sex": "MF", "adopters_status": "L12"}},
	breaking{field: "matched_date", source: "SSDA903, 331", with: map[string]any{"matched_date": "2026-01-20", "placed_date": "2026-01-19"}},
	breaking{field: "order_date", source: "Adoption and Children Act 2002, s. 42", with: map[string]any{"matched_date": "2026-01-20", "order_date": "2026-01-19"}},
	breaking{field: "early_placed_date", source: "Children Act 1989, s. 22C(9B)", with: map[string]any{"early_decision_date": "2026-01-20", "early_placed_date": "2026-01-19"}},
	breaking{field: "siblings_together", source: "SSD, ssd_permanence", with: map[string]any{"siblings_together": 1}},
)
