package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/text/encoding/charmap"

	"onevision/cmd/onevision/onevisiontest"
	"onevision/records"
)

// TestTheFirstAfternoon is docs/first-day.md: an authority begins with an empty
// store and the files that it has, with the habits of the systems and people they
// come from, and ends with figures that were worked out by hand. The files are
// written here, row by row: 60 children at three schools, the half term before
// Christmas of the school year that is over, its exams, two years of the return of
// children in care.
//
// By hand. The half term has seven weeks of five days: 70 sessions a child, 1,400 at
// each school of 20 children. Ash: three children miss the morning of each Monday
// without leave, 21 of 1,400, 1.5 %. Béech: one child the afternoon of each Tuesday,
// 7 of 1,400, 0.5 %. Oak: four children both sessions of each Wednesday, 56 of 1,400,
// 4.0 %. Together 84 of 4,200, 2.0 %. Four children who have been in care for more
// than a year took their exams at Oak and had 20, 30, 40 and 50 points: 35.0.
func TestTheFirstAfternoon(t *testing.T) {
	t.Parallel()
	p := onevisiontest.New(t)
	a := newAfternoon(t, p)
	server := p.Run("serve", "--listen", "127.0.0.1:0")
	base := p.AwaitURL(server, "Serving at")
	const password = "correct horse battery"
	done := func(says string, args ...string) command { return command{args: args, says: says} }
	part := func(says string, args ...string) command { return command{args: args, code: exitPartial, says: says} }
	try(t, p,
		done(`to do  Authority: .*(?s:.*)to do  Half terms: no half terms`, "start"),
		command{args: []string{"import", "schools", a.schools(false)}, code: exitFailed, says: "nobody has said which this one is"},
		done(`done   Authority: Westmarch County Council E10000099`, "start", "--authority", "Westmarch County Council", "--code", "E10000099"),
		command{args: []string{"user", "add", "it", "--name", "Ines Example", "--role", "administrator", "--email", "it@westmarch.example"}, input: password + "\n", says: "Added account"},
		command{args: []string{"user", "add", "director", "--name", "Dora Example", "--role", "director", "--email", "director@westmarch.example"}, input: password + "\n", says: "Added account"},
		done("director answers for authority", "responsibility", "add", "director", "authority"),
		done(`12 rows: 12 added`, "import", "half-terms", a.halfTerms()),
		// The third school's number is not in the register's file of that day yet.
		done(`(?s)2 rows: 2 added.*1 row was passed over: of other authorities`, "import", "schools", a.schools(false)),
		done(`(?s)36 rows: 36 added.*of other areas`, "import", "population", a.population()),
		done(`3 rows: 3 added`, "import", "postcodes", a.postcodes()),
		// Its pupils wait, but for the one whose UPN was mistyped.
		part(`(?s)60 rows: 39 added, .*20 match nobody, 1 rejected.*does not agree with the rest`, "import", "pupils", a.pupils(true)),
		done(`no school has this number`, "import", "waiting"),
		done(`3 rows: 1 added`, "import", "schools", a.schools(true)),
	)
	try(t, p, done(`1 rows: 1 added`, "import", "pupils", a.corrected()))
	a.nobodyWaits()
	try(t, p,
		done(`60 already there`, "import", "pupils", a.pupils(false)),
		done(`4200 rows: 4200 added`, "import", "attendance", a.marks()),
		done(`8 rows: 8 added`, "import", "ks4-results", a.results()),
		done(`(?s)header.*: 4 rows: 4 added.*episodes.*: 4 rows: 4 added`, append([]string{"import", "ssda903"}, a.care(0)...)...),
		done(fmt.Sprintf(`(?s)header.* 4 already there.*episodes.*: 8 rows: 4 added, 4 changed, .* 0 match nobody, 0 rejected.*year to 31 March %d`, a.year+1), append([]string{"import", "ssda903"}, a.care(1)...)...),
		done(`(?s)header.* 0 added, 0 changed.*episodes.* 0 added, 0 changed`, append([]string{"import", "ssda903"}, a.care(0)...)...), // the year before, once more
		done(`done   Returns: 4 looked-after periods`, "start"),
		done(`gcse-attainment8-in-care +1 `, "indicators", "run"), // past years would follow by themselves some minutes later
	)
	director := firstDayVisitor(t, base, "director", password)
	for _, want := range []struct{ path, row, figure string }{
		{"/indicators/unauthorised-absence?period=half-term", fmt.Sprintf("half term 2 of %d", a.year), `2\.0`},
		{"/indicators/unauthorised-absence?period=half-term&breakdown=school", "Ash Primary", `1\.5`},
		{"/indicators/unauthorised-absence?period=half-term&breakdown=school", "Béech Primary", `0\.5`},
		{"/indicators/unauthorised-absence?period=half-term&breakdown=school", "Oak Academy", `4\.0`},
		{"/indicators/gcse-attainment8-in-care?period=academic-year", fmt.Sprintf("%d", a.year), `35\.0`},
	} {
		director.shows(want.path, want.row, want.figure)
	}
}

