package records_test

var _ = breaks("care-plan",
	breaking{field: "parallel_aim", source: "SSD, ssd_cla_care_plan", with: map[string]any{"parallel_aim": "LTFOST18"}},
	breaking{field: "to_date", source: "Care Planning Regulations 2010, 4", with: map[string]any{"from_date": "2026-01-02", "to_date": "2026-01-05"}},
)

var _ = breaks("deprivation-of-liberty",
	breaking{field: "review_date", source: "SSDA903, DoLO 702", with: map[string]any{"review_date": "2026-01-11"}},
)

var _ = breaks("advocacy",
	breaking{field: "accepted_date", source: "Children Act 1989, s. 26A", with: map[string]any{"accepted_date": "2026-01-11"}},
	breaking{field: "ended_date", source: "Children Act 1989, s. 26A", with: map[string]any{"ended_date": "2026-01-20", "outcome": "resolved"}},
)

var _ = breaks("pre-proceedings",
	breaking{field: "letter_date", source: "Public Law Outline, letter before proceedings", with: map[string]any{"letter_date": "2026-01-11"}},
	breaking{field: "meeting_date", source: "Public Law Outline, pre-proceedings meeting", with: map[string]any{"letter_date": "2026-01-20", "meeting_date": "2026-01-19"}},
	breaking{field: "to_date", source: "SSD, ssd_pre_proceedings", with: map[string]any{"outcome": "step-down"}},
	breaking{field: "family_group_held", source: "CIN census 2026, FGDM", with: map[string]any{"family_group_held": true}},
)

var _ = breaks("reduced-timetable",
	breaking{field: "to_date", source: "Working together to improve school attendance 2024, reduced timetables", with: map[string]any{"to_date": nil}},
	breaking{field: "review_date", source: "Working together to improve school attendance 2024, reviews of reduced timetables", with: map[string]any{"review_date": "2026-03-01"}},
)

var _ = breaks("penalty-notice",
	breaking{field: "offence_to", source: "Education (Penalty Notices) (England) Regulations 2007, reg. 8", with: map[string]any{"offence_to": "2026-01-13"}},
	breaking{field: "paid_date", source: "Education (Penalty Notices) (England) Regulations 2007, reg. 4", with: map[string]any{"paid_date": "2026-01-11"}},
)

var _ = breaks("transport",
	breaking{field: "decision_date", source: "Travel to school for children of compulsory school age 2024, appeals", with: map[string]any{"application_date": "2026-01-09", "decision_date": "2026-01-08"}},
)
