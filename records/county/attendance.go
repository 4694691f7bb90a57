package county

import (
	"iter"
	"math/rand/v2"
	"time"

	"onevision/records"
)

// rates are percentages of possible sessions by reason, of the pupils who do
// not miss most of school (those who do add theirs: child.severe), so that a
// phase as a whole comes to what was published for the example authority
// (DfE, Pupil attendance in schools 2025/26).
type rates struct {
	illness float64 // I, in spells of days
	truant  float64 // O, and N in the newest days
	others  []reason
}

// reason is a code given now and then, and how much of a day or of how many
// days it takes.
type reason struct {
	code    string
	percent float64
	span    span
}

type span int8

const (
	wholeDay span = iota
	halfDay
	morning
	days3
	days5
	afternoons
)

func ratesOf(phase string) rates {
	switch phase {
	case "secondary":
		return rates{3.2, 0.57, []reason{{"L", 2.4, morning}, {"V", .8, wholeDay}, {"W", .45, days5}, {"B", .3, wholeDay}, {"P", .15, halfDay}, {"K", .15, wholeDay},
			{"C2", .65, afternoons}, {"M", .4, halfDay}, {"C", .39, wholeDay}, {"E", .25, days3}, {"S", .14, wholeDay}, {"R", .03, wholeDay}, {"T", .02, days5}, {"J1", .06, halfDay}, {"G", .18, days5}, {"U", .32, morning}}}
	case "special":
		return rates{3.35, 1.3, []reason{{"L", 1, morning}, {"V", .9, wholeDay}, {"B", .6, wholeDay}, {"K", .6, wholeDay}, {"P", .1, halfDay}, {"W", .2, days5},
			{"C2", 1.9, afternoons}, {"M", .9, halfDay}, {"C", .8, wholeDay}, {"E", .3, days3}, {"R", .03, wholeDay}, {"G", .3, days5}, {"U", .3, morning}}}
	}
	return rates{2.75, 0.25, []reason{{"L", 1.1, morning}, {"V", .9, wholeDay}, {"P", .05, halfDay}, {"B", .05, wholeDay},
		{"C2", .13, afternoons}, {"M", .35, halfDay}, {"C", .57, wholeDay}, {"E", .02, days3}, {"R", .05, wholeDay}, {"T", .04, days5}, {"G", .45, days5}, {"U", .12, morning}}}
}

// pupil is a stay as the marks of one academic year are taken: what is likely,
// and what has begun and goes on.
type pupil struct {
	*stay
	r       *rand.Rand
	illness float64 // chances in a day
	truant  float64
	other   float64
	reasons []reason
	severe  string // why most of school is missed, "" if it is not
	begun   string // the code of a spell
	left    int    // its days to come
	span    span
}

