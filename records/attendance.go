package records

import "onevision/access"

// Attendance is a child's day at a school: a mark for the morning and one for
// the afternoon. A mark not taken is "".
type Attendance struct {
	Meta
	Child     string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	School    string `json:"school" column:"school_id" ref:"school" is:"fact required fixed" doc:"The school that took the register."`
	Date      Date   `json:"date" is:"fact required fixed" doc:"The day."`
	AM        string `json:"am,omitempty" codes:"attendance_code" is:"fact" example:"L" title:"Morning" doc:"The morning's code."`
	PM        string `json:"pm,omitempty" codes:"attendance_code" is:"fact" title:"Afternoon" doc:"The afternoon's code."`
	AMMinutes *int16 `json:"am_minutes,omitempty" is:"fact" example:"5" title:"Minutes late, morning" doc:"Minutes late in the morning."`
	PMMinutes *int16 `json:"pm_minutes,omitempty" is:"fact" title:"Minutes late, afternoon" doc:"Minutes late in the afternoon."`
}

// The warehouse is told what each code counts as.
var _ = codeFact("attendance_code", FactColumn{Name: "counts_as", Type: "text"})

// maxMinutes is how late a child may be for one session.
const maxMinutes = 480

var attendanceKind = define[Attendance](Kind{
	Name: "attendance", Plural: "attendances", Title: "Attendance", Table: "attendance", Category: access.Education,
	natural: []string{"child", "school", "date"}, single: true,
	statements:    [][]string{{"am", "am_minutes"}, {"pm", "pm_minutes"}},
	Doc:           "A child's day at a school: a mark for the morning and one for the afternoon.",
	PartitionedBy: "date",
	OnRoll:        "date",
	taken: map[string]Problem{
		"attendance_one_a_day": {"date", InUse, "this child already has a row for that school and day: correct that one"},
	},
})

// Validate checks that there is a mark, not in the future, each of its session,
// and minutes only with a late one.
func (a *Attendance) Validate(p *Problems) {
	if a.AM == "" && a.PM == "" {
		p.Add("am", Required, "give a mark for the morning or the afternoon")
	}
	p.notFuture("date", a.Date)
	checkSession(p, "am", 0, a.AM)
	checkSession(p, "pm", 1, a.PM)
	checkMinutes(p, "am_minutes", a.AM, a.AMMinutes)
	checkMinutes(p, "pm_minutes", a.PM, a.PMMinutes)
}

// checkSession wants present as the register writes it for the session: / in the
// morning, \ in the afternoon.
func checkSession(p *Problems, field string, half int, code string) {
	switch {
	case half == 0 && code == `\`:
		p.Add(field, NotPossible, "is the mark for present in an afternoon: for a morning give /, or correct the session")
	case half == 1 && code == "/":
		p.Add(field, NotPossible, `is the mark for present in a morning: for an afternoon give \, or correct the session`)
	}
}

// late reports whether a code says that the child came late: before the register
// closed, or after.
func late(code string) bool { return code == "L" || code == "U" }

func checkMinutes(p *Problems, field, code string, minutes *int16) {
	switch {
	case minutes == nil:
	case *minutes < 0 || *minutes > maxMinutes:
		p.Add(field, OutOfRange, "give the minutes late as a number from 0 to 480")
	case code == "":
		p.Add(field, NotPossible, "minutes late need a mark of the same session")
	case !late(code):
		p.Add(field, NotPossible, "minutes late need a late mark, L or U: leave them out, or correct the mark")
	}
}
