package intake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"onevision/access"
	"onevision/records"
)

// The register of schools, GIAS (edubasealldata): which schools there are, open
// and closed.

// The columns that are read of some hundred and thirty.
const (
	giasURN = iota
	giasAuthority
	giasNumber
	giasName
	giasStatus
	giasType
	giasPhase
	giasOpened
	giasClosed
	giasLow
	giasHigh
	giasAuthorityCode
	giasDistrict
	giasDistrictName
)

var giasHeader = []string{"URN", "LA (code)", "EstablishmentNumber", "EstablishmentName", "EstablishmentStatus (name)", "TypeOfEstablishment (name)", "PhaseOfEducation (name)", "OpenDate", "CloseDate",
	"StatutoryLowAge", "StatutoryHighAge", "GSSLACode (name)", "DistrictAdministrative (code)", "DistrictAdministrative (name)"}

var _ = Define(Format{
	Name: "schools", Title: "Schools (GIAS edubasealldata)", Rank: -10, Source: records.SourceGIAS, Category: access.Organisation,
	Named: true, Needed: giasClosed + 1, National: true, Longest: 300,
	Header: giasHeader,
	Rows:   func() Rows { return &schools{} },
})

// schools are rows of GIAS.
type schools struct {
	rows    []records.FileRow
	wanted  map[string]bool   // the rows of these authorities, by number and by ONS code
	current map[string]string // which URN has a LAESTAB now, or had it last
	began   map[string]records.Date
	names   map[string]string // of districts
	known   []string          // districts that are known, once the names were added
}

// Survey finds which authority's schools are wanted, and of schools that have had
// the same number one after the other the one that has it now.
func (s *schools) Survey(rows [][]string, o Survey) (notes []string, coversTo records.Date, err error) {
	held := map[string]int{} // rows, by authority
	for _, f := range rows {
		held[Tidy(f[giasAuthority])]++
	}
	s.wanted = map[string]bool{}
	for _, a := range o.Authorities {
		s.wanted[Tidy(a)] = true
	}
	if len(s.wanted) == 0 {
		if len(held) > 1 {
			return nil, coversTo, refuse("the file has schools of %d authorities, and nobody has said which this one is: say it with onevision start --code E10000003 (the GSSLACode of the file), or name the numbers with --authority, such as --authority 873", len(held))
		}
		s.wanted = nil
	}
	s.current, s.began, s.names = map[string]string{}, map[string]records.Date{}, map[string]string{}
	last := map[string][]string{}
	found := map[string]int{}
	for _, f := range rows {
		if why := s.other(f); why != "" {
			continue
		}
		found[Tidy(f[giasAuthority])]++
		if code := Tidy(f[giasDistrict]); code != "" && Plain(f[giasDistrictName]) != "" {
			s.names[code] = Plain(f[giasDistrictName])
		}
		number := laestabOf(f)
		if opened, ok := ReadDay(f[giasOpened]); ok {
			if first, seen := s.began[number]; !seen || opened.IsZero() || !first.IsZero() && opened.Before(first) {
				s.began[number] = opened
			}
		}
		if other, ok := last[number]; !ok || later(f, other) {
			last[number], s.current[number] = f, Tidy(f[giasURN])
		}
	}
	if len(found) == 0 {
		return nil, coversTo, refuse("the file has no school of the authority %s: check the file, or name the authority's number with --authority, such as --authority 873", strings.Join(slices.Sorted(maps.Keys(s.wanted)), ", "))
	}
	var told []string
	for _, number := range slices.Sorted(maps.Keys(found)) {
		told = append(told, fmt.Sprintf("%d of authority %s", found[number], number))
	}
	return []string{"establishments in the file: " + strings.Join(told, ", ")}, coversTo, nil
}

// later reports whether a row tells of what has a number now and the other of
// what had it before: an open school before a closed one, else the later opened.
func later(f, other []string) bool {
	if a, b := isOpen(f), isOpen(other); a != b {
		return a
	}
	a, _ := ReadDay(f[giasOpened])
	b, _ := ReadDay(other[giasOpened])
	if a != b {
		return a.After(b)
	}
	return Tidy(f[giasURN]) > Tidy(other[giasURN])
}

func isOpen(f []string) bool { return strings.HasPrefix(Tidy(f[giasStatus]), "OPEN") }

func laestabOf(f []string) string { return Tidy(f[giasAuthority]) + Tidy(f[giasNumber]) }

// other says why a row is none of a school that is wanted.
func (s *schools) other(f []string) string {
	switch phase, _ := phaseOf(f); {
	case s.wanted != nil && !s.wanted[Tidy(f[giasAuthority])] && !s.wanted[Tidy(f[giasAuthorityCode])]:
		return "of other authorities"
	case Tidy(f[giasNumber]) == "":
		return "of establishments without a number, such as children's centres"
	case strings.HasPrefix(Tidy(f[giasStatus]), "PROPOSED"):
		return "of schools that are only proposed"
	case phase == "":
		return "of establishments that are no school, such as universities"
	}
	return ""
}

