package access

import "slices"

// Role is what a person does, and with it the kinds of record they work with.
type Role string

const (
	Director         Role = "director"          // sees the authority's figures exactly; no child's record
	LeadMember       Role = "lead-member"       // sees figures with small numbers suppressed
	Manager          Role = "manager"           // answers for schools or teams; exact figures
	Analyst          Role = "analyst"           // exact figures, exports; no child's record
	WelfareOfficer   Role = "welfare-officer"   // education welfare officer
	SocialWorker     Role = "social-worker"     //
	SENOfficer       Role = "sen-officer"       //
	TransportOfficer Role = "transport-officer" //
	Administrator    Role = "administrator"     // accounts, schools, teams and workers; no child's record

	// The program itself, by what it is doing (see System).
	systemImport     Role = "system:import"
	systemIndicators Role = "system:indicators"
	systemAlerts     Role = "system:alerts"
	systemDemo       Role = "system:demo"
	systemOperator   Role = "system:operator"
)

// Roles are those that an account may have, in the order in which forms offer them.
func Roles() []Role {
	return []Role{Director, LeadMember, Manager, Analyst, WelfareOfficer, SocialWorker, SENOfficer, TransportOfficer, Administrator}
}

// Permission is something a viewer may do that is not reading or writing a
// record.
type Permission string

const (
	ViewDashboards  Permission = "view-dashboards"
	ExactFigures    Permission = "exact-figures" // without it, small numbers are suppressed
	Export          Permission = "export"
	ManageAccounts  Permission = "manage-accounts"
	OperateSystem   Permission = "operate-system" // warehouse status, verify, intake
	EvaluateAlerts  Permission = "evaluate-alerts"
	MaintainRecords Permission = "maintain-records" // sees the pages of the record itself
)

type policy struct {
	reads, writes map[Category]bool
	may           map[Permission]bool
}

func set[T comparable](v ...T) map[T]bool {
	m := make(map[T]bool, len(v))
	for _, x := range v {
		m[x] = true
	}
	return m
}

// policies is the whole policy: a role that is not here may do nothing.
var policies = map[Role]policy{
	Director:   {reads: set(Organisation), may: set(ViewDashboards, ExactFigures, Export)},
	LeadMember: {reads: set(Organisation), may: set(ViewDashboards)},
	Manager:    {reads: set(Organisation), may: set(ViewDashboards, ExactFigures, Export)},
	Analyst:    {reads: set(Organisation), may: set(ViewDashboards, ExactFigures, Export)},
	WelfareOfficer: {
		reads:  set(Organisation, Identity, Education, Involvement),
		writes: set(Education),
		may:    set(ViewDashboards, ExactFigures, MaintainRecords),
	},
	SocialWorker: {
		reads:  set(Organisation, Identity, Education, Involvement, SocialCare, LookedAfter),
		writes: set(Identity, Involvement, SocialCare, LookedAfter),
		may:    set(ViewDashboards, ExactFigures, MaintainRecords),
	},
	SENOfficer: {
		reads: set(Organisation, Identity, Education, Involvement),
		may:   set(MaintainRecords),
	},
	TransportOfficer: {
		reads: set(Organisation, Identity),
		may:   set(MaintainRecords),
	},
	Administrator: {
		reads:  set(Organisation),
		writes: set(Organisation),
		may:    set(ManageAccounts, OperateSystem),
	},

	systemImport: {
		reads:  set(Organisation, Identity, Education, SocialCare, LookedAfter),
		writes: set(Organisation, Identity, Education, SocialCare, LookedAfter),
	},
	systemIndicators: {reads: set(Organisation), may: set(ExactFigures)},
	systemAlerts:     {reads: set(Organisation), may: set(ExactFigures, EvaluateAlerts)},
	systemDemo: {
		reads:  set(Organisation, Identity, Education, Involvement, SocialCare, LookedAfter),
		writes: set(Organisation, Identity, Education, Involvement, SocialCare, LookedAfter),
		may:    set(ManageAccounts),
	},
	systemOperator: {reads: set(Organisation), may: set(ManageAccounts, OperateSystem)},
}

// Purpose is what the program does when nobody asked it to.
type Purpose string

const (
	Importing  Purpose = "import"
	Computing  Purpose = "indicators"
	Alerting   Purpose = "alerts"
	Generating Purpose = "demo"
	Operating  Purpose = "operator" // whoever may run the program's own commands on its machine
)

// System is the viewer for what the program does by itself, or for an operator
// on its own command line. An unknown purpose sees nothing.
func System(p Purpose) Viewer {
	role := Role("system:" + string(p))
	if !slices.Contains([]Role{systemImport, systemIndicators, systemAlerts, systemDemo, systemOperator}, role) {
		return Viewer{}
	}
	return Viewer{actor: string(role), name: "OneVision", role: role}
}
