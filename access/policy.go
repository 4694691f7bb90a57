package access

import (
	"maps"
	"slices"
)

// Role is what a person does, and with it the kinds of record they work with.
type Role string

const (
	Director              Role = "director"          // sees the authority's figures exactly; no child's record
	LeadMember            Role = "lead-member"       // sees figures with small numbers suppressed
	Manager               Role = "manager"           // answers for schools or teams, and sees exact figures of those
	Analyst               Role = "analyst"           // exact figures, exports; no child's record
	WelfareOfficer        Role = "welfare-officer"   // education welfare officer
	SafeguardingLead      Role = "safeguarding-lead" // of a school, or its head
	SENOfficer            Role = "sen-officer"
	TransportOfficer      Role = "transport-officer"
	HealthVisitor         Role = "health-visitor"
	ConnexionsAdviser     Role = "connexions-adviser"
	SocialWorker          Role = "social-worker"
	ReviewingOfficer      Role = "reviewing-officer" // independent reviewing officer
	AdoptionWorker        Role = "adoption-worker"
	DataQuality           Role = "data-quality-officer"
	InformationGovernance Role = "information-governance-officer" // who looked at what; no child's record
	Administrator         Role = "administrator"                  // accounts, schools, teams and workers; no child's record

	// The program itself, by what it is doing (see System).
	systemImport     Role = "system:import"
	systemIndicators Role = "system:indicators"
	systemAlerts     Role = "system:alerts"
	systemDemo       Role = "system:demo"
	systemOperator   Role = "system:operator"
	systemCounts     Role = "system:counts"
)

// Roles are those that an account may have, in the order in which forms offer them.
func Roles() []Role {
	return []Role{Director, LeadMember, Manager, Analyst, WelfareOfficer, SafeguardingLead, SENOfficer, TransportOfficer, HealthVisitor, ConnexionsAdviser,
		SocialWorker, ReviewingOfficer, AdoptionWorker, DataQuality, InformationGovernance, Administrator}
}

// Permission is something a viewer may do that is not reading or writing a
// record.
type Permission string

const (
	ViewDashboards  Permission = "view-dashboards"
	ExactFigures    Permission = "exact-figures" // without it, published figures alone are seen, without small numbers
	OwnFigures      Permission = "own-figures"   // exact figures of the schools and teams that they answer for; of all, where they answer for the authority
	WatchAlerts     Permission = "watch-alerts"  // sees alerts, of what they see exact figures of
	Publish         Permission = "publish"       // makes the authority's figures public to those without exact ones
	Export          Permission = "export"
	ManageAccounts  Permission = "manage-accounts"
	OperateSystem   Permission = "operate-system" // warehouse status, verify, intake
	EvaluateAlerts  Permission = "evaluate-alerts"
	MaintainRecords Permission = "maintain-records" // sees the pages of the record itself
	ImportFiles     Permission = "import-files"     // sees the pages of imports, and imports the files that their role may
	RestrictRecords Permission = "restrict-records" // says which children exist for a named few only
	BreakGlass      Permission = "break-glass"      // sees one child for four hours who is not theirs, and is asked why
	ReviewAccess    Permission = "review-access"    // who looked at whom, and whether the glass was broken rightly
)

// Relation is what makes a child one of the viewer's own: a role says what is
// seen, a relation of whom.
type Relation string

const (
	OwnSchool   Relation = "school"   // on the roll of a school that they work with or answer for
	OwnCaseload Relation = "caseload" // they are involved with the child, or made the child's record lately
	OwnTeam     Relation = "team"     // somebody of their team, or of a team that they answer for, is
	OwnArea     Relation = "area"     // living in a district that they work in
	OwnService  Relation = "service"  // known to their service (see policy.services)
	Everyone    Relation = "all"      // every child who is not restricted
	// The program's own work: every record there is.
	everyRecord Relation = "program"
)

// policy is what one role may do.
type policy struct {
	reads  map[Category][]Relation // of whom; a category that is not here is not seen
	writes map[Category]bool       // of the same children
	may    map[Permission]bool
	// services are the categories by which a child is known to the role's service:
	// whoever has a current record of one of them. Of roll it is a pupil, and who
	// was one in the year before: a child missing education is on no roll.
	services []Category
	// withheld are fields of kinds that are read all the same.
	withheld map[string]bool
}

func set[T comparable](v ...T) map[T]bool {
	m := make(map[T]bool, len(v))
	for _, x := range v {
		m[x] = true
	}
	return m
}

// reading is the lines of a role, and what everybody reads: schools, teams and
// workers.
func reading(lines ...map[Category][]Relation) map[Category][]Relation {
	all := of([]Relation{Everyone}, Organisation)
	for _, l := range lines {
		maps.Copy(all, l)
	}
	return all
}

// of is a line: these categories, of the children of these relations.
func of(relations []Relation, categories ...Category) map[Category][]Relation {
	line := map[Category][]Relation{}
	for _, c := range categories {
		line[c] = relations
	}
	return line
}

// Whose children, as the lines below name them.
var (
	known    = []Relation{OwnService, OwnSchool, OwnCaseload, OwnTeam}
	school   = []Relation{OwnSchool}
	served   = []Relation{OwnService, OwnCaseload, OwnTeam}
	caseload = []Relation{OwnCaseload, OwnTeam}
	visited  = []Relation{OwnCaseload, OwnTeam, OwnArea}
	all      = []Relation{Everyone}
	program  = []Relation{everyRecord}
)

