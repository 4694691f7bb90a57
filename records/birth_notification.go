package records

import "onevision/access"

// BirthNotification is a notification of a birth by the child health information service.
type BirthNotification struct {
	Meta
	Child          string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Date           Date   `json:"date" is:"fact required past" title:"Notified" doc:"The day on which the authority was told."`
	WeightG        *int16 `json:"weight_g,omitempty" range:"200,7000" is:"fact" title:"Birth weight in grams" doc:"The weight at birth in grams."`
	GestationWeeks *int16 `json:"gestation_weeks,omitempty" range:"20,45" is:"fact" doc:"The weeks of pregnancy."`
	NumberOfBirths *int16 `json:"number_of_births,omitempty" range:"1,8" is:"fact" doc:"How many were born: 2 for twins."`
	BirthOrder     *int16 `json:"birth_order,omitempty" range:"1,8" is:"fact" doc:"Which of them this is."`
	Feeding        string `json:"feeding,omitempty" codes:"infant_feeding" is:"fact" doc:"How the baby was fed at birth."`
}

var birthNotificationKind = define[BirthNotification](Kind{
	Name: "birth-notification", Plural: "birth-notifications", Title: "Birth notification", Table: "birth_notification", Category: access.Health,
	natural: []string{"child", "date"},
	Doc:     "A notification of a birth by the child health information service.",
})

var birthOrder = rule("birth-notification", "birth_order", OutOfRange, "is more than the number that were born: correct one of them", "NHS birth notification, birth order")

// Validate wants one of twins to be the first or the second.
func (b *BirthNotification) Validate(p *Problems) {
	p.BreakIf(b.BirthOrder != nil && b.NumberOfBirths != nil && *b.BirthOrder > *b.NumberOfBirths, birthOrder)
}
