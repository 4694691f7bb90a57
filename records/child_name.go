package records

import "onevision/access"

// ChildName is one name of a child, of one type, from a day to a day. No part
// of it is a fact: names never leave the record store.
type ChildName struct {
	Meta
	Child       string `json:"child" column:"child_id" ref:"child" is:"required fixed" doc:"The child."`
	Type        string `json:"type" codes:"name_type" is:"required" doc:"Legal name, known as, former name or alias."`
	Forename    string `json:"forename,omitempty" example:"Ordinary" doc:"First name; may be left out where the child has one name only."`
	MiddleNames string `json:"middle_names,omitempty" doc:"Other forenames."`
	Surname     string `json:"surname,omitempty" example:"Sample" doc:"Family name; may be left out where the child has one name only."`
	FromDate    Date   `json:"from_date" is:"required" doc:"The first day of this name."`
	ToDate      Date   `json:"to_date,omitzero" doc:"The day after the last day of this name."`
}

var childNameKind = define[ChildName](Kind{
	Name: "child-name", Plural: "child-names", Title: "Name", Table: "child_name", Category: access.Identity,
	natural: []string{"child", "type", "from_date"}, stated: true,
	unborn: true,
	Doc:    "A name of a child, of one type, from a day to a day.",
	apart:  []apartness{{by: []string{"child", "type"}}},
})

// Validate wants one name at least: many children have only one, and which of the
// two it is nobody needs to guess.
func (n *ChildName) Validate(p *Problems) {
	if n.Forename == "" && n.Surname == "" && !p.On("forename") && !p.On("surname") {
		p.Add("forename", Required, "give a forename or a surname: one of them is enough")
	}
}
