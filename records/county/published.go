package county

// figure is one published number that the county follows. Those of the example
// authority (Cambridgeshire) stand here unless the title says England.
type figure struct {
	key       string // by which measure.go answers
	title     string
	unit      Unit
	published float64
	source    string
}

// Unit is what a figure counts.
type Unit string

// The units of figures. A Count is compared in proportion to the children
// under 18; the others are compared as they are.
const (
	Number  Unit = "count"
	Percent Unit = "percent"
	Mean    Unit = "mean"
)

// under18 is the population that published counts belong to (ONS, mid-year
// estimate 2024).
const under18 = 142_924

// Sources, shortly.
const (
	attendance2526 = "DfE, pupil attendance 2025/26"
	absence2425    = "DfE, pupil absence 2024/25"
	inNeed2025     = "DfE, children in need 2025"
	lookedAfter25  = "DfE, children looked after 2025"
	outcomes2025   = "DfE, outcomes of children in social care 2024/25"
	ks42425        = "DfE, key stage 4 performance 2024/25"
	workforce2025  = "DfE, children's social work workforce 2025"
	ons2024        = "ONS, mid-year estimate 2024"
)

// figures are all that the county is calibrated to, in the order of the report.
func figures() []figure {
	all := []figure{
		{"aged 0 to 4", "Children aged 0 to 4, each year of age", Number, 6_900, "births a year, about; " + ons2024},
		{"schools", "Schools", Number, 261, attendance2526},
		{"schools primary", "Schools, primary", Number, 210, attendance2526},
		{"schools secondary", "Schools, secondary", Number, 38, attendance2526},
		{"schools special", "Schools, special", Number, 13, attendance2526},
		{"enrolments", "Enrolments, aged 5 to 15", Number, 77_046, attendance2526},
		{"possible", "Possible sessions in the year, aged 5 to 15", Number, 27_976_272, attendance2526},

		{"absent", "Absence", Percent, 6.82, attendance2526},
		{"authorised", "Authorised absence", Percent, 5.18, attendance2526},
		{"unauthorised", "Unauthorised absence (truancy)", Percent, 1.64, attendance2526},
	}
	for _, c := range []struct {
		code, title string
		percent     float64
	}{
		{"/", "Present on time", 90.22}, {"L", "Late", 1.62}, {"I", "Illness", 3.42}, {"M", "Medical appointment", 0.35}, {"R", "Religious observance", 0.03},
		{"S", "Study leave", 0.06}, {"T", "Parent travelling", 0.03}, {"E", "Suspended or excluded", 0.12}, {"C", "Exceptional circumstances", 0.46},
		{"C2", "Part-time timetable", 0.69}, {"J1", "Interview", 0.025}, {"B", "Off-site education", 0.15}, {"P", "Sporting activity", 0.07},
		{"V", "Visit or trip", 0.84}, {"W", "Work experience", 0.21}, {"K", "Provision of the authority", 0.07},
		{"G", "Holiday not granted", 0.30}, {"U", "After the register closed", 0.21}, {"O", "No satisfactory reason", 1.11}, {"N", "No reason yet", 0.03},
	} {
		all = append(all, figure{"code " + c.code, c.title + " (" + c.code + ")", Percent, c.percent, attendance2526})
	}
	for _, c := range []struct {
		phase               string
		absent, ill, truant float64
		partTime            float64 // 0: not published
		persistent, severe  float64
	}{
		{phase: "primary", absent: 5.23, ill: 2.93, truant: 0.49, persistent: 11.73, severe: 1.12},
		{phase: "secondary", absent: 8.53, ill: 3.98, truant: 1.83, partTime: 1.02, persistent: 20.91, severe: 4.28},
		{phase: "special", absent: 12.97, ill: 4.84, truant: 2.51, partTime: 2.42, persistent: 35.28, severe: 7.91},
	} {
		all = append(all,
			figure{"absent " + c.phase, "Absence, " + c.phase + " schools", Percent, c.absent, attendance2526},
			figure{"I " + c.phase, "Illness, " + c.phase + " schools", Percent, c.ill, attendance2526},
			figure{"O " + c.phase, "No satisfactory reason, " + c.phase + " schools", Percent, c.truant, attendance2526})
		if c.partTime > 0 {
			all = append(all, figure{"C2 " + c.phase, "Part-time timetable, " + c.phase + " schools", Percent, c.partTime, attendance2526})
		}
		all = append(all,
			figure{"persistent " + c.phase, "Persistently absent, " + c.phase + " schools", Percent, c.persistent, absence2425},
			figure{"severe " + c.phase, "Severely absent, " + c.phase + " schools", Percent, c.severe, absence2425})
	}
	all = append(all,
		figure{"persistent", "Persistently absent", Percent, 16.17, absence2425},
		figure{"severe", "Severely absent", Percent, 2.63, absence2425},
		figure{"absent care", "Absence, looked after for a year", Percent, 5.9, outcomes2025},
		figure{"unauthorised care", "Unauthorised absence, looked after for a year", Percent, 2.29, outcomes2025},
		figure{"persistent care", "Persistently absent, looked after for a year", Percent, 15.2, outcomes2025},
		figure{"severe care", "Severely absent, looked after for a year", Percent, 3.4, outcomes2025},
		figure{"absent need", "Absence, in need", Percent, 19.8, outcomes2025},
		figure{"unauthorised need", "Unauthorised absence, in need", Percent, 7.6, outcomes2025},
		figure{"persistent need", "Persistently absent, in need", Percent, 49.8, outcomes2025},
		figure{"severe need", "Severely absent, in need", Percent, 13.1, outcomes2025},

		figure{"referrals", "Referrals in the year", Number, 6453, inNeed2025},
		figure{"children referred", "Children referred in the year", Number, 5439, inNeed2025},
		figure{"no action", "Referrals with no further action", Percent, 9.8, inNeed2025},
		figure{"no need", "Referrals assessed as not in need", Percent, 30.3, inNeed2025},
		figure{"again", "Referrals within a year of another", Percent, 29.2, inNeed2025},
		figure{"started", "Cases in need that began in the year", Number, 3865, inNeed2025},
		figure{"ended", "Cases in need that ended in the year", Number, 3684, inNeed2025},
		figure{"open", "Cases open on 31 March", Number, 2944, inNeed2025},
		figure{"open 3 months", "Open for less than three months", Percent, 31.8, inNeed2025},
		figure{"open 6 months", "Open for three to six months", Percent, 9.9, inNeed2025},
		figure{"open 12 months", "Open for six to twelve months", Percent, 12.7, inNeed2025},
		figure{"open 24 months", "Open for one to two years", Percent, 13.7, inNeed2025},
		figure{"open longer", "Open for two years or more", Percent, 31.9, inNeed2025},
		figure{"caseload", "Open cases to a full-time case holder", Mean, 15.2, workforce2025},

		figure{"looked after", "Looked after on 31 March", Number, 705, lookedAfter25},
		figure{"entered", "Began to be looked after in the year", Number, 300, lookedAfter25},
		figure{"left", "Ceased to be looked after in the year", Number, 229, lookedAfter25},
		figure{"adopted", "Adopted in the year", Number, 18, lookedAfter25},
		figure{"guardians", "Ceased by special guardianship", Percent, 10, lookedAfter25},
		figure{"fostered", "Looked after in foster homes", Percent, 72, lookedAfter25},
		figure{"in homes", "Looked after in children's homes", Percent, 11, lookedAfter25},
		figure{"three homes", "Three or more placements in the year", Percent, 11, lookedAfter25},

		figure{"attainment 8", "Attainment 8", Mean, 48.1, ks42425},
		figure{"grade 4", "Grade 4 in English and maths", Percent, 67.5, ks42425},
		figure{"attainment 8 care", "Attainment 8, looked after for a year", Mean, 21.2, outcomes2025},
		figure{"grade 4 care", "Grade 4 in English and maths, looked after", Percent, 25.0, outcomes2025},
		figure{"attainment 8 need", "Attainment 8, in need", Mean, 11.8, outcomes2025},
		figure{"grade 4 need", "Grade 4 in English and maths, in need", Percent, 9.3, outcomes2025},
	)
	for _, c := range contributions {
		all = append(all, c.figures...)
	}
	return all
}