// Passes says why a row is passed over.
func (s *schools) Passes(f []string) string {
	if why := s.other(f); why != "" {
		return why
	}
	if s.current[laestabOf(f)] != Tidy(f[giasURN]) {
		return "of schools whose number another school has now"
	}
	return ""
}

// phaseOf is the phase of a school: of the type where that decides, else GIAS's own
// phase, else by the ages. "" is no school.
func phaseOf(f []string) (phase string, known bool) {
	kind, stated := strings.ToLower(Plain(f[giasType])), strings.ToLower(Plain(f[giasPhase]))
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(kind, w) })
	}
	switch {
	case has("higher education", "children's centre", "offshore", "overseas", "welsh", "service children", "miscellaneous", "institution funded by other"):
		return "", true
	case has("special"):
		return "special", true
	case has("pupil referral", "alternative provision", "secure unit"):
		return "ap", true
	case has("further education", "sixth form", "16 to 19", "16-19"):
		return "sixteen-plus", true
	}
	switch {
	case stated == "nursery":
		return "nursery", true
	case stated == "primary", strings.Contains(stated, "deemed primary"):
		return "primary", true
	case stated == "secondary", strings.Contains(stated, "deemed secondary"):
		return "secondary", true
	case strings.HasPrefix(stated, "16"):
		return "sixteen-plus", true
	case strings.HasPrefix(stated, "all"):
		return "all-through", true
	}
	low, lowErr := strconv.Atoi(Plain(f[giasLow]))
	high, highErr := strconv.Atoi(Plain(f[giasHigh]))
	switch {
	case lowErr != nil || highErr != nil:
		return "all-through", stated == "not applicable"
	case high <= 5:
		return "nursery", true
	case low >= 16:
		return "sixteen-plus", true
	case high <= 13:
		return "primary", true
	case low >= 8:
		return "secondary", true
	}
	return "all-through", true
}

func (s *schools) Add(line int64, f []string) *Problem {
	phase, known := phaseOf(f)
	if !known {
		return &Problem{giasHeader[giasPhase], f[giasPhase], "is no phase that is known, and the ages do not tell: correct it in the register of schools"}
	}
	rec := &records.School{LAESTAB: laestabOf(f), URN: Tidy(f[giasURN]), Name: Plain(f[giasName]), Phase: phase, District: Tidy(f[giasDistrict])}
	if len(rec.LAESTAB) != 7 {
		return &Problem{giasHeader[giasNumber], f[giasNumber], "is no number of an establishment: four digits, after three of the authority"}
	}
	if _, ok := ReadDay(f[giasOpened]); !ok {
		return &Problem{giasHeader[giasOpened], f[giasOpened], dayAdvice}
	}
	closed, ok := ReadDay(f[giasClosed])
	if !ok {
		return &Problem{giasHeader[giasClosed], f[giasClosed], dayAdvice}
	}
	if rec.FromDate = s.began[rec.LAESTAB]; rec.FromDate.IsZero() || rec.FromDate.Before(records.NewDate(1900, 1, 1)) {
		rec.FromDate = records.NewDate(1900, 1, 1)
	}
	if isOpen(f) {
		closed = records.Date{} // proposed to close: it is open until it has closed
	} else if closed.IsZero() {
		return &Problem{giasHeader[giasClosed], f[giasClosed], "the school is closed, and no day is given: correct it in the register of schools"}
	}
	rec.ToDate = closed.Add(1)
	states := []string{"urn", "name", "phase", "from_date", "to_date"}
	if rec.District != "" {
		states = append(states, "district")
	}
	s.rows = append(s.rows, records.FileRow{Line: line, Record: rec, States: states})
	return nil
}

func (s *schools) Put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error) {
	if s.known == nil {
		var err error
		if s.known, err = store.AddDistricts(ctx, v, s.names); err != nil {
			return nil, err
		}
	}
	for i, r := range s.rows {
		school := r.Record.(*records.School)
		if school.District != "" && !slices.Contains(s.known, school.District) { // one without a name
			school.District = ""
			s.rows[i].States = slices.DeleteFunc(r.States, func(f string) bool { return f == "district" })
		}
	}
	outcomes, err := store.MergeFile(ctx, v, b, "school", s.rows, map[string]string{
		"": giasHeader[giasName], "laestab": giasHeader[giasNumber], "urn": giasHeader[giasURN], "name": giasHeader[giasName], "phase": giasHeader[giasPhase],
		"from_date": giasHeader[giasOpened], "to_date": giasHeader[giasClosed], "district": giasHeader[giasDistrict],
	})
	s.rows = s.rows[:0]
	return outcomes, err
}

// An establishment has its URN for good.
func (s *schools) Subject(f []string) (subject, saying string) {
	return Tidy(f[giasURN]), Tidied(f[1:]...)
}
