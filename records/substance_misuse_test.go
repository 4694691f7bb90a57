package records_test

var _ = breaks("substance-misuse",
	breaking{field: "intervention_received", source: "SSDA903, 193", with: map[string]any{"misused": false, "intervention_received": true}},
)