// policies is the whole policy: a role, a category or a relation that is not here
// gives nothing.
var policies = map[Role]policy{
	Director:   {reads: reading(), may: set(ViewDashboards, ExactFigures, WatchAlerts, Export, Publish)},
	LeadMember: {reads: reading(), may: set(ViewDashboards)},
	Manager:    {reads: reading(), may: set(ViewDashboards, OwnFigures, WatchAlerts, Export)},
	Analyst:    {reads: reading(), may: set(ViewDashboards, ExactFigures, WatchAlerts, Export, Publish)},
	WelfareOfficer: {
		reads:    reading(of(known, Identity, Roll, Education, SEN, Involvement, CareStatus)),
		writes:   set(Roll, Education),
		may:      set(ViewDashboards, ExactFigures, WatchAlerts, MaintainRecords, ImportFiles),
		services: []Category{Roll},
	},
	SafeguardingLead: {
		reads: reading(of(school, Identity, Roll, Education, SEN, Involvement, CareStatus)),
		may:   set(MaintainRecords, ImportFiles),
	},
	SENOfficer: {
		reads:    reading(of(known, Identity, Roll, Education, SEN, Involvement, CareStatus)),
		writes:   set(SEN),
		may:      set(MaintainRecords, ImportFiles),
		services: []Category{Roll, SEN},
	},
	TransportOfficer: {
		reads:    reading(of(known, Identity, Roll, Transport)),
		writes:   set(Transport),
		may:      set(MaintainRecords, ImportFiles),
		services: []Category{Transport},
		withheld: set("child.date_of_birth", "child.expected_date", "child.date_of_death", "child.sex", "child.ethnicity", "child.upn", "child.nhs_number"),
	},
	HealthVisitor: {
		reads:  reading(of(visited, Identity, Roll, Health, Involvement, CareStatus)),
		writes: set(Health),
		may:    set(MaintainRecords, ImportFiles),
	},
	ConnexionsAdviser: {
		reads:    reading(of(served, Identity, Roll, Education, SEN, Post16, Involvement, CareStatus)),
		writes:   set(Post16),
		may:      set(MaintainRecords, ImportFiles),
		services: []Category{Post16},
	},
	SocialWorker: {
		reads:  reading(of(all, Identity, Roll, Education, SEN, Involvement, CareStatus), of(caseload, Health, SocialCare, LookedAfter)),
		writes: set(Identity, Involvement, SocialCare, LookedAfter),
		may:    set(ViewDashboards, ExactFigures, WatchAlerts, MaintainRecords, ImportFiles, BreakGlass),
	},
	ReviewingOfficer: {
		reads:  reading(of(caseload, Identity, Roll, Education, SEN, Health, Involvement, CareStatus, SocialCare, LookedAfter)),
		writes: set(LookedAfter),
		may:    set(MaintainRecords, ImportFiles, BreakGlass),
	},
	AdoptionWorker: {
		reads:    reading(of(served, Identity, Roll, Health, Involvement, CareStatus, SocialCare, LookedAfter, Adoption)),
		writes:   set(Adoption),
		may:      set(MaintainRecords, ImportFiles, BreakGlass),
		services: []Category{Adoption},
	},
	DataQuality: {
		reads:  reading(of(all, Identity, Roll, Education)),
		writes: set(Identity, Roll, Education),
		may:    set(ViewDashboards, ExactFigures, WatchAlerts, MaintainRecords, ImportFiles),
	},
	InformationGovernance: {reads: reading(), may: set(RestrictRecords, ReviewAccess)},
	Administrator: {
		reads:  reading(of(all, Workforce)),
		writes: set(Organisation, Workforce),
		may:    set(ManageAccounts, OperateSystem, RestrictRecords, ImportFiles),
	},

	systemImport: {
		reads:  of(program, Organisation, Workforce, Identity, Roll, Education, SEN, Transport, Health, Post16, Involvement, SocialCare, LookedAfter, Adoption),
		writes: set(Organisation, Workforce, Identity, Roll, Education, SEN, Transport, Health, Post16, Involvement, SocialCare, LookedAfter, Adoption),
	},
	systemIndicators: {reads: reading(), may: set(ExactFigures, Publish)},
	systemAlerts:     {reads: reading(), may: set(ExactFigures, EvaluateAlerts)},
	systemDemo: {
		reads:  of(program, Categories()...),
		writes: set(Categories()...),
		may:    set(ManageAccounts),
	},
	systemCounts:   {reads: reading(of(program, Identity, SEN, Involvement, SocialCare, LookedAfter))},
	systemOperator: {reads: reading(), may: set(ManageAccounts, OperateSystem, RestrictRecords, ReviewAccess, Publish)},
}

// Purpose is what the program does when nobody asked it to.
type Purpose string

const (
	Importing  Purpose = "import"
	Computing  Purpose = "indicators"
	Alerting   Purpose = "alerts"
	Generating Purpose = "demo"
	Counting   Purpose = "counts"   // how much is due, of which nobody is named
	Operating  Purpose = "operator" // whoever may run the program's own commands on its machine
)

// System is the viewer for what the program does by itself, or for an operator
// on its own command line. An unknown purpose sees nothing.
func System(p Purpose) Viewer {
	role := Role("system:" + string(p))
	if !slices.Contains([]Role{systemImport, systemIndicators, systemAlerts, systemDemo, systemOperator, systemCounts}, role) {
		return Viewer{}
	}
	return Viewer{actor: string(role), name: "OneVision", role: role}
}
