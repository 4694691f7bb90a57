package records_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"onevision/records"
	"onevision/records/recordstest"
)

// county is one valid record of each kind, stored.
type county struct {
	child      *records.Child
	name       *records.ChildName
	address    *records.Address
	school     *records.School
	enrolment  *records.Enrolment
	attendance *records.Attendance
	result     *records.KS4Result
	team       *records.Team
	worker     *records.Worker
	socialCase *records.SocialCareCase
	involved   *records.Involvement
	period     *records.LookedAfterPeriod
	legal      *records.LegalStatus
	placement  *records.Placement
	number     *records.ChildIdentifier
	review     *records.LookedAfterReview
}

func (h *fixture) county() *county {
	h.t.Helper()
	var c county
	score := decimal.RequireFromString("45.75")
	c.child = h.child(upn("873400120001"))
	id := c.child.ID
	c.name = &records.ChildName{Child: id, Type: "legal", Forename: "Testforename", Surname: "Testsurname", FromDate: day("2012-03-04")}
	c.address = &records.Address{Child: id, Type: "home", Lines: " 1 Invented Way \r\n\n Sometown ", Postcode: "cb12ab", UPRN: 123456789012, FromDate: day("2012-03-04")}
	c.school = h.school("8734001")
	c.enrolment = h.enrolment(c.child, c.school, "2023-09-01", "")
	c.attendance = &records.Attendance{Child: id, School: c.school.ID, Date: day("2026-11-19"), AM: "L", AMMinutes: minutes(12), PM: `\`}
	c.result = &records.KS4Result{Child: id, School: c.school.ID, Year: 2026, Attainment8: &score, EnglishGrade: "5", MathsGrade: "U"}
	c.team = &records.Team{Name: "Team 1", Service: "safeguarding", FromDate: day("1900-01-01")}
	h.put(c.team)
	c.worker = &records.Worker{Team: c.team.ID, Name: "Invented Worker", Email: "worker@example.org", FromDate: day("1900-01-01")}
	c.socialCase = &records.SocialCareCase{Child: id, FromDate: day("2025-01-10"), ReferralSource: "2A", Need: "N1"}
	c.period = &records.LookedAfterPeriod{Child: id, Need: "N1", FromDate: day("2025-02-01")}
	for _, rec := range []records.Record{c.name, c.address, c.attendance, c.result, c.worker, c.socialCase, c.period} {
		h.put(rec)
	}
	c.involved = &records.Involvement{Child: id, Case: c.socialCase.ID, Worker: c.worker.ID, Team: c.team.ID, Role: "social-worker", Allocated: true, FromDate: day("2025-01-10")}
	c.legal = &records.LegalStatus{Child: id, Period: c.period.ID, Status: "C2", FromDate: day("2025-02-01")}
	c.placement = &records.Placement{Child: id, Period: c.period.ID, Type: "U4", Provider: "PR1", Postcode: "PE13 1AA", FromDate: day("2025-02-01")}
	c.number = &records.ChildIdentifier{Child: id, Scheme: "ssda903", Value: "100001", FromDate: day("2025-02-01")}
	c.review = &records.LookedAfterReview{Child: id, Period: c.period.ID, Date: day("2025-02-20"), Participation: "PN1"}
	for _, rec := range []records.Record{c.involved, c.legal, c.placement, c.number, c.review} {
		h.put(rec)
	}
	return &c
}

// samples are a record of each kind, stored, in the order of the kinds.
func (h *fixture) samples() (all []records.Record) {
	h.t.Helper()
	samples := recordstest.New(h.store)
	for _, k := range records.Kinds() {
		all = append(all, samples.Put(h.t, k))
	}
	return all
}

func TestEachKindComesBackAsItWent(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, rec := range h.samples() {
		k, ok := records.KindFor(rec)
		if !ok || rec.Head().ID == "" || rec.Head().Version != 1 || rec.Head().RecordedAt.IsZero() {
			t.Errorf("%T after Put: %+v", rec, rec.Head())
		}
		back, err := h.store.Get(t.Context(), everything, k, rec.Head().ID)
		if err != nil {
			t.Errorf("%s: %v", k.Name, err)
			continue
		}
		x, _ := json.Marshal(rec)
		y, _ := json.Marshal(back)
		if string(x) != string(y) {
			t.Errorf("%s: put\n%s got\n%s", k.Name, x, y)
		}
		var members struct{ ID, Child string }
		if err := json.Unmarshal(x, &members); err != nil {
			t.Error(err)
		}
		public := members.Child
		if k.PublicID {
			public = members.ID
		}
		if k.About() && len(public) != 36 {
			t.Errorf("%s does not name its child by the public id: %s", k.Name, x)
		}
		if strings.Contains(string(x), `"key"`) {
			t.Errorf("%s shows a key: %s", k.Name, x)
		}
	}
}

func TestTextsAreTidiedAndFactsDerived(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.county()
	if a := c.address; a.Lines != "1 Invented Way\nSometown" || a.Postcode != "CB1 2AB" || a.District != "E07000008" {
		t.Errorf("address %+v", a)
	}
	if c.placement.District != "E07000010" {
		t.Errorf("placement's district %q", c.placement.District)
	}
	c.address.Postcode, c.address.District = "ZZ99 9ZZ", "E07000008" // what a caller says of a derived field is nothing
	h.put(c.address)
	if c.address.District != "" || c.address.Version != 2 {
		t.Errorf("district of an unknown postcode: %q, version %d", c.address.District, c.address.Version)
	}
	child := &records.Child{ExpectedDate: day("2027-01-20"), Sex: "U", Ethnicity: "NOBT", UPN: " " + strings.ToLower(upn("873400120002")) + " ", NHSNumber: "943 476 5919"}
	h.put(child)
	if child.UPN != upn("873400120002") || child.NHSNumber != "9434765919" {
		t.Errorf("child %+v", child)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.county()
	id, school := c.child.ID, c.school.ID
	stranger := "00000000-0000-4000-8000-000000000000"
	h.enrolment(h.child(""), c.school, "2023-09-01", "2024-09-01")
	score := func(s string) *decimal.Decimal { d := decimal.RequireFromString(s); return &d }
	for name, test := range map[string]struct {
		rec  records.Record
		want []string
	}{
		"nothing given":            {&records.Child{}, []string{"sex required", "ethnicity required", "date_of_birth required"}},
		"born tomorrow":            {&records.Child{DateOfBirth: day("2026-11-21"), Sex: "F", Ethnicity: "WBRI"}, []string{"date_of_birth in-future"}},
		"died before birth":        {&records.Child{DateOfBirth: day("2020-01-02"), DateOfDeath: day("2020-01-01"), Sex: "F", Ethnicity: "WBRI"}, []string{"date_of_death date-order"}},
		"wrong numbers":            {&records.Child{DateOfBirth: day("2020-01-02"), Sex: "F", Ethnicity: "WBRI", UPN: "A801200005001", NHSNumber: "9434765918"}, []string{"upn format", "nhs_number format"}},
		"taken UPN":                {&records.Child{DateOfBirth: day("2020-01-02"), Sex: "F", Ethnicity: "WBRI", UPN: c.child.UPN}, []string{"upn in-use"}},
		"unknown codes":            {&records.Child{DateOfBirth: day("2020-01-02"), Sex: "X", Ethnicity: "\x00"}, []string{"sex unknown-code", "ethnicity unknown-code"}},
		"control characters":       {&records.ChildName{Child: id, Type: "alias", Forename: "a\x00b", Surname: "a\nb", FromDate: day("2020-01-01")}, []string{"forename format", "surname format"}},
		"a letter lost on the way": {&records.ChildName{Child: id, Type: "alias", Forename: "Ren\uFFFD", Surname: "b", FromDate: day("2020-01-01")}, []string{"forename format"}},
		"not UTF-8":                {&records.ChildName{Child: id, Type: "alias", Forename: "a\xff", Surname: "b", FromDate: day("2020-01-01")}, []string{"forename format"}},
		"too long":                 {&records.ChildName{Child: id, Type: "alias", Forename: strings.Repeat("a", 201), Surname: "b", FromDate: day("2020-01-01")}, []string{"forename format"}},
		"no such child":            {&records.ChildName{Child: stranger, Type: "alias", Forename: "a", Surname: "b", FromDate: day("2020-01-01")}, []string{"child not-found"}},
		"no child's id":            {&records.ChildName{Child: "1", Type: "alias", Forename: "a", Surname: "b", FromDate: day("2020-01-01")}, []string{"child not-found"}},
		"ends before it begins":    {&records.ChildName{Child: id, Type: "alias", Forename: "a", Surname: "b", FromDate: day("2020-01-01"), ToDate: day("2020-01-01")}, []string{"to_date date-order"}},
		"two legal names":          {&records.ChildName{Child: id, Type: "legal", Forename: "a", Surname: "b", FromDate: day("2020-01-01")}, []string{"from_date overlaps"}},
		"half a postcode":          {&records.Address{Child: id, Type: "home", Lines: "1 Way", Postcode: "CB1", FromDate: day("2020-01-01")}, []string{"postcode format"}},
		"a long UPRN":              {&records.Address{Child: id, Type: "home", Lines: "1 Way", UPRN: 1e12, FromDate: day("2020-01-01")}, []string{"uprn format"}},
		"a short LAESTAB":          {&records.School{LAESTAB: "873401", URN: "12", Name: "S", Phase: "primary", FromDate: day("2020-01-01")}, []string{"laestab format", "urn format"}},
		"a taken LAESTAB":          {&records.School{LAESTAB: "873/4001", Name: "S", Phase: "primary", FromDate: day("2020-01-01")}, []string{"laestab in-use"}},
		"on the roll twice":        {&records.Enrolment{Child: id, School: school, Status: "C", FromDate: day("2024-09-01")}, []string{"from_date overlaps"}},
		"no such school":           {&records.Enrolment{Child: id, School: "999999", Status: "S", FromDate: day("2024-09-01")}, []string{"school not-found"}},
		"no school's id":           {&records.Enrolment{Child: id, School: "x", Status: "S", FromDate: day("2024-09-01")}, []string{"school not-found"}},
		"expected in 2099":         {&records.Child{ExpectedDate: day("2099-01-01"), Sex: "U", Ethnicity: "NOBT"}, []string{"expected_date out-of-range"}},
		"no mark":                  {&records.Attendance{Child: id, School: school, Date: day("2026-11-18")}, []string{"am required"}},
		"a mark of tomorrow":       {&records.Attendance{Child: id, School: school, Date: day("2026-11-21"), AM: "/"}, []string{"date in-future"}},
		"a mark too many":          {&records.Attendance{Child: id, School: school, Date: day("2026-11-19"), AM: "/"}, []string{"date in-use"}},
		"minutes":                  {&records.Attendance{Child: id, School: school, Date: day("2026-11-18"), AM: "L", AMMinutes: minutes(481), PMMinutes: minutes(1)}, []string{"am_minutes out-of-range", "pm_minutes not-possible"}},
		"late on time":             {&records.Attendance{Child: id, School: school, Date: day("2026-11-18"), AM: "/", PM: "N", AMMinutes: minutes(1), PMMinutes: minutes(1)}, []string{"am_minutes not-possible", "pm_minutes not-possible"}},
		"present at another time":  {&records.Attendance{Child: id, School: school, Date: day("2026-11-18"), AM: `\`, PM: "/"}, []string{"am not-possible", "pm not-possible"}},
		"a code that ended":        {&records.Attendance{Child: id, School: school, Date: day("2026-11-18"), AM: "H"}, []string{"am code-not-in-use"}},
		"a code before it began":   {&records.Attendance{Child: id, School: school, Date: day("2024-07-01"), PM: "Y1"}, []string{"pm code-not-in-use"}},
		"before the roll":          {&records.Attendance{Child: id, School: school, Date: day("2023-08-31"), AM: "/"}, []string{"child not-enrolled"}},
		"a score too high":         {&records.KS4Result{Child: id, School: school, Year: 2025, Attainment8: score("90.01")}, []string{"attainment8 out-of-range"}},
		"a score too fine":         {&records.KS4Result{Child: id, School: school, Year: 2025, Attainment8: score("40.125")}, []string{"attainment8 out-of-range"}},
		"a score without end":      {&records.KS4Result{Child: id, School: school, Year: 2025, Attainment8: score("1e9999")}, []string{"attainment8 out-of-range"}},
		"a score without a start":  {&records.KS4Result{Child: id, School: school, Year: 2025, Attainment8: score("1e-9999")}, []string{"attainment8 out-of-range"}},
		"a slip of the year":       {&records.Enrolment{Child: id, School: school, Status: "C", FromDate: day("0204-09-01"), ToDate: day("0205-09-01")}, []string{"from_date out-of-range", "to_date out-of-range", "status code-not-in-use"}},
		"a year too early":         {&records.KS4Result{Child: id, School: school, Year: 2015}, []string{"year out-of-range"}},
		"a year to come":           {&records.KS4Result{Child: id, School: school, Year: 2027}, []string{"year out-of-range"}},
		"a grade not yet given":    {&records.KS4Result{Child: id, School: school, Year: 2016, EnglishGrade: "9"}, []string{"english_grade code-not-in-use"}},
		"results twice":            {&records.KS4Result{Child: id, School: school, Year: 2026}, []string{"year in-use"}},
		"no address for mail":      {&records.Worker{Team: c.team.ID, Name: "W", Email: "nobody", FromDate: day("2020-01-01")}, []string{"email format"}},
		"no such account":          {&records.Worker{Team: c.team.ID, Name: "W", Account: 99, FromDate: day("2020-01-01")}, []string{"account not-found"}},
		"two cases":                {&records.SocialCareCase{Child: id, FromDate: day("2024-01-01"), ToDate: day("2025-01-11"), ReferralSource: "6"}, []string{"from_date overlaps"}},
		"closed without a day":     {&records.SocialCareCase{Child: id, FromDate: day("2023-01-01"), Closure: "RC8", ReferralSource: "6"}, []string{"to_date required"}},
		"another child's case":     {&records.Involvement{Child: h.child("").ID, Case: c.socialCase.ID, Worker: c.worker.ID, Team: c.team.ID, Role: "iro", FromDate: day("2025-01-10")}, []string{"case not-found"}},
		"looked after twice":       {&records.LookedAfterPeriod{Child: id, FromDate: day("2026-01-01")}, []string{"from_date overlaps"}},
		"an end without a reason":  {&records.LookedAfterPeriod{Child: id, FromDate: day("2020-01-01"), ToDate: day("2020-02-01")}, []string{"end_reason required"}},
		"two legal statuses":       {&records.LegalStatus{Child: id, Period: c.period.ID, Status: "C1", FromDate: day("2025-03-01")}, []string{"from_date overlaps"}},
		"before the period":        {&records.LegalStatus{Child: id, Period: c.period.ID, Status: "C1", FromDate: day("2025-01-01"), ToDate: day("2025-02-01")}, []string{"from_date outside-period"}},
		"another child's period":   {&records.Placement{Child: h.child("").ID, Period: c.period.ID, Type: "U4", FromDate: day("2025-03-01")}, []string{"period not-found"}},
		"two placements":           {&records.Placement{Child: id, Period: c.period.ID, Type: "U4", FromDate: day("2026-03-01")}, []string{"from_date overlaps"}},
		"a placement of old":       {&records.Placement{Child: id, Period: c.period.ID, Type: "H5", FromDate: day("2025-05-01")}, []string{"type code-not-in-use", "from_date overlaps"}},
		"a source with a new line": {&records.Team{Name: "T", Service: "assessment", FromDate: day("2020-01-01"), Meta: records.Meta{Source: "a\nb"}}, []string{"source format"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := h.store.Put(t.Context(), everything, test.rec, "")
			wants(t, err, test.want...)
			if rec := test.rec.Head(); rec.ID != "" || rec.Version != 0 {
				t.Errorf("a record that was refused has ID %q", rec.ID)
			}
		})
	}
}

// Whatever is wrong, no message may repeat what was given: it may be a name.
func TestNoProblemRepeatsAValue(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.county()
	const secret = "Zzyzx"
	for _, k := range records.Kinds() {
		rec := k.New()
		v := reflect.ValueOf(rec).Elem()
		for i := range v.NumField() {
			if f := v.Field(i); f.Kind() == reflect.String {
				f.SetString(secret + "\x01")
			}
		}
		if _, ok := k.Field("child"); ok {
			reflect.ValueOf(rec).Elem().FieldByName("Child").SetString(c.child.ID)
		}
		err := h.store.Put(t.Context(), everything, rec, "")
		if err == nil || strings.Contains(details(err), secret) {
			t.Errorf("%s: %v", k.Name, err)
		}
	}
}

func TestCorrecting(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.county()
	ctx := t.Context()
	stale := *c.enrolment
	c.enrolment.Status = "M"
	if err := h.store.Put(ctx, welfare, c.enrolment, "told by the school"); err != nil || c.enrolment.Version != 2 {
		t.Fatalf("%v, version %d", err, c.enrolment.Version)
	}
	stale.Status = "S"
	if err := h.store.Put(ctx, welfare, &stale, ""); !errors.Is(err, records.ErrConflict) {
		t.Errorf("a correction of what no longer stands: %v", err)
	}
	again := *c.enrolment
	again.Source = "another file"
	if err := h.store.Put(ctx, welfare, &again, "again"); err != nil || again != *c.enrolment {
		t.Errorf("a correction that changes nothing: %v, %+v; want what is stored, %+v", err, again, c.enrolment)
	}
	moved := *c.enrolment
	moved.Child = h.child("").ID
	wants(t, h.store.Put(ctx, welfare, &moved, ""), "child fixed")
	gone := *c.enrolment
	gone.ID = "999999"
	if err := h.store.Put(ctx, welfare, &gone, ""); !errors.Is(err, records.ErrNotFound) {
		t.Errorf("a correction of nothing: %v", err)
	}
	ended, err := h.store.End(ctx, welfare, kind("enrolment"), c.enrolment.ID, 2, day("2026-11-20"), "left")
	if err != nil || ended.(*records.Enrolment).ToDate != day("2026-11-20") || ended.Head().Version != 3 {
		t.Fatalf("ended %+v, %v", ended, err)
	}
	if _, err := h.store.End(ctx, welfare, kind("enrolment"), c.enrolment.ID, 2, day("2026-10-02"), ""); !errors.Is(err, records.ErrConflict) {
		t.Errorf("ending what no longer stands: %v", err)
	}
	_, err = h.store.End(ctx, welfare, kind("attendance"), c.attendance.ID, 1, day("2026-10-02"), "")
	wants(t, err, "to_date not-possible")
	_, err = h.store.End(ctx, social, kind("looked-after-period"), c.period.ID, 1, day("2026-10-02"), "")
	wants(t, err, "end_reason required", "to_date outside-period")

	history, err := h.store.History(ctx, welfare, kind("enrolment"), c.enrolment.ID)
	if err != nil || len(history) != 3 {
		t.Fatalf("history %+v, %v", history, err)
	}
	for i, want := range []struct {
		status, operation, reason string
		version                   int
		by                        int64
	}{{"M", "", "", 3, 0}, {"M", "update", "left", 2, 1}, {"C", "update", "told by the school", 1, 1}} {
		v := history[i]
		if e := v.Record.(*records.Enrolment); e.Status != want.status || e.Version != want.version || e.ID != c.enrolment.ID || e.Child != c.child.ID ||
			v.Operation != want.operation || v.Reason != want.reason || v.SupersededBy != want.by || v.SupersededAt.IsZero() != (i == 0) {
			t.Errorf("version %d: %+v of %+v; want %+v", i, v, e, want)
		}
	}
}

func TestDeleting(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.county()
	ctx := t.Context()
	wants(t, h.store.Delete(ctx, social, kind("looked-after-period"), c.period.ID, 1, " "), "reason required")
	wants(t, h.store.Delete(ctx, social, kind("looked-after-period"), c.period.ID, 1, "a\x00"), "reason format")
	wants(t, h.store.Put(ctx, social, c.period, "a\xff"), "reason format")
	wants(t, h.store.Delete(ctx, social, kind("looked-after-period"), c.period.ID, 1, "a mistake"), "id in-use")
	wants(t, h.store.Delete(ctx, social, kind("child"), c.child.ID, 1, "a mistake"), "id in-use")
	if err := h.store.Delete(ctx, social, kind("legal-status"), c.legal.ID, 2, "a mistake"); !errors.Is(err, records.ErrConflict) {
		t.Errorf("a version that does not stand: %v", err)
	}
	if err := h.store.Delete(ctx, social, kind("legal-status"), c.legal.ID, 1, "a mistake"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.store.Get(ctx, social, kind("legal-status"), c.legal.ID); !errors.Is(err, records.ErrNotFound) {
		t.Errorf("after its deletion: %v", err)
	}
	history, err := h.store.History(ctx, social, kind("legal-status"), c.legal.ID)
	if err != nil || len(history) != 1 || history[0].Operation != "delete" || history[0].Reason != "a mistake" || history[0].Record.(*records.LegalStatus).Status != "C2" {
		t.Errorf("history %+v, %v", history, err)
	}
	lonely := h.child("")
	if err := h.store.Delete(ctx, social, kind("child"), lonely.ID, 1, "made twice"); err != nil {
		t.Fatal(err)
	}
	if history, err := h.store.History(ctx, social, kind("child"), lonely.ID); err != nil || len(history) != 1 || history[0].Record.Head().ID != lonely.ID {
		t.Errorf("history of a deleted child %+v, %v", history, err)
	}
	if _, err := h.store.History(ctx, social, kind("child"), "00000000-0000-4000-8000-000000000000"); !errors.Is(err, records.ErrNotFound) {
		t.Errorf("history of nobody: %v", err)
	}
}

// Several records in one transaction: all or none.
func TestTogether(t *testing.T) {
	t.Parallel()
	h := open(t)
	err := h.store.InTx(t.Context(), social, func(tx *records.Tx) error {
		child := &records.Child{DateOfBirth: day("2020-01-01"), Sex: "M", Ethnicity: "WBRI"}
		if err := tx.Put(t.Context(), child, ""); err != nil {
			return err
		}
		period := &records.LookedAfterPeriod{Child: child.ID, FromDate: day("2026-01-01")}
		if err := tx.Put(t.Context(), period, ""); err != nil {
			return err
		}
		return tx.Put(t.Context(), &records.Placement{Child: child.ID, Period: period.ID, Type: "none", FromDate: day("2026-01-01")}, "")
	})
	wants(t, err, "type unknown-code")
	if n := value[int](h, `SELECT (SELECT count(*) FROM child) + (SELECT count(*) FROM looked_after_period) + (SELECT count(*) FROM audit WHERE action = 'create')`); n != 0 {
		t.Errorf("%d rows are left of a transaction that failed", n)
	}
}

// A new code is known as soon as it is in its table, and one that a correction
// leaves alone may have ended since.
func TestCodesAreData(t *testing.T) {
	t.Parallel()
	h := open(t)
	child := &records.Child{DateOfBirth: day("2020-01-01"), Sex: "M", Ethnicity: "NEWC"}
	wants(t, h.store.Put(t.Context(), everything, child, ""), "ethnicity unknown-code")
	h.exec(`INSERT INTO ethnicity VALUES ('NEWC', 'A new code', 99)`)
	h.store = records.NewStore(h.pool, clock(2))
	h.put(child)
	h.exec(`UPDATE ethnicity SET valid_to = '2026-11-01' WHERE code = 'NEWC'`)
	h.store = records.NewStore(h.pool, clock(4))
	child.Sex = "F"
	h.put(child)
	other := &records.Child{DateOfBirth: day("2020-01-01"), Sex: "M", Ethnicity: "NEWC"}
	wants(t, h.store.Put(t.Context(), everything, other, ""), "ethnicity code-not-in-use")

	codes, err := h.store.Codes(t.Context(), director, "attendance_code")
	if err != nil || len(codes) != 38 || codes[0].Code != "/" || codes[34].ValidTo != day("2024-08-19") {
		t.Errorf("%d codes, %v", len(codes), err)
	}
	if _, err := h.store.Codes(t.Context(), director, "account"); !errors.Is(err, records.ErrNotFound) {
		t.Errorf("the codes of a table that has none: %v", err)
	}
	if _, err := h.store.Codes(t.Context(), nobody, "sex"); !errors.Is(err, records.ErrNotFound) {
		t.Errorf("codes for nobody: %v", err)
	}
}
