package records

import "onevision/access"

// CareLeaverContact is what is known of a care leaver around a birthday (SSDA903, OC3).
type CareLeaverContact struct {
	Meta
	Child         string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Birthday      *int16 `json:"birthday" range:"17,21" is:"fact required" example:"19" doc:"Which birthday: 17 to 21."`
	Date          Date   `json:"date" is:"fact required past" doc:"The day of the contact, or on which it was found that there is none."`
	InTouch       string `json:"in_touch" codes:"in_touch" is:"fact required" doc:"Whether the authority is in touch."`
	Activity      string `json:"activity,omitempty" codes:"leaver_activity" is:"fact" example:"F2" doc:"What they do."`
	Accommodation string `json:"accommodation,omitempty" codes:"leaver_accommodation" is:"fact" example:"U" doc:"Where they live."`
	Suitable      bool   `json:"suitable" is:"fact" doc:"Whether the accommodation is suitable."`
}

var careLeaverContactKind = define[CareLeaverContact](Kind{
	Name: "care-leaver-contact", Plural: "care-leaver-contacts", Title: "Care-leaver contact", Table: "care_leaver_contact", Category: access.LookedAfter,
	natural: []string{"child", "birthday"}, single: true,
	Doc: "What is known of a care leaver around a birthday (SSDA903, OC3).",
	taken: map[string]Problem{
		"care_leaver_contact_once": {"birthday", InUse, "there is a contact around that birthday already: correct that one"},
	},
})

var (
	leaverActivity      = rule("care-leaver-contact", "activity", Required, "a care leaver whom one is in touch with does something: give it", "SSDA903, 345")
	leaverAccommodation = rule("care-leaver-contact", "accommodation", Required, "a care leaver whom one is in touch with lives somewhere: give it", "SSDA903, 345")
	leaverUnknown       = rule("care-leaver-contact", "in_touch", Contradicts, "of a care leaver who died or returned home nothing is said of what they do or where they live: correct one of them", "SSDA903, 344")
	leaverUnsuitable    = rule("care-leaver-contact", "suitable", Contradicts, "custody and being homeless are never suitable: correct one of them", "SSDA903, 133")
	leaverFoyer         = rule("care-leaver-contact", "accommodation", NotPossible, "nobody lives in a foyer before 18: correct it", "SSDA903, 347")
	leaverFosterCarer   = rule("care-leaver-contact", "accommodation", NotPossible, "nobody lives with former foster carers around the 17th birthday: correct it", "SSDA903, 3001")
)

// Validate checks what the return takes together.
func (c *CareLeaverContact) Validate(p *Problems) {
	p.BreakIf(c.InTouch == "YES" && c.Activity == "", leaverActivity)
	p.BreakIf(c.InTouch == "YES" && c.Accommodation == "", leaverAccommodation)
	p.BreakIf((c.InTouch == "DIED" || c.InTouch == "RHOM") && (c.Activity != "" || c.Accommodation != ""), leaverUnknown)
	p.BreakIf(c.Suitable && (c.Accommodation == "S" || c.Accommodation == "X"), leaverUnsuitable)
	young := c.Birthday != nil && *c.Birthday == 17
	p.BreakIf(young && c.Accommodation == "T", leaverFoyer)
	p.BreakIf(young && c.Accommodation == "Z", leaverFosterCarer)
}
