package records_test

import (
	"errors"
	"testing"

	"onevision/records"
)

// A review lies within its period, and a period keeps its reviews within it.
func TestAReviewLiesWithinItsPeriod(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.county()
	put := func(rec records.Record) error { return h.store.Put(t.Context(), everything, rec, "") }
	review := func(date string) *records.LookedAfterReview {
		return &records.LookedAfterReview{Child: c.child.ID, Period: c.period.ID, Date: day(date), Participation: "PN6"}
	}
	wants(t, put(review("2025-01-31")), "date outside-period")
	wants(t, put(review("2026-12-01")), "date in-future")
	wants(t, put(review("2025-02-20")), "date in-use")
	other := h.child("")
	r := review("2025-03-01")
	r.Child = other.ID
	wants(t, put(r), "period not-found")
	c.period.FromDate = day("2025-02-21")
	wants(t, put(c.period), "from_date outside-period")
	if err := h.store.Delete(t.Context(), everything, kind("looked-after-period"), c.period.ID, 1, "never was"); err == nil || errors.Is(err, records.ErrNotFound) {
		t.Errorf("a period with a review was deleted: %v", err)
	}
}

// A number names one child, and a child has one number at a time.
func TestAnIdentifierNamesOneChild(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.county()
	other := h.child("")
	put := func(id, value string) error {
		return h.store.Put(t.Context(), everything, &records.ChildIdentifier{Child: id, Scheme: "ssda903", Value: value, FromDate: day("2026-01-01")}, "")
	}
	wants(t, put(other.ID, "100001"), "value in-use")
	wants(t, put(c.child.ID, "100002"), "from_date overlaps")
	if err := put(other.ID, "100002"); err != nil {
		t.Error(details(err))
	}
}
