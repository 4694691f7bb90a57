package records

import "onevision/access"

// SubstanceMisuse is whether a looked-after child was found to misuse substances, and what
// help they were offered.
type SubstanceMisuse struct {
	Meta
	Child    string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Period   string `json:"period" column:"period_id" ref:"looked-after-period" is:"fact required" doc:"The looked-after period that it belongs to."`
	Date     Date   `json:"date" is:"fact required past" doc:"The day on which it was found, or of which it is said."`
	Misused  bool   `json:"misused" is:"fact" example:"true" doc:"Whether the child was found to misuse substances."`
	Received bool   `json:"intervention_received" is:"fact" doc:"Whether the child received help for it."`
	Offered  bool   `json:"intervention_offered" is:"fact" doc:"Whether the child was offered help for it."`
}

var substanceMisuseKind = define[SubstanceMisuse](Kind{
	Name: "substance-misuse", Plural: "substance-misuses", Title: "Substance misuse", Table: "substance_misuse", Category: access.LookedAfter,
	natural: []string{"child", "date"}, single: true,
	Doc:    "Whether a looked-after child was found to misuse substances, and what help they were offered.",
	within: []within{{field: "period", source: "SSDA903, OC2 substance misuse"}},
	taken: map[string]Problem{
		"substance_misuse_once": {"date", InUse, "it is said of this day already: correct that record"},
	},
})

var helpWithoutMisuse = rule("substance-misuse", "intervention_received", Contradicts, "there was no misuse for which to receive help: correct one of them", "SSDA903, 193")

// Validate wants help to be for something.
func (s *SubstanceMisuse) Validate(p *Problems) {
	p.BreakIf(s.Received && !s.Misused, helpWithoutMisuse)
}
