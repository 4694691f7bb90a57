// Package access says who is asking, what they may see and do, who is
// responsible for what, and keeps the audit line that says what they did.
package access

import (
	"maps"
	"slices"
	"strings"

	"onevision/access/internal/mint"
)

// Category is the access category of a kind of record: what a role sees
// follows from categories, not from code in handlers.
type Category string

const (
	Organisation Category = "organisation" // schools, teams, workers: nobody's child
	Workforce    Category = "workforce"    // how workers are employed and why they are away, posts that are vacant
	Identity     Category = "identity"     // who a child is, and where they live
	Roll         Category = "roll"         // which school's roll they are on
	Education    Category = "education"    // attendance, exclusion, attainment, ...
	SEN          Category = "sen"          // special educational needs
	Transport    Category = "transport"    // home-to-school transport
	Health       Category = "health"
	Post16       Category = "post16"      // Connexions
	Involvement  Category = "involvement" // that somebody is involved, and who; not why
	CareStatus   Category = "care_status" // that a child is looked after, or on a protection plan; not why
	SocialCare   Category = "social_care"
	LookedAfter  Category = "looked_after"
	Adoption     Category = "adoption"
)

// Categories are all of them, in the order in which a person reads them.
func Categories() []Category {
	return []Category{Organisation, Workforce, Identity, Roll, Education, SEN, Transport, Health, Post16, Involvement, CareStatus, SocialCare, LookedAfter, Adoption}
}

// Viewer is who is asking. Only this package makes one, and the zero Viewer
// sees nothing and may do nothing.
type Viewer struct {
	account int64  // 0: the program itself
	actor   string // "account", or "system:<purpose>"
	name    string // for the pages that greet; never for a log
	role    Role
	request string

	answers  string // what they answer for, with commas around each
	only     string // categories of a scoped token, with commas around each; "": all of the role's
	readOnly bool
}

// Mint makes the viewer of a person. Only packages below access can name a
// mint.Person, so only they can call it: access itself, and accesstest.
func Mint(p mint.Person) Viewer {
	v := Viewer{account: p.Account, actor: "account", name: p.Name, role: Role(p.Role), readOnly: p.ReadOnly}
	if len(p.Answers) > 0 {
		v.answers = "," + strings.Join(p.Answers, ",") + ","
	}
	if p.Categories != nil {
		v.only = "," + string(Organisation) + "," + strings.Join(p.Categories, ",") + ","
	}
	return v
}

// Account is the id of the viewer's account, 0 for the program itself and for
// nobody.
func (v Viewer) Account() int64 { return v.account }

// Name is the viewer's own name, for a page that greets them.
func (v Viewer) Name() string { return v.name }

// Role is the viewer's role; the zero Role is nobody's.
func (v Viewer) Role() Role { return v.role }

// Request is the id of the request that the viewer is making, "" if none.
func (v Viewer) Request() string { return v.request }

// WithRequest is the same viewer making the request of that id.
func (v Viewer) WithRequest(id string) Viewer { v.request = id; return v }

// Anybody reports whether the viewer is somebody at all.
func (v Viewer) Anybody() bool { return v.actor != "" }

// Reads reports whether the viewer may read records of the category, of those
// children who are theirs.
func (v Viewer) Reads(c Category) bool { return len(v.relations(c)) > 0 }

// ReadOnly reports whether the viewer is a token that changes nothing.
func (v Viewer) ReadOnly() bool { return v.readOnly }

// Scoped reports whether the viewer is a token that is limited to some categories.
func (v Viewer) Scoped() bool { return v.only != "" }

// relations are the policy's, but for what a token's scope leaves out.
func (v Viewer) relations(c Category) []Relation {
	if !v.Anybody() || v.only != "" && !strings.Contains(v.only, ","+string(c)+",") {
		return nil
	}
	return policies[v.role].reads[c]
}

// Writes reports whether the viewer may create and change records of the category,
// of the same children of whom they read them.
func (v Viewer) Writes(c Category) bool {
	return !v.readOnly && v.Reads(c) && policies[v.role].writes[c]
}

// Relations are by which the children are the viewer's in records of the category.
func (v Viewer) Relations(c Category) []Relation {
	return slices.Clone(v.relations(c))
}

// Withheld reports whether a field is kept from the viewer in records of a kind
// that they read.
func (v Viewer) Withheld(kind, field string) bool {
	return policies[v.role].withheld[kind+"."+field]
}

func (v Viewer) readable() []Category {
	return slices.DeleteFunc(Categories(), func(c Category) bool { return !v.Reads(c) })
}

func (v Viewer) writable() []Category {
	return slices.DeleteFunc(Categories(), func(c Category) bool { return !v.Writes(c) })
}

// rules are the viewer's relations as become_viewer takes them.
func (v Viewer) rules() []string {
	rules := []string{}
	for _, c := range v.readable() {
		for _, r := range v.Relations(c) {
			rules = append(rules, string(c)+"="+string(r))
		}
	}
	return rules
}

// services are the groups of the viewer's own service.
func (v Viewer) services() []string {
	groups := []string{}
	if v.Anybody() {
		for _, c := range policies[v.role].services {
			groups = append(groups, "service:"+string(c))
		}
	}
	return groups
}

// permissions are what the viewer may do, in a fixed order.
func (v Viewer) permissions() []Permission {
	if !v.Anybody() {
		return nil
	}
	return slices.Sorted(maps.Keys(policies[v.role].may))
}

// May reports whether the viewer may do what p names. Whoever sees the figures of what
// they answer for, and answers for the authority, sees all of them.
func (v Viewer) May(p Permission) bool {
	return v.Anybody() && (policies[v.role].may[p] || p == ExactFigures && policies[v.role].may[OwnFigures] && strings.Contains(v.answers, ",authority:,"))
}

// SeesExactly reports whether the viewer sees exact figures of that school or team; of
// what nobody answers for (subject ""), whether they see all.
func (v Viewer) SeesExactly(s Subject, member string) bool {
	return v.May(ExactFigures) || s != "" && s != WholeAuthority && member != "" && v.May(OwnFigures) && strings.Contains(v.answers, ","+string(s)+":"+member+",")
}

// ExactlySeen are the schools or the teams of which the viewer sees exact figures
// without seeing all.
func (v Viewer) ExactlySeen(s Subject) []string {
	var members []string
	if s == "" || v.May(ExactFigures) || !v.May(OwnFigures) {
		return nil
	}
	for answer := range strings.SplitSeq(strings.Trim(v.answers, ","), ",") {
		if member, ok := strings.CutPrefix(answer, string(s)+":"); ok && member != "" {
			members = append(members, member)
		}
	}
	return members
}
