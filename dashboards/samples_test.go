package dashboards

import (
	"strconv"

	"onevision/indicators/chart"
	"onevision/records/intake"
)

// Samples are every page with every part of it: each template is executed with
// its own struct, looked at by axe, and can be looked at by a person.

func sampleFrame(title string) frame {
	return frame{Title: title, Authority: "Exampleshire County Council", Person: "Dana Example", Role: "director", Demo: true,
		Printed: "22 November 2026 at 4:05pm",
		Nav:     []link{{"/", "Dashboard", "page"}, {"/alerts", "Alerts", ""}, {"/inbox", "Demo mail", ""}}}
}

func samples() map[string]page {
	closed := sampleFrame("Sign in")
	closed.Nav, closed.Person, closed.Printed = nil, "", ""
	return map[string]page{
		"sign-in": signInPage{frame: closed, Next: "/", Notice: "You have signed out.",
			Personas: []Persona{{"Director", "director", "correct-horse-battery"}, {"Social worker", "social.worker", "correct-horse-battery"}}},
		"sign-in-organisation":             signInPage{frame: closed, Next: "/", Organisation: "Exampleshire"},
		"sign-in-organisation-unreachable": signInPage{frame: closed, Next: "/", Organisation: "Exampleshire", Unreachable: true, Problems: []formProblem{{"", "Your organisation’s sign-in gives you no role in OneVision."}}},
		"sign-in-refused": signInPage{frame: closed, Next: "/indicators/a?period=week", Username: "dana", UsernameError: "Enter your username",
			PasswordError: "Enter your password", Problems: []formProblem{{"username", "Enter your username"}, {"password", "Enter your password"}, {"", "Wait 8 seconds"}}},
		"home":       sampleHome(),
		"print":      samplePrint(),
		"home-empty": homePage{frame: sampleFrame("Dashboard"), Lead: lead{AsAt: "not yet known", Lines: []leadLine{{[]link{{Text: "No measure can be held against a target yet."}}}, alertsLine(0)}}},
		"home-none":  homePage{frame: sampleFrame("Dashboard"), NoDashboard: []string{"You are signed in as administrator.", "Accounts are looked after elsewhere."}, Notice: "Done."},
		"indicator":  sampleIndicator(),
		"indicator-bare": indicatorPage{frame: sampleFrame("Open cases"), Heading: "Open cases", Headline: "No data.", Status: statusOf(0), Value: "no data", InWords: true,
			Numbers: numbers{Caption: "The numbers behind the trend", Value: "Open cases"}},
		"subscriptions": subscriptionsPage{frame: sampleFrame("Error: Subscriptions"), Problems: []formProblem{{"what", "Choose what is sent"}}, Notice: "It will be sent.", Exact: true,
			Rows:   []subscriptionRow{{"Your dashboard", "Dashboard", "Each Monday at 7am", "7 December 2026 at 7am", "not yet", "the account is not let in", "/subscriptions/1/end"}},
			Fields: []formField{choose("what", "What is sent", "Keep it first.", "", option{Text: "Choose"}), choose("when", "When", "", "", option{Value: "0 7 * * 1", Text: "Each Monday at 7am"})}},
		"ask":           sampleAsk(),
		"ask-first":     askPage{frame: sampleFrame("Ask"), Measures: sampleAsk().Measures},
		"ask-published": askPage{frame: sampleFrame("Ask"), PublishedOnly: true},
		"system": systemPage{frame: sampleFrame("System"), Parts: []SystemPart{
			{Title: "Warehouse", Warning: "The slot holds back 3.0 GB.", Facts: []SystemFact{{"State", "following"}, {"Last built because", "the slot onevision_warehouse is gone"}}},
			{Title: "Mail", Facts: []SystemFact{{"Waiting", "0 letters"}}}}},
		"start": startPage{frame: sampleFrame("Start"), Lead: "1 of 3 things are there.", Steps: []StartStep{{Title: "Authority", Have: "Your authority", Missing: "The authority's name is not set: pages and mails need it.", Command: `onevision start --authority "Exampleshire County Council"`},
			{Title: "Responsibilities", Have: "1 person to be told, for no schools or teams", Missing: "Nobody answers for the whole authority: an alert about a school or team that nobody answers for would reach nobody.", Command: "onevision responsibility add NAME authority", Href: "/responsibilities"}, {Title: "Schools", Have: "312 schools"}}},
		"responsibilities": responsibilitiesPage{frame: sampleFrame("Error: Responsibilities"), Problems: []formProblem{{"from", "Give the first day, as yyyy-mm-dd"}},
			Rows: []responsibilityRow{{"The whole authority", "Dana Example", "Lead", "1 September 2026", "Further notice", "on leave", "/responsibilities/1/end"}, {"Invented Primary School", "Sam Example", "Deputy", "1 September 2026", "Until 31 August 2027", "has no email address, so cannot be told", ""}},
			Fields: []textField{{Name: "username", Label: "Username of the person", Value: "sam"}, {Name: "answers_for", Label: "What they answer for", Hint: "Write authority, or school and its LAESTAB (school 8731234), or team and its name (team North).", Value: "school 8731234"},
				{Name: "from", Label: "First day", Hint: "For example, 2026-09-01", Value: "1 May", Error: "Give the first day, as yyyy-mm-dd"}, {Name: "to", Label: "First day after the last (optional)", Hint: "Leave it empty until further notice."}}},
		"waiting": waitingPage{frame: sampleFrame("Waiting rows"), Notice: "Line 3 of marks.csv was discarded.", Next: "/imports/waiting?after=2",
			Rows: []waitingLine{{"/imports/waiting/1", "marks.csv", "2", "16 November 2026", "No child has this UPN: check it, or record the child first"}}},
		"waiting-none": waitingPage{frame: sampleFrame("Waiting rows")},
		"waiting-row": waitingRowPage{frame: sampleFrame("Error: A row that waits"), Problems: []formProblem{{"why", "Give the reason"}}, File: "marks.csv", Line: "2", Reason: "No child has this UPN", To: "/imports/waiting/1", Alone: true,
			Candidates: []waitingCandidate{{"Ann Example", "/children/1", "71 of 100", "/imports/waiting/1?as=1", []intake.Beside{{What: "Surname", Row: "Example", Record: "Ann Example", Same: true}, {What: "Forename", Row: "Anna", Record: "Ann Example"}}}},
			Columns:    []textField{{Name: "column-upn", Label: "upn", Value: "A823456789012"}}, Why: textField{Name: "why", Label: "Reason", Hint: "Why these values are right.", Error: "Give the reason"}, Discard: textField{Name: "why-discard", Label: "Reason", Hint: "Why this row is not to go in."}},
		"waiting-row-together": waitingRowPage{frame: sampleFrame("A row that waits"), File: "episodes.csv", Line: "2", Reason: "No child has this number", To: "/imports/waiting/2",
			Columns: []textField{{Name: "column-CHILD", Label: "CHILD", Value: "1"}}, Why: textField{Name: "why", Label: "Reason"}, Discard: textField{Name: "why-discard", Label: "Reason", Hint: "Why this row is not to go in."}},
		"imports": importsPage{frame: sampleFrame("Imports"), Upload: true, Next: "/imports?before=2",
			Rows: []importLine{{Href: "/imports/2", File: "marks.csv", What: "Attendance marks", When: "16 November 2026 at 09:12", By: "you", State: "Done", Rows: "4,200", Added: "4,198", Changed: "0", NoMatch: "1", Rejected: "1"}}},
		"imports-none": importsPage{frame: sampleFrame("Imports"), Notice: "The import is undone."},
		"import": importPage{frame: sampleFrame("Error: marks.csv"), Notice: "Done.", Problems: []formProblem{{"why", "Give the reason"}}, Line: importLine{File: "marks.csv"}, Facts: []SystemFact{{"Rows", "4,200"}}, Waits: true,
			Why: textField{Name: "why", Label: "Reason", Hint: "History keeps it.", Error: "Give the reason"}, Undo: "/imports/2/undo"},
		"upload-form": uploadFormPage{frame: sampleFrame("Error: Import a file"), Problems: []formProblem{{"file", "Choose a file"}}, To: "/imports/new", File: formField{Name: "file", Label: "File", Hint: "CSV.", Error: "Choose a file"},
			Fields: []formField{choose("format", "What it holds", "", "", option{Value: "", Text: "Find out from its first line"}, option{Value: "attendance", Text: "Attendance marks"}), {Name: "year", Label: "Year of a return (optional)", Hint: "2026 is the year to 31 March 2026.", Short: true}}},
		"upload-running": uploadPage{frame: sampleFrame("marks.csv"), Heading: "marks.csv", Running: "Importing, 5,000 rows so far", Again: "/imports/new/A"},
		"upload-refused": uploadPage{frame: sampleFrame("Error: letter.csv"), Heading: "letter.csv", Refused: "This file has another format"},
		"upload": uploadPage{frame: sampleFrame("marks.csv"), Heading: "marks.csv", Trial: true, Facts: []SystemFact{{"Rows", "3"}}, Notes: []string{"Columns that are not read: Name"}, Rejects: "/imports/new/A/rejects", Run: "/imports/new/A/run",
			Lists: []uploadList{{"Rejected", []uploadRow{{"3", "code", "Is not one of the codes"}, {"4", "", "Has 4 values where 5 belong"}}}}},
		"upload-done": uploadPage{frame: sampleFrame("marks.csv"), Heading: "marks.csv", Facts: []SystemFact{{"Rows", "3"}}, Import: "/imports/2", WaitingRow: true},
		"upload-mapped": uploadPage{frame: sampleFrame("ehe.csv"), Heading: "ehe.csv", Trial: true, Facts: []SystemFact{{"Rows", "2"}}, Run: "/imports/new/A/run", Columns: "/imports/new/A/columns", Keeps: "ehe-list",
			Sample: []uploadSample{{"2", "Added", "", []intake.Shown{{Field: "From date", Value: "2025-09-01"}}}, {"3", "Rejected", "Reason Out: is no code", nil}}},
		"mapping-edit": mappingEditPage{frame: sampleFrame("Error: What the columns mean"), Problems: []formProblem{{"name", "Use small letters"}}, Heading: "ehe.csv", Kind: "elective home education", To: "/imports/new/A/columns",
			Fields:  []formField{{Name: "name", Label: "Name of this mapping", Hint: "Such as ehe-list.", Value: "EHE", Error: "Use small letters"}},
			Columns: []mappedColumn{{"Reason Out", "philosophy, other", choose("column-0", "Reason Out", "", "field:main_reason", option{Value: "", Text: "Not read"}, option{Value: "field:main_reason", Text: "Main reason"})}},
			Values:  []mappedValues{{"Values of Reason Out: Main reason", true, []mappedValue{{"of-main_reason-0", "philosophy", choose("value-main_reason-0", "philosophy", "", "", option{Value: "", Text: "As it stands"})}}}},
			Always:  []formField{{Name: "always-to_date", Label: "To date", Hint: "The day after the last."}}},
		"mappings":       mappingsPage{frame: sampleFrame("Mappings"), Notice: "Done.", Rows: []mappingLine{{"ehe-list", "Home education", "Elective home education", "authority", "EHE*.csv", "16 November 2026 at 09:12", "Dana Example", "name: ehe-list\n", "/imports/mappings/ehe-list/forget"}}},
		"mappings-none":  mappingsPage{frame: sampleFrame("Mappings")},
		"statement":      statementPage{frame: closed, Contact: "access@example.gov.uk"},
		"statement-bare": statementPage{frame: closed},
		"error": errorPage{frame: sampleFrame("That address is not quite right"), Heading: "That address is not quite right",
			Sentences: []string{"The address asks for a “colour” that this page does not have."}, Allowed: []string{"period: week, month"}, Reference: "abc123"},
		"alerts": alertsPage{frame: sampleFrame("Alerts"), Lead: "2 alerts are open.", Version: "1", Tag: `"1-c"`, Rows: []alertRow{
			{Href: "/sample/indicator", What: "Unauthorised absence (truancy)", Whom: "Invented Primary School", Figure: "4.1%", Basis: "49 of 1,200, week of 9 November 2026", Limit: "above 3.0%", Since: "Week of 2 November 2026"},
			{Href: "/sample/indicator", What: "Unauthorised absence (truancy)", Whom: "Another School", Figure: "no data", Limit: "above 3.0%", Since: "Week of 2 November 2026", State: status{"No data since", "not-judged", "grey", "dash"}, HasState: true}}},
		"alerts-none": alertsPage{frame: sampleFrame("Alerts"), Lead: "No alerts are open."},
		"inbox":       inboxPage{frame: sampleFrame("Demo mail"), Mails: []mailLine{{"/inbox/1", "[Off target] Unauthorised absence: 4.1% (limit 3%)", "head@example.gov.uk", "22 November 2026 at 4pm"}}},
		"inbox-empty": inboxPage{frame: sampleFrame("Demo mail")},
		"mail": mailPage{frame: sampleFrame("A mail"), Subject: "[Off target] Unauthorised absence", From: "onevision@example.gov.uk", To: "head@example.gov.uk",
			Received: "22 November 2026 at 4pm", Text: "Unauthorised absence is 4.1%.\nThe limit is 3%.", HTML: "/sample/mail-html"},
	}
}