// attendance is every mark of an academic year, day by day and pupil by pupil,
// up to yesterday.
func (p *plan) attendance(academicYear int) iter.Seq2[records.AttendanceRow, error] {
	return func(yield func(records.AttendanceRow, error) bool) {
		days := p.calendar.before(academicYear, p.today)
		pupils := p.pupils(academicYear)
		id := p.firstMark(academicYear)
		for _, d := range days {
			w := p.weather(d)
			date := records.DateOf(d.time())
			for _, u := range pupils {
				if !u.on(d) || d >= u.school.sentTo {
					continue
				}
				id++
				row := records.AttendanceRow{ID: id, Child: u.child.id, School: u.school.id, Date: date}
				u.mark(d, w, &row)
				if d < newCodes {
					row.AM, row.PM = before2024(row.AM), before2024(row.PM)
				}
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

// newCodes is the day on which the School Attendance (Pupil Registration)
// (England) Regulations 2024 came into force: 19 August 2024.
const newCodes = day(19_954)

// before2024 is the code that was given before them for the same.
func before2024(code string) string {
	switch code {
	case "C2":
		return "C"
	case "J1":
		return "J"
	case "K":
		return "B"
	case "Y4":
		return "Y"
	}
	return code
}

// firstMark is the number before the year's first id: beyond every id of the
// years before, since years are entered at the same time.
func (p *plan) firstMark(academicYear int) int64 {
	n := 0
	for y := p.firstYear; y < academicYear; y++ {
		n += len(p.pupils(y)) * len(p.calendar.open[y])
	}
	return int64(n)
}

func (p *plan) pupils(academicYear int) []*pupil {
	var pupils []*pupil
	first, next := september(academicYear), september(academicYear+1)
	shared := map[string]rates{"primary": ratesOf("primary"), "secondary": ratesOf("secondary"), "special": ratesOf("special")}
	for _, s := range p.stays {
		if s.from >= next || s.to != never && s.to <= first {
			continue
		}
		u := &pupil{stay: s, r: chance(p.seed, "marks", s.id*10_000+int64(academicYear))}
		rates := shared[s.school.phase]
		ill, truant := s.child.illness, s.child.truancy*s.school.truancy
		switch middle := first + 120; {
		case s.child.careOn(middle) != nil:
			ill *= 0.55
			truant *= 2
		case s.child.inNeedOn(middle):
			ill *= 4
			truant *= 15
		}
		u.illness = min(0.4, rates.illness/100*ill/2) // a spell is two days
		u.truant = min(0.75, rates.truant/100*truant)
		u.reasons = rates.others
		for _, o := range rates.others {
			u.other += o.chance() * s.child.absence
		}
		u.severe = s.child.severeIn(academicYear)
		switch u.severe {
		case "I":
			u.illness = 0.38
		case "O":
			u.truant = min(0.8, 0.5*max(1, s.school.truancy/2))
			u.illness = min(0.4, u.illness*2)
		case "C2":
			u.begun, u.left, u.span = "C2", len(p.calendar.open[academicYear]), afternoons
			u.truant += 0.1
		}
		pupils = append(pupils, u)
	}
	return pupils
}

// chance is how likely the reason begins on a day, for its share of sessions
// to come out.
func (o reason) chance() float64 {
	perDay := o.percent / 100
	switch o.span {
	case halfDay, morning:
		return perDay * 2
	case days3:
		return perDay / 3
	case days5:
		return perDay / 5
	case afternoons:
		return perDay * 2 / 15
	}
	return perDay
}

// weather is how a day differs from others: more illness in winter, more
// missed on Mondays and Fridays and at the end of a half term, and how lately
// it was, since reasons are still to come for the newest days.
type weather struct {
	illness, truant float64
	recent          bool
}

func (p *plan) weather(d day) weather {
	w := weather{illness: 1, truant: 1, recent: d > p.today-8}
	switch d.time().Month() {
	case time.November, time.January, time.February:
		w.illness = 1.2
	case time.December:
		w.illness = 1.45
	case time.May, time.June, time.July, time.September:
		w.illness = 0.8
	}
	switch d.weekday() {
	case time.Monday:
		w.illness, w.truant = w.illness*1.1, 1.08
	case time.Tuesday, time.Wednesday:
		w.illness, w.truant = w.illness*0.93, 0.92
	case time.Friday:
		w.illness, w.truant = w.illness*1.05, 1.25
	}
	if p.calendar.lastOfTerm(d) {
		w.truant *= 1.6
	}
	return w
}

func (c *calendar) lastOfTerm(d day) bool {
	for _, t := range c.halfTerms {
		if t.last == d {
			return true
		}
	}
	return false
}

// mark takes the register of the day for one pupil.
func (u *pupil) mark(d day, w weather, row *records.AttendanceRow) {
	row.AM, row.PM = "/", `\`
	if u.school.closed[d] {
		row.AM, row.PM = "Y4", "Y4"
		return
	}
	if u.left > 0 {
		u.left--
		u.put(row, u.begun, u.span)
		if u.begun != "C2" || u.severe != "C2" {
			return
		}
	}
	x := u.r.Float64()
	ill := u.illness * w.illness
	truant := u.truant * w.truant
	if u.school.worse > 0 && d >= u.school.worseFrom {
		truant = min(0.8, truant+u.school.worse*u.child.truancy)
	}
	switch {
	case x < ill:
		u.begin(row, "I", wholeDay, u.spell(2))
	case x < ill+truant:
		code, half := "O", wholeDay
		if y := u.r.Float64(); w.recent && y < 0.25 || y < 0.03 {
			code = "N"
		}
		if u.r.Float64() < 0.15 {
			half = halfDay
		}
		u.put(row, code, half)
	case x < ill+truant+u.other && u.left == 0:
		x -= ill + truant
		for _, o := range u.reasons {
			if x -= o.chance() * u.child.absence; x < 0 {
				u.start(row, o)
				return
			}
		}
	}
}

func (u *pupil) start(row *records.AttendanceRow, o reason) {
	switch o.span {
	case days3:
		u.begin(row, o.code, wholeDay, u.spell(3))
	case days5:
		u.begin(row, o.code, wholeDay, 5)
	case afternoons:
		u.begin(row, o.code, afternoons, 15)
	default:
		u.put(row, o.code, o.span)
	}
}

func (u *pupil) begin(row *records.AttendanceRow, code string, s span, days int) {
	if u.left == 0 {
		u.begun, u.left, u.span = code, days-1, s
	}
	u.put(row, code, s)
}

// spell is a number of days, at least one, with the given mean.
func (u *pupil) spell(mean float64) int {
	n := 1
	for u.r.Float64() < 1-1/mean && n < 15 {
		n++
	}
	return n
}

func (u *pupil) put(row *records.AttendanceRow, code string, s span) {
	late := int16(0)
	switch code {
	case "L":
		late = int16(2 + u.r.IntN(27)) // a register stays open for 30 minutes at most
	case "U":
		late = int16(31 + u.r.IntN(120))
	}
	am, pm := s != afternoons, s == wholeDay || s == afternoons
	if s == halfDay && u.r.Float64() < 0.5 {
		am, pm = false, true
	}
	if am {
		row.AM, row.AMMinutes = code, late
	}
	if pm {
		row.PM, row.PMMinutes = code, late
	}
}
