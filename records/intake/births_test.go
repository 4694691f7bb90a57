package intake_test

import (
	"strings"
	"testing"

	"onevision/records"
)

// TestBirthsThatAreNotified: a child is made or found, an unborn one is born without a
// second record, and of twins nobody is guessed.
func TestBirthsThatAreNotified(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 0)
	unborn := func(surname, postcode, expected string) string {
		day, err := records.ParseDate(expected)
		if err != nil {
			t.Fatal(err)
		}
		c := &records.Child{ExpectedDate: day, Sex: "U", Ethnicity: "NOBT"}
		h.put(c)
		h.put(&records.ChildName{Child: c.ID, Type: "legal", Forename: "Unborn", Surname: surname, FromDate: records.NewDate(2026, 8, 1)})
		h.put(&records.Address{Child: c.ID, Type: "home", Lines: "1 Nowhere Lane", Postcode: postcode, FromDate: records.NewDate(2026, 8, 1)})
		return c.ID
	}
	expected := unborn("Ábel", "CB1 1AA", "2026-11-20")
	unborn("Bryce", "CB1 1AB", "2026-11-10") // twins of them are born
	unborn("Clay", "CB1 1AC", "2026-11-10")  // another surname is notified of that home
	const header = "NHS number,Surname,Forenames,DOB,Sex,Date notified,Birth weight,Gestation,Number of births,Birth order,Infant feeding,Home address,Postcode,GP practice\n"
	rows := "9990000018,Abel,Baby,12/11/2026,F,13/11/2026,3200,39,1,1,Totally breastfed,\"1 Nowhere Lane\",CB1 1AA,D81001\n" +
		"9990000026,Bryce,Ann,10/11/2026,F,,2400,36,2,1,,2 Nowhere Lane,CB1 1AB,\n" +
		"9990000034,Bryce,Bea,10/11/2026,F,,2300,36,2,2,,2 Nowhere Lane,CB1 1AB,\n" +
		"9990000042,Other,Cas,11/11/2026,M,,,,,,,3 Nowhere Lane,CB1 1AC,\n" +
		"9990000050,Dale,Dot,2026-11-14,F,2026-11-16,3100,40,2,1,not,4 Nowhere Lane,CB1 1AD,\n" +
		"9990000069,Dale,Dan,2026-11-14,M,2026-11-16,3000,40,2,2,not,4 Nowhere Lane,CB1 1AD,\n" +
		"9990000077,Elder,Eve,2026-11-15,F,2026-11-14,,,,,,,,\n" +
		"9990000012,Frost,Fay,2026-11-15,F,,,,,,,,,\n" +
		"9990000085,Gale,Guy,2026-11-15,M,,3000,39,1,2,,,,\n"
	report, rejects := h.imported("births", header+rows)
	want(t, report, 9, 3, 0, 0, 3, 3)
	for _, says := range []string{"notified,2026-11-14,is before the birth", ",nhs_number,9990000012,", ",birth_order,2,\"is more than the number that were born"} {
		if !strings.Contains(rejects, says) {
			t.Errorf("the rejects do not say %q: %s", says, rejects)
		}
	}
	if n := h.count(`SELECT count(*) FROM child c JOIN birth_notification b ON b.child_id = c.id JOIN child_name m ON m.child_id = c.id AND m.to_date IS NULL
		WHERE c.public_id = $1 AND c.nhs_number = '9990000018' AND c.date_of_birth = '2026-11-12' AND c.sex = 'F' AND b.weight_g = 3200 AND b.feeding = 'breast' AND b.date = '2026-11-13' AND m.forename = 'Baby'`, expected); n != 1 {
		t.Error("the child who was expected was not born")
	}
	if n := h.count(`SELECT count(*) FROM child WHERE date_of_birth IS NOT NULL`); n != 3 {
		t.Errorf("%d children were born, not 3", n)
	}
	again, _ := h.imported("births", header+rows)
	want(t, again, 9, 0, 0, 3, 3, 3)
	// A later list corrects the weight, and leaves out what the first has said.
	later, _ := h.imported("births", header+"9990000050,Dale,Dot,2026-11-14,F,2026-11-16,3150,,,,,,,\n")
	want(t, later, 1, 0, 1, 0, 0, 0)
	if n := h.count(`SELECT count(*) FROM birth_notification WHERE weight_g = 3150 AND gestation_weeks = 40`); n != 1 {
		t.Error("the weight was not corrected, or the rest unsaid")
	}
}