func sampleHome() homePage {
	points := func(ys ...int) string {
		s := ""
		for i, y := range ys {
			s += strconv.Itoa(5+i*24) + "," + strconv.Itoa(y) + " "
		}
		return s
	}
	cards := []card{
		{ID: "card-unauthorised-absence", Href: "/sample/indicator", Title: "Unauthorised absence (truancy)", Status: status{"Off target", "off-target", "red", "square"},
			Value: "2.6%", Basis: "2,003 of 77,046 possible sessions, week of 9 November 2026",
			Notes: []string{"Week of 16 November 2026 is incomplete so far: 61,204 of 77,046 marks received."},
			Spark: sparkline{Lines: []string{points(40, 38, 41, 30, 33, 28, 30, 22, 25, 18, 12, 9)}, TargetY: "35.0", Dots: []dot{{"269.0", "9.0", "last"}, {"293.0", "20.0", "open"}}, Text: "Last 13 weeks: between 1.4% and 2.6%"},
			Facts: []fact{{"Target", "", "2.0% or lower", ""}, {"Change", "up", "Up 0.2 percentage points on the week of 2 November 2026: worse", ""}, {"England", "", "2.1% in 2024/25", "Not like for like: a whole year, state-funded schools"}}},
		{ID: "card-attainment-8", Href: "/sample/indicator", Title: "Attainment 8 of children in care", Status: status{"At risk", "at-risk", "yellow", "triangle"},
			Value: "18.9", Basis: "Mean of 58 children in care at the end of key stage 4, 2025/26 academic year",
			Notes: []string{"58 children: one child is worth up to 1.6 points"},
			Spark: sparkline{Text: "Too few figures yet to show a trend"},
			Facts: []fact{{"Target", "", "20.0 or higher", ""}, {"Change", "down", "Down 0.4 points on the 2024/25 academic year: worse", ""}, {"England", "", "18.9 in 2023/24", "Like for like"}}},
		{ID: "card-english-maths", Href: "/sample/indicator", Title: "Grade 4 or above in English and maths, children in care", Status: status{"On target", "on-target", "green", "circle"},
			Value: "24.1%", Basis: "14 of 58 children in care at the end of key stage 4, 2025/26 academic year",
			Notes: []string{"58 children: one child is worth 1.7 percentage points"},
			Spark: sparkline{Text: "Too few figures yet to show a trend"},
			Facts: []fact{{"Target", "", "22.0% or higher", ""}, {"Change", "up", "Up 1.2 percentage points on the 2024/25 academic year: better", ""}, {"England", "", "22.8% in 2023/24", "Like for like"}}},
		{ID: "card-open-cases", Href: "/sample/indicator", Title: "Open social care cases at the end of the month", Status: status{"No target", "no-target", "grey", "dash"},
			Value: "1,204", Basis: "Open cases, October 2026",
			Spark: sparkline{Lines: []string{points(20, 24, 22, 26, 30), points(30, 31)}, Dots: []dot{{"269.0", "31.0", "last"}}, Text: "Last 13 months: between 1,150 and 1,260"},
			Facts: []fact{{"Target", "", "None set", ""}, {"Change", "level", "No change on the September 2026", ""}}},
		{ID: "card-none", Href: "/sample/indicator", Title: "Persistent absence", Status: status{"Not judged", "not-judged", "grey", "dash"},
			Value: "no data", InWords: true, Basis: "Half term 1 of 2026/27", Spark: sparkline{Text: "Too few figures yet to show a trend"}, Facts: []fact{{"Target", "", "None set", ""}}},
	}
	for i := range cards {
		cards[i].Version = version(cards[i])
	}
	return homePage{frame: sampleFrame("Dashboard"), Workbook: true, Cards: cards, List: "1", Tag: `"1-a"`,
		All: 60, Lead: lead{AsAt: "22 November 2026 at 4:05pm", Version: "x", Lines: []leadLine{
			{[]link{{Text: "28 of 30 schools have sent their marks for the week of 16 November 2026: "}, {Href: "/registers", Text: "see who is behind"}, {Text: "."}}},
			{[]link{{Href: "/indicators?status=off-target", Text: "1 of 4 measures with a target is off target"}, {Text: "."}}},
			{[]link{{Text: "Since you last looked, on 21 November 2026 at 4pm: "}, {Href: "/indicators?changed=worse", Text: "1 has become worse"}, {Text: "."}}}, alertsLine(3)}}}
}

