package records_test

var _ = breaks("activity-spell",
	breaking{field: "verified_date", source: "NCCIS, currency", with: map[string]any{"verified_date": "2026-01-11"}},
)

var _ = breaks("elective-home-education",
	breaking{field: "from_date", source: "Education (Pupil Registration) Regulations, deletion for home education", before: func(r *rulebreaker, members map[string]any) {
		school := r.samples.Put(r.t, kind("school")).Head().ID
		r.samples.Store(r.t, kind("enrolment"), map[string]any{"child": members["child"], "school": school, "status": "C", "from_date": "2025-09-01"})
	}},
)

var _ = breaks("missing-education",
	breaking{field: "outcome", source: "Children missing education 2024, outcomes", with: map[string]any{"to_date": "2026-02-01"}},
)

var _ = breaks("birth-notification",
	breaking{field: "birth_order", source: "NHS birth notification, birth order", with: map[string]any{"number_of_births": 1, "birth_order": 2}},
)

var _ = breaks("health-visitor-review",
	breaking{field: "date", source: "Community Services Data Set 1.6, health visiting", with: map[string]any{"outcome": "completed"}},
	breaking{field: "outcome", source: "Community Services Data Set 1.6, health visiting", with: map[string]any{"outcome": "declined", "date": "2026-01-13"}},
)

var _ = breaks("disability",
	breaking{field: "code", source: "CIN census, 8790", before: func(r *rulebreaker, members map[string]any) {
		r.samples.Store(r.t, kind("disability"), map[string]any{"child": members["child"], "code": "NONE", "from_date": "2026-01-12"})
	}},
)
