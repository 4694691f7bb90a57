package records

import (
	"time"

	"onevision/access"
)

// BankHoliday is a day on which England does not work.
type BankHoliday struct {
	Meta
	Date Date   `json:"date" column:"day" is:"fact required" example:"1950-01-02" doc:"The day; where it falls on a weekend, the substitute day."`
	Name string `json:"name" is:"fact required" doc:"What it is called."`
}

var bankHolidayKind = define[BankHoliday](Kind{
	Name: "bank-holiday", Plural: "bank-holidays", Title: "Bank holiday", Table: "bank_holiday", Category: access.Organisation,
	natural: []string{"date"}, single: true,
	Doc: "A bank holiday in England. Those of 2015 to 2030 are there from the beginning.",
	taken: map[string]Problem{
		"bank_holiday_one_a_day": {"date", InUse, "this day is a bank holiday already: correct that record"},
	},
})

// Validate wants a working day but for the holiday.
func (h *BankHoliday) Validate(p *Problems) {
	if w := h.Date.Weekday(); !h.Date.IsZero() && (w == time.Saturday || w == time.Sunday) {
		p.Add("date", NotPossible, "is a Saturday or a Sunday: give the substitute day")
	}
}