// samplePrint is a dashboard of nine measures, each with as much as it can have.
func samplePrint() printPage {
	var all []printMeasure
	for i := range 9 {
		m := printMeasure{ID: "print-" + strconv.Itoa(i), Title: "Unauthorised absence (truancy) of children looked after, measure " + strconv.Itoa(i+1), Status: status{"Off target", "off-target", "red", "square"},
			Headline: "2.6% in the week of 9 November 2026 (2,003 of 77,046 possible sessions), up 0.2 percentage points on the week of 2 November 2026, which is no more than it usually varies. Target 2.0%: off target.",
			Facts:    "Target: 2.0% or lower. Change: Up 0.2 percentage points on the week of 2 November 2026: no more than it usually varies. On the year: Up 0.4 percentage points on the week of 10 November 2025: worse. England: 2.3% in 2024/25, Not like for like. It is of a whole year. East of England: 2.0% in 2024/25. Neighbours: 1.7% in 2024/25, Median of 10. Act: Letters to families, Dana Example, due 7 December 2026.",
			Notes:    []string{"Week of 16 November 2026 is incomplete so far: 61,204 of 77,046 marks received."},
			Chart: paperChart{Label: "Absence since the week of 24 August 2026: between 1.4% and 2.6%", Grid: []gridLine{{"196.0", "200.0", "0%"}, {"104.0", "108.0", "2%"}, {"12.0", "16.0", "4%"}}, Lines: []string{"54,100 84,90 390,60"}, YearBefore: []string{"54,120 390,110"},
				Dots: []dot{{"390.0", "60.0", "#ffffff"}}, TargetY: "104.0", Target: "Target 2.0%", First: "Week of 24 August 2026", Last: "Week of 16 November 2026"},
			Numbers: numbers{Caption: "The numbers behind the trend", Value: "Percentage", Numerator: "Sessions missed without permission", Denominator: "Possible sessions", YearBefore: true}}
		for j := range 13 {
			m.Numbers.Rows = append(m.Numbers.Rows, numberRow{Period: "Week of " + strconv.Itoa(20-j) + " November 2026", cell: cell{Text: "2.6%", Exact: "2.6", Numerator: "2,003", Denominator: "77,046"}, Before: cell{Text: "2.1%", Exact: "2.1"}})
		}
		m.Numbers.Rows[0].Note = "79% of the marks expected have been received"
		all = append(all, m)
	}
	return printPage{frame: sampleFrame("Dashboard on paper"), Sheets: sheetsOf(all)}
}