// afternoon writes the files.
type afternoon struct {
	t    *testing.T
	p    *onevisiontest.Program
	year int // in which the school year that is over began
	upns []string
	born []records.Date
}

func newAfternoon(t *testing.T, p *onevisiontest.Program) *afternoon {
	today := records.DateOf(time.Now())
	a := &afternoon{t: t, p: p, year: today.AcademicYear() - 1}
	for i := range 60 {
		upn, ok := records.UPN(fmt.Sprintf("8992%03d15%03d", 1+i/20, i))
		if !ok {
			t.Fatal(i)
		}
		a.upns = append(a.upns, upn)
		age := 7 // at the beginning of the school year
		switch {
		case i >= 52: // year 11
			age = 15
		case i >= 40:
			age = 12
		}
		a.born = append(a.born, records.NewDate(a.year-age-1, time.November, 1+i%28))
	}
	return a
}

func (a *afternoon) laestab(i int) string { return fmt.Sprintf("899200%d", 1+i/20) }

// file writes a file with Windows' line breaks.
func (a *afternoon) file(name, text string) string {
	a.t.Helper()
	path := filepath.Join(a.p.Dir, name)
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "\n", "\r\n")), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return path
}

// legacy writes it in Windows-1252.
func (a *afternoon) legacy(name, text string) string {
	a.t.Helper()
	encoded, err := charmap.Windows1252.NewEncoder().String(text)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.file(name, encoded)
}

func (a *afternoon) schools(all bool) string {
	text := "URN,LA (code),LA (name),EstablishmentNumber,EstablishmentName,TypeOfEstablishment (name),EstablishmentStatus (name),OpenDate,CloseDate,PhaseOfEducation (name),StatutoryLowAge,StatutoryHighAge,GSSLACode (name),DistrictAdministrative (code),DistrictAdministrative (name),Postcode\n" +
		"149001,899,Westmarch,2001,Ash Primary,Community school,Open,01-09-1990,,Primary,4,11,E10000099,E07000901,North March,ZZ1 1AA\n" +
		"149002,899,Westmarch,2002,Béech Primary,Academy converter,Open,01-04-2015,,Primary,4,11,E10000099,E07000902,South March,ZZ2 1AA\n" +
		"101001,801,Elsewhere,2001,Other Primary,Community school,Open,,,Primary,4,11,E06000901,E06000901,Elsewhere,ZZ9 1AA\n"
	if all {
		text += "149003,899,Westmarch,2003,Oak Academy,Academy sponsor led,Open,01-09-2012,,Secondary,11,16,E10000099,E07000902,South March,ZZ2 2AA\n"
	}
	return a.legacy(fmt.Sprintf("edubasealldata-%d.csv", strings.Count(text, "\n")), text)
}

// monday is the first day of the second half term.
func (a *afternoon) monday() records.Date {
	d := records.NewDate(a.year, time.October, 30)
	for d.Weekday() != time.Monday {
		d = d.Add(1)
	}
	return d
}

