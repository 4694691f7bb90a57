package records_test

var _ = breaks("missing-episode",
	breaking{field: "interview_date", source: "SSDA903, 570", with: map[string]any{"interview_date": "2026-01-11"}},
)

var _ = breaks("looked-after-visit",
	breaking{field: "seen_alone", source: "Care Planning Regulations 2010, 29", with: map[string]any{"seen_alone": true}},
)

var _ = breaks("health-assessment",
	breaking{field: "date", source: "SSDA903, OC2 health assessment", says: "in the future", with: map[string]any{"date": "2026-12-01"}},
	breaking{field: "date", source: "SSDA903, OC2 health assessment", says: "is not within", with: map[string]any{"date": "2026-01-05"}},
)

var _ = breaks("sdq",
	breaking{field: "no_score_reason", source: "SSDA903, 197a", with: map[string]any{"no_score_reason": "SDQ2"}},
	breaking{field: "score", source: "SSDA903, 186", with: map[string]any{"score": nil}},
)

var _ = breaks("pep",
	breaking{field: "academic_year", source: "Promoting the education of looked-after children 2018, PEP", with: map[string]any{"academic_year": 2024}},
)

var _ = breaks("care-leaver-contact",
	breaking{field: "activity", source: "SSDA903, 345", with: map[string]any{"activity": nil}},
	breaking{field: "accommodation", source: "SSDA903, 345", with: map[string]any{"accommodation": nil}},
	breaking{field: "in_touch", source: "SSDA903, 344", with: map[string]any{"in_touch": "RHOM"}},
	breaking{field: "suitable", source: "SSDA903, 133", with: map[string]any{"accommodation": "S", "suitable": true}},
	breaking{field: "accommodation", source: "SSDA903, 347", with: map[string]any{"birthday": 17, "accommodation": "T"}},
	breaking{field: "accommodation", source: "SSDA903, 3001", with: map[string]any{"birthday": 17, "accommodation": "Z"}},
)

var _ = breaks("previous-permanence",
	breaking{field: "order_year", source: "SSDA903, 635", with: map[string]any{"order_year": 2015}},
)

var _ = breaks("immigration-status",
	breaking{field: "to_date", source: "SSDA903, 304", before: func(r *rulebreaker, members map[string]any) {
		r.alter("child", members["child"], map[string]any{"date_of_birth": "2008-06-01"})
	}},
)