func sampleIndicator() indicatorPage {
	home := sampleHome()
	p := indicatorPage{
		frame: sampleFrame("Unauthorised absence (truancy)"), Heading: "Unauthorised absence (truancy)", Whole: "/sample/indicator",
		Headline: "2.6% in the week of 9 November 2026 (2,003 of 77,046 possible sessions), up 0.2 percentage points on the week before.",
		Status:   home.Cards[0].Status, Value: "2.6%", Basis: home.Cards[0].Basis, Facts: home.Cards[0].Facts, Notes: home.Cards[0].Notes, Version: "1", Tag: `"1-b"`,
		Earlier: "week of 9 November 2026", Newest: "/sample/indicator", Kept: []link{{Text: "member", Href: "12"}},
		Choices: []choice{
			{"period", "Period", []option{{"week", "Week", true}, {"month", "Month", false}, {"half-term", "Half term", false}}},
			{"last", "Periods shown", []option{{"13", "Last 13", true}, {"26", "Last 26", false}}},
			{"breakdown", "Broken down by", []option{{"school", "School", true}, {"phase", "Phase", false}}}},
		Numbers: numbers{Caption: "The numbers behind the trend", Value: "Percentage", Numerator: "Sessions missed without permission", Denominator: "Possible sessions"},
		About: about{Lines: []fact{{Name: "Meaning", Text: "Of all the sessions that pupils could have attended, the share missed without permission."},
			{Name: "Formula", Text: "Sessions missed without permission, divided by possible sessions, as a percentage"}, {Name: "Definition", Text: "unauthorised-absence 1a2b3c4d5e6f"}},
			SQL: "SELECT p.period_id, a.child_id, a.school_id,\n       sum(a.unauthorised) AS numerator,\n       sum(a.possible)     AS denominator\n  FROM period p JOIN attendance a ON a.date BETWEEN p.first_day AND p.last_day\n GROUP BY ALL"},
	}
	p.Charts = true
	var names, values []any
	for i := 12; i >= 0; i-- {
		v := strconv.FormatFloat(1.4+float64(i)*0.1, 'f', 4, 64)
		row := numberRow{Period: "Week of " + strconv.Itoa(1+i) + " November 2026", Href: "/sample/indicator", cell: cell{Text: v[:3] + "%", Exact: v, Numerator: "2,003", Denominator: "77,046"}, Now: i == 11}
		if i == 12 {
			row.Note = "incomplete"
		}
		p.Numbers.Rows = append(p.Numbers.Rows, row)
	}
	for i := range 13 {
		names, values = append(names, "week of "+strconv.Itoa(1+i)+" Nov"), append(values, 1.4+float64(i)*0.1)
	}
	p.Trend = drawing{ID: "trend", Title: "Last 13 weeks: between 1.4% and 2.6%", Subtitle: "Sessions missed without permission as a percentage of possible sessions", Label: "Unauthorised absence by week. 2.6% in the newest.", Version: "1", Option: sampleChart("line", names, values)}
	b := &breakdown{Name: "School", Lower: "school", Caption: "By school, week of 9 November 2026", Counts: true, Judged: true, Version: "1",
		Columns: []column{{"School", "/sample/indicator", "ascending", false}, {"Percentage", "/sample/indicator", "", true}, {"Sessions missed without permission", "/sample/indicator", "descending", true},
			{"Possible sessions", "/sample/indicator", "", true}, {"Period before", "/sample/indicator", "", true}, {"Status", "/sample/indicator", "", false}}}
	names, values = nil, nil
	for i := range 14 {
		v := strconv.FormatFloat(4.8-float64(i)*0.3, 'f', 1, 64)
		name := "Invented Primary School number " + strconv.Itoa(i+1)
		b.Rows = append(b.Rows, memberRow{Name: name, Href: "/sample/indicator", Status: statusOf(4), cell: cell{Text: v + "%", Exact: v, Numerator: "40", Denominator: "1,200"}, Previous: "4.0%"})
		names, values = append(names, name), append(values, 4.8-float64(i)*0.3)
	}
	b.Rows = append(b.Rows, memberRow{Name: "Not known", Status: statusOf(0), cell: cell{Text: "no data"}, Previous: "no data"})
	b.Chart = drawing{ID: "members", Title: b.Caption, Subtitle: "Sessions missed", Label: "By school. Highest: School 1, 4.8%.", Tall: true, Option: sampleChart("bar", names, values)}
	p.Breakdown = b
	return p
}

