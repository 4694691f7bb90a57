package records

import "onevision/access"

// ChildIdentifier is the number under which another system or a return knows a
// child. It is as private as a social-care case: that there is one tells that
// social care knows the child. (The numbers that everybody uses, UPN and NHS
// number, stand in the child's own record.)
type ChildIdentifier struct {
	Meta
	Child    string `json:"child" column:"child_id" ref:"child" is:"required fixed" doc:"The child."`
	Scheme   string `json:"scheme" codes:"identifier_scheme" is:"required" doc:"Whose number it is."`
	Value    string `json:"value" is:"required" title:"Number" doc:"The number, as that system writes it."`
	FromDate Date   `json:"from_date" is:"required" doc:"The first day on which it is known to be the child's."`
	ToDate   Date   `json:"to_date,omitzero" doc:"The day after the last day."`
}

var childIdentifierKind = define[ChildIdentifier](Kind{
	Name: "child-identifier", Plural: "child-identifiers", Title: "Identifier", Table: "child_identifier", Category: access.SocialCare,
	natural: []string{"scheme", "value"}, single: true, stated: true,
	timeless: true,
	Doc:      "The number under which another system or a return knows a child.",
	apart:    []apartness{{by: []string{"child", "scheme"}}},
	taken: map[string]Problem{
		"child_identifier_one_child": {"value", InUse, "is already in use: check the number, and look for this child before making a second record"},
	},
})