// halfTerms of the year that is over and of this one, from a spreadsheet that puts
// semicolons between values.
func (a *afternoon) halfTerms() string {
	var b strings.Builder
	b.WriteString("\ufeffAcademic year;Term;Start date;End date;\n")
	for y := a.year; y <= a.year+1; y++ {
		autumn2 := a.monday()
		if y > a.year {
			autumn2 = records.NewDate(y, time.November, 2)
		}
		for n, days := range [][2]records.Date{
			{records.NewDate(y, time.September, 3), records.NewDate(y, time.October, 22)}, {autumn2, autumn2.Add(46)},
			{records.NewDate(y+1, time.January, 5), records.NewDate(y+1, time.February, 12)}, {records.NewDate(y+1, time.February, 23), records.NewDate(y+1, time.March, 26)},
			{records.NewDate(y+1, time.April, 14), records.NewDate(y+1, time.May, 22)}, {records.NewDate(y+1, time.June, 2), records.NewDate(y+1, time.July, 21)},
		} {
			fmt.Fprintf(&b, "%d/%02d;%s %d;%s;%s;\n", y, (y+1)%100, []string{"Autumn", "Spring", "Summer"}[n/2], n%2+1, days[0].Time().Format("02/01/2006"), days[1].Time().Format("02/01/2006"))
		}
	}
	return a.file("half-terms.csv", b.String())
}

// population with commas at the end of each line, and rows of nothing below.
func (a *afternoon) population() string {
	var b strings.Builder
	b.WriteString("Area code,Area name,Age,Year,Population,,\n")
	for age := range 18 {
		for _, district := range []string{"E07000901,North March", "E07000902,South March", "E07000999,Elsewhere"} {
			fmt.Fprintf(&b, "%s,Aged %d,%d,\"1,%03d\",,\n", district, age, a.year, 100+age)
		}
	}
	return a.file("population.csv", b.String()+",,,,,,\n,,,,,,\n")
}

func (a *afternoon) postcodes() string {
	return a.file("ONSPD.csv", "pcds,oslaua,lat\nZZ1 1AA,E07000901,52\nZZ2 1AA,E07000902,52\nZZ2 2AA,E07000902,52\nZZ9 1AA,E06000901,52\n")
}

// pupil is a row of the pupils' file: their days are as a spreadsheet counts them.
func (a *afternoon) pupil(i int, upn string) string {
	day := func(d records.Date) int { return d.Sub(records.NewDate(1899, time.December, 30)) }
	return fmt.Sprintf("%s,Nuñez-O'Example%d,Zoë,%d,%s,%d,%s,WBRI,\"%d High Street\nWestmarch\",ZZ%d 1AA\n", a.laestab(i), i, day(a.born[i]), "FM"[i%2:i%2+1], day(records.NewDate(a.year, time.September, 3)), upn, i+1, 1+i/20%2)
}

const pupilColumns = "DfE Number,Legal Surname,Legal Forename,DOB,Gender,Date of entry,UPN,Ethnic code,Home address,Postcode\n"

func (a *afternoon) pupils(mistyped bool) string {
	text := pupilColumns
	for i, upn := range a.upns {
		if mistyped && i == 5 {
			upn = string("AB"[strings.Count("A", upn[:1])]) + upn[1:] // another letter than the check letter
		}
		text += a.pupil(i, upn)
	}
	return a.legacy("pupils.csv", text)
}

// corrected is the file of rejects with the right UPN in it.
func (a *afternoon) corrected() string {
	path := filepath.Join(a.p.Dir, "pupils.csv.rejects.csv")
	text, err := os.ReadFile(path)
	if err != nil {
		a.t.Fatal(err)
	}
	wrong := regexp.MustCompile(`[A-Z]` + a.upns[5][1:])
	fixed := wrong.ReplaceAll(text, []byte(a.upns[5]))
	if string(fixed) == string(text) {
		a.t.Fatalf("the rejected row is not in %s", text)
	}
	if err := os.WriteFile(path, fixed, 0o600); err != nil {
		a.t.Fatal(err)
	}
	return path
}

// nobodyWaits until the pupils of the school that has appeared have gone in, which a
// running server does within seconds.
func (a *afternoon) nobodyWaits() {
	a.t.Helper()
	for deadline := time.Now().Add(onevisiontest.Patience); ; time.Sleep(100 * time.Millisecond) {
		out := a.p.Must("import", "waiting")
		if !strings.Contains(out, "899") {
			return
		}
		if time.Now().After(deadline) {
			a.t.Fatalf("rows still wait:\n%s", out)
		}
	}
}