func sampleChart(kind string, names, values []any) chart.Options {
	category := map[string]any{"type": "category", "data": names}
	value := map[string]any{"type": "value", "axisLabel": map[string]any{"x-format": "percent1"}}
	o := chart.Options{"color": []string{"#12436D"}, "tooltip": map[string]any{"trigger": "axis", "x-format": "percent1"}, "aria": map[string]any{"enabled": true},
		"series": []any{map[string]any{"type": kind, "name": "</script><script>alert(1)</script>", "data": values}}, "xAxis": category, "yAxis": value}
	if kind == "bar" {
		o["xAxis"], o["yAxis"] = value, category
		category["inverse"] = true
	}
	return o
}

func sampleAsk() askPage {
	figure := cell{Text: "2.1%", Exact: "2.1", Note: "21 of 1,000"}
	return askPage{frame: sampleFrame("Error: Ask"), Problems: []formProblem{{"pick-columns", "Choose another breakdown"}}, Notice: "The question is kept.",
		Measures: []optionGroup{{Options: []option{{Text: "Choose a measure"}}}, {Name: "Attendance", Options: []option{{"a", "Unauthorised absence", true}}}},
		Picks:    []pick{{"rows", "A row for each", []optionGroup{{Options: []option{{Text: "Not divided"}}}}}, {"columns", "A column for each", []optionGroup{{Options: []option{{Text: "Not divided"}}}}}, {"only1", "Only", []optionGroup{{Options: []option{{Text: "Everybody"}}}, {Name: "Sex", Options: []option{{"sex:F", "Female", true}}}}}},
		Months:   []pick{{"from", "From the month", []optionGroup{{Options: []option{{Text: "None"}}}}}}, MonthsOpen: true,
		Question: "Unauthorised absence by district, only year group Year 9", Meaning: "The share.", Notes: []string{"Figures are exact."}, Measure: "/indicators/a", Excel: "/ask.xlsx", CSV: "/ask.csv", Query: "indicator=a",
		Name: formField{Name: "name", Label: "Name to keep it under"}, Kept: []keptQuestion{{"/ask?indicator=a", "Mine", "/ask/kept/1/remove"}},
		Table: &crossTable{Row: "District", Periods: []crossPeriod{{"Autumn term", 2}, {"Spring term", 2}}, Columns: []string{"Female", "All"},
			Rows: []crossRow{{Name: "North", Cells: []cell{figure, figure, figure, figure}}, {Name: "All", All: true, Cells: []cell{figure, figure, figure, {Text: "no data"}}}}}}
}
