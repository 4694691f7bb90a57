package records

import (
	"github.com/shopspring/decimal"

	"onevision/access"
)

// Vacancy is a post of a social worker that nobody holds, from a day to a day. One that an
// agency worker covers is vacant all the same.
type Vacancy struct {
	Meta
	Team     string           `json:"team" column:"team_id" ref:"team" is:"fact required" doc:"The team."`
	Post     string           `json:"post" is:"required" doc:"The number or name by which the authority knows the post."`
	Role     string           `json:"role" codes:"workforce_role" is:"fact required" example:"5" doc:"What the post is (social work workforce census)."`
	FullTime *decimal.Decimal `json:"full_time_equivalent" digits:"3,2" is:"fact required" example:"0.8" title:"Full-time equivalent" doc:"How much of a full-time week, 0 to 1."`
	Covered  bool             `json:"covered_by_agency" is:"fact" title:"Covered by agency" doc:"Whether an agency worker covers it."`
	FromDate Date             `json:"from_date" is:"fact required" title:"First day" doc:"The first day on which nobody held it."`
	ToDate   Date             `json:"to_date,omitzero" is:"fact" title:"End" doc:"The day on which somebody holds it again, or it is given up."`
}

var vacancyKind = define[Vacancy](Kind{
	Name: "vacancy", Plural: "vacancies", Title: "Vacancy", Table: "vacancy", Category: access.Workforce,
	natural: []string{"team", "post", "from_date"}, single: true,
	Doc:   "A post of a social worker that nobody holds, from a day to a day. One that an agency worker covers is vacant all the same.",
	apart: []apartness{{by: []string{"team", "post"}}},
	taken: map[string]Problem{
		"vacancy_once": {"from_date", InUse, "this post is vacant from that day already: correct that record"},
	},
})

var vacancyPart = rule("vacancy", "full_time_equivalent", OutOfRange, "is not from 0 to 1: one post is at most a full-time week", "Children's social work workforce census, vacancies")

// Validate wants a part of a week.
func (v *Vacancy) Validate(p *Problems) { p.BreakIf(notPart(v.FullTime), vacancyPart) }
