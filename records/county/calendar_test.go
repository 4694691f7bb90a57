package county

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEveryYearHas190SchoolDays(t *testing.T) {
	c := newCalendar(2015, 2040)
	for y := 2015; y <= 2040; y++ {
		if n := len(c.open[y]); n != schoolDays {
			t.Errorf("%d/%02d has %d school days", y, (y+1)%100, n)
		}
	}
	last := never
	for _, h := range c.halfTerms {
		if h.first <= last || h.last < h.first || h.first.academicYear() != h.year || h.last.academicYear() != h.year {
			t.Errorf("half term %d of %d is from %s to %s", h.number, h.year, h.first.time(), h.last.time())
		}
		last = h.last
	}
}

// Bank holidays as published on GOV.UK.
func TestBankHolidays(t *testing.T) {
	want := map[int]string{
		2026: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
		2027: "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28",
		2020: "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28",
		2022: "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27",
		2023: "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26",
	}
	for y, days := range want {
		var got []string
		for _, h := range bankHolidays(y) {
			got = append(got, h.day.time().Format("01-02"))
		}
		slices.Sort(got)
		if s := strings.Join(got, " "); s != days {
			t.Errorf("%d: %s, want %s", y, s, days)
		}
	}
	if got := easterSunday(2025).time().Format(time.DateOnly); got != "2025-04-20" {
		t.Errorf("Easter 2025 is %s", got)
	}
}

func TestAges(t *testing.T) {
	born := dateOf(2008, time.February, 29)
	if got := born.age(dateOf(2026, time.February, 28)); got != 17 {
		t.Errorf("the day before the 18th birthday: %d", got)
	}
	if got := born.age(dateOf(2026, time.March, 1)); got != 18 {
		t.Errorf("on the 18th birthday: %d", got)
	}
	if born.birthday(18) != dateOf(2026, time.March, 1) {
		t.Error("someone born on 29 February is 18 on 1 March (Family Law Reform Act 1969)")
	}
}

func TestNumbersHaveTheirCheckDigits(t *testing.T) {
	upns := pupilNumbers{serial: map[[2]int]int{}}
	upn, err := upns.deal(2001, 2019)
	if err != nil || upn[1:] != "873200119001" {
		t.Fatalf("%q, %v", upn, err)
	}
	// 8·2+7·3+3·4+2·5+0·6+0·7+1·8+1·9+9·10+0·11+0·12+1·13 = 179, 179 mod 23 = 18: V.
	if upn[0] != 'V' {
		t.Errorf("the check letter of %s is wrong", upn)
	}
	var nhs nhsNumbers
	seen := map[string]bool{}
	for range 20_000 {
		n, err := nhs.deal()
		if err != nil || len(n) != 10 || n[:3] != "999" || seen[n] {
			t.Fatalf("%q, %v", n, err)
		}
		seen[n] = true
		sum := 0
		for i := range 10 {
			sum += int(n[i]-'0') * (10 - i)
		}
		if sum%11 != 0 { // the check digit has weight 1
			t.Fatalf("%s fails its check digit", n)
		}
	}
}
