package records

import "onevision/access"

// Adoption is the way of a looked-after child to adopters: matched, placed, and who they
// are in numbers. One for each looked-after period.
type Adoption struct {
	Meta
	Child              string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Period             string `json:"period" column:"period_id" ref:"looked-after-period" is:"fact required" doc:"The looked-after period that it belongs to."`
	MatchedDate        Date   `json:"matched_date,omitzero" is:"fact past" example:"2026-01-12" title:"Matched" doc:"The day on which the match with the adopters was approved."`
	EarlyDecisionDate  Date   `json:"early_decision_date,omitzero" is:"fact past" title:"Fostering for adoption decided" doc:"The day on which fostering for adoption, or concurrent planning, was decided."`
	EarlyPlacedDate    Date   `json:"early_placed_date,omitzero" is:"fact past" title:"Fostering for adoption began" doc:"The day on which the child moved in by fostering for adoption or concurrent planning."`
	PlacementOrderDate Date   `json:"placement_order_date,omitzero" is:"fact past" doc:"The day of the placement order."`
	PlacedDate         Date   `json:"placed_date,omitzero" is:"fact past" title:"Placed" doc:"The day on which the child was placed for adoption."`
	OrderDate          Date   `json:"order_date,omitzero" is:"fact past" title:"Adoption order" doc:"The day of the adoption order."`
	ByFosterCarer      bool   `json:"by_foster_carer" is:"fact" title:"By their foster carer" doc:"Whether the adopters were the foster carers of the child."`
	Adopters           *int16 `json:"adopters,omitempty" range:"1,2" is:"fact" title:"Number of adopters" doc:"How many adopters, 1 or 2."`
	AdoptersSex        string `json:"adopters_sex,omitempty" codes:"adopters_sex" is:"fact" title:"Sex of the adopters" doc:"The sex of the adopters (SSDA903 codes)."`
	AdoptersStatus     string `json:"adopters_status,omitempty" codes:"adopters_status" is:"fact" title:"Legal status of the adopters" doc:"The legal status of the adopters (SSDA903 codes)."`
	SiblingGroup       bool   `json:"sibling_group" is:"fact" doc:"Whether the child is one of siblings to be adopted."`
	SiblingsTogether   *int16 `json:"siblings_together,omitempty" range:"0,20" is:"fact" doc:"How many siblings were placed together with the child."`
	SiblingsApart      *int16 `json:"siblings_apart,omitempty" range:"0,20" is:"fact" doc:"How many siblings were placed elsewhere."`
	Worker             string `json:"worker,omitempty" column:"worker_id" ref:"worker" is:"fact" title:"Adoption worker" doc:"The adoption worker."`
}

var adoptionKind = define[Adoption](Kind{
	Name: "adoption", Plural: "adoptions", Title: "Adoption", Table: "adoption", Category: access.Adoption,
	natural: []string{"child", "period"}, single: true,
	Doc:    "The way of a looked-after child to adopters: matched, placed, and who they are in numbers. One for each looked-after period.",
	within: []within{{field: "period", days: []string{"matched_date", "early_placed_date", "placement_order_date", "placed_date"}, source: "SSDA903, 331 and 552"}},
	taken: map[string]Problem{
		"adoption_once": {"period", InUse, "there is an adoption of this period already: correct that one"},
	},
})

var (
	adoptionNumbers = rule("adoption", "adopters", Contradicts, "is not the number that their sex says: M1 and F1 are one, MM, FF and MF two", "SSDA903, 511")
	adoptionSingle  = rule("adoption", "adopters_status", Contradicts, "L0 is one adopter and the others are couples: correct this or the number", "SSDA903, 514")
	adoptionGenders = rule("adoption", "adopters_status", Contradicts, "L11 and L3 are couples of a man and a woman, L12 and L4 of two men or two women: correct this or their sex", "SSDA903, 517 to 520")
	adoptionMatch   = rule("adoption", "matched_date", DateOrder, "is after the day on which the child was placed: correct one of them", "SSDA903, 331")
	adoptionOrder   = rule("adoption", "order_date", DateOrder, "is before the child was matched or placed: correct one of them", "Adoption and Children Act 2002, s. 42")
	adoptionEarly   = rule("adoption", "early_placed_date", DateOrder, "is before fostering for adoption was decided: correct one of them", "Children Act 1989, s. 22C(9B)")
	adoptionApart   = rule("adoption", "siblings_together", Contradicts, "the child is not one of siblings to be adopted: correct one of them", "SSD, ssd_permanence")
)

// Validate wants what is said of the adopters to agree, and the days in their order.
func (a *Adoption) Validate(p *Problems) {
	two := len(a.AdoptersSex) == 2 && a.AdoptersSex[1] != '1'
	p.BreakIf(a.Adopters != nil && a.AdoptersSex != "" && two != (*a.Adopters == 2), adoptionNumbers)
	p.BreakIf(a.Adopters != nil && a.AdoptersStatus != "" && (a.AdoptersStatus == "L0") != (*a.Adopters == 1), adoptionSingle)
	switch a.AdoptersStatus {
	case "L11", "L3":
		p.BreakIf(two && a.AdoptersSex != "MF", adoptionGenders)
	case "L12", "L4":
		p.BreakIf(a.AdoptersSex == "MF", adoptionGenders)
	}
	p.BreakIf(!a.PlacedDate.IsZero() && a.MatchedDate.After(a.PlacedDate), adoptionMatch)
	p.BreakIf(!a.OrderDate.IsZero() && (a.OrderDate.Before(a.PlacedDate) || a.OrderDate.Before(a.MatchedDate)), adoptionOrder)
	p.BreakIf(!a.EarlyPlacedDate.IsZero() && a.EarlyPlacedDate.Before(a.EarlyDecisionDate), adoptionEarly)
	p.BreakIf(!a.SiblingGroup && (a.SiblingsTogether != nil && *a.SiblingsTogether > 0 || a.SiblingsApart != nil && *a.SiblingsApart > 0), adoptionApart)
}
