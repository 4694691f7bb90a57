package records_test

var _ = breaks("employment",
	breaking{field: "full_time_equivalent", source: "Children's social work workforce census, FTE", with: map[string]any{"full_time_equivalent": "1.01"}},
	breaking{field: "to_date", source: "Children's social work workforce census, leavers", with: map[string]any{"leaving_reason": "1"}},
)

var _ = breaks("vacancy",
	breaking{field: "full_time_equivalent", source: "Children's social work workforce census, vacancies", with: map[string]any{"full_time_equivalent": "1.5"}},
)