func (a *afternoon) marks() string {
	var b strings.Builder
	b.WriteString("Date,Session,UPN,DfE number,Name,Mark\n")
	for week := range 7 {
		for day := range 5 {
			date := a.monday().Add(7*week + day).Time().Format("02/01/2006")
			for i, upn := range a.upns {
				am, pm := "/", `\`
				switch {
				case i < 3 && day == 0:
					am = "O"
				case i == 20 && day == 1:
					pm = "U"
				case i >= 40 && i < 44 && day == 2:
					am, pm = "G", "G"
				}
				fmt.Fprintf(&b, "%s,AM,%s,%s,Zoë,%s\n%s,PM,%s,%s,Zoë,%s\n", date, upn, a.laestab(i), am, date, upn, a.laestab(i), pm)
			}
		}
	}
	return a.legacy("marks.csv", b.String())
}

// results of year 11: the first four are in care.
func (a *afternoon) results() string {
	var b strings.Builder
	b.WriteString("UPN,DfE number,Year,Attainment 8,English,Maths\n")
	for n := range 8 {
		fmt.Fprintf(&b, "%s,%s,%d,%d,%d,%d\n", a.upns[52+n], a.laestab(52+n), a.year+1, []int{20, 30, 40, 50, 55, 60, 45, 65}[n], 3+n/2, 4)
	}
	return a.file("results.csv", b.String())
}

// care is the return of the year to 31 March of the year in which the school year
// began, or of the one after, in which the children moved: the second has lost the
// zeros of its numbers.
func (a *afternoon) care(later int) []string {
	header := "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n"
	episodes := "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n"
	for n := range 4 {
		number := fmt.Sprintf("%06d", 417+n)
		if later == 1 {
			number = strings.TrimLeft(number, "0")
		}
		i := 52 + n
		header += fmt.Sprintf("%s,%d,%s,WBRI,%s,,\n", number, 2-i%2, a.born[i].Time().Format("02/01/2006"), a.upns[i])
		if later == 0 {
			episodes += fmt.Sprintf("%s,10/06/%d,S,C2,N1,U4,PR1,,,,ZZ1 1AA,ZZ2 1AA,\n", number, a.year-1)
			continue
		}
		episodes += fmt.Sprintf("%s,10/06/%d,S,C2,N1,U4,PR1,01/09/%d,X1,CARPL,ZZ1 1AA,ZZ2 1AA,\n%s,01/09/%d,P,C2,N1,U6,PR1,,,,ZZ1 1AA,ZZ2 2AA,\n", number, a.year-1, a.year, number, a.year)
	}
	return []string{a.file(fmt.Sprintf("header-%d.csv", a.year+later), header), a.file(fmt.Sprintf("episodes-%d.csv", a.year+later), episodes)}
}

// visitor is somebody who has signed in.
type visitor struct {
	t      *testing.T
	base   string
	client *http.Client
}

func firstDayVisitor(t *testing.T, base, username, password string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t, base, &http.Client{Jar: jar}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/sign-in", strings.NewReader(url.Values{"username": {username}, "password": {password}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", base)
	response, err := v.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.Request.URL.Path != "/" {
		t.Fatalf("signing in ended at %s with %s", response.Request.URL.Path, response.Status)
	}
	return v
}

// shows waits until a row of a table of the page has the figure.
func (v *visitor) shows(path, row, figure string) {
	v.t.Helper()
	wanted := regexp.MustCompile(figure)
	var last string
	for deadline := time.Now().Add(onevisiontest.Patience); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		r, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, v.base+path, nil)
		if err != nil {
			v.t.Fatal(err)
		}
		response, err := v.client.Do(r)
		if err != nil {
			v.t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			v.t.Fatalf("%s: %s, %v", path, response.Status, err)
		}
		page, err := goquery.NewDocumentFromReader(strings.NewReader(string(body)))
		if err != nil {
			v.t.Fatal(err)
		}
		found := page.Find("table tr").FilterFunction(func(_ int, s *goquery.Selection) bool {
			return strings.Contains(strings.ToLower(s.Text()), strings.ToLower(row))
		})
		if last = strings.Join(strings.Fields(found.Text()), " "); wanted.MatchString(last) {
			return
		}
		if last == "" {
			last = strings.Join(strings.Fields(page.Find("main").Text()), " ")
		}
	}
	v.t.Errorf("%s: the row of %s does not show %s: %s", path, row, figure, last)
}
