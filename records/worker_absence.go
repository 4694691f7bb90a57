package records

import "onevision/access"

// WorkerAbsence is a time for which a worker is away from work. Why stays in the record
// store.
type WorkerAbsence struct {
	Meta
	Worker   string `json:"worker" column:"worker_id" ref:"worker" is:"fact required fixed" doc:"The worker."`
	Reason   string `json:"reason" column:"reason_code" codes:"worker_absence_reason" is:"required" example:"SIC" doc:"Why (social work workforce census)."`
	FromDate Date   `json:"from_date" is:"fact required" title:"First day" doc:"The first day away."`
	ToDate   Date   `json:"to_date,omitzero" is:"fact" title:"End" doc:"The first day back."`
}

var workerAbsenceKind = define[WorkerAbsence](Kind{
	Name: "worker-absence", Plural: "worker-absences", Title: "Worker absence", Table: "worker_absence", Category: access.Workforce,
	natural: []string{"worker", "from_date"}, single: true,
	Doc:   "A time for which a worker is away from work. Why stays in the record store.",
	apart: []apartness{{by: []string{"worker"}}},
	taken: map[string]Problem{
		"worker_absence_once": {"from_date", InUse, "this worker is away from that day already: correct that record"},
	},
})
