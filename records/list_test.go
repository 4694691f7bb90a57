package records_test

import (
	"slices"
	"testing"
	"time"

	"onevision/records"
)

// ids lists records a page at a time and returns all their ids.
func (h *fixture) ids(k string, q records.ListQuery) (ids []string) {
	h.t.Helper()
	for {
		list, err := h.store.List(h.t.Context(), everything, kind(k), q)
		if err != nil {
			h.t.Fatal(details(err))
		}
		if q.Limit > 0 && len(list.Records) > q.Limit {
			h.t.Fatalf("%d records where %d are the most", len(list.Records), q.Limit)
		}
		for _, rec := range list.Records {
			ids = append(ids, rec.Head().ID)
		}
		if list.Next == "" {
			return ids
		}
		q.After = list.Next
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	h := open(t)
	a, b := h.school("8734001"), h.school("8734002")
	var children, enrolments []string
	first := h.child("")
	for n := range 7 {
		c := first
		if n > 0 {
			c = h.child("")
		}
		children = append(children, c.ID)
		e := h.enrolment(c, a, "2024-09-01", "2025-09-01")
		enrolments = append(enrolments, e.ID)
		h.put(&records.Attendance{Child: c.ID, School: a.ID, Date: day("2024-09-02").Add(n), AM: "/"})
	}
	last := h.enrolment(first, b, "2025-09-01", "")
	for limit := range 9 {
		got := h.ids("child", records.ListQuery{Limit: limit})
		if slices.Sort(children); !slices.Equal(got, children) {
			t.Errorf("by %d: children %q; want %q", limit, got, children)
		}
		if got := h.ids("enrolment", records.ListQuery{Limit: limit}); !slices.Equal(got, append(slices.Clone(enrolments), last.ID)) {
			t.Errorf("by %d: enrolments %q", limit, got)
		}
	}
	if got := h.ids("enrolment", records.ListQuery{Child: first.ID, Limit: 1}); !slices.Equal(got, []string{enrolments[0], last.ID}) {
		t.Errorf("of a child: %q", got)
	}
	if got := h.ids("enrolment", records.ListQuery{School: b.ID}); !slices.Equal(got, []string{last.ID}) {
		t.Errorf("of a school: %q", got)
	}
	if got := h.ids("enrolment", records.ListQuery{From: day("2025-08-31"), To: day("2025-09-01")}); len(got) != 7 {
		t.Errorf("on the last day: %q", got)
	}
	if got := h.ids("enrolment", records.ListQuery{From: day("2025-09-01")}); !slices.Equal(got, []string{last.ID}) {
		t.Errorf("from the day after: %q", got)
	}
	if got := h.ids("attendance", records.ListQuery{From: day("2024-09-03"), To: day("2024-09-05"), Limit: 1}); len(got) != 2 {
		t.Errorf("marks of two days: %q", got)
	}
	if got := h.ids("child", records.ListQuery{Child: first.ID}); !slices.Equal(got, []string{first.ID}) {
		t.Errorf("one child: %q", got)
	}
	if got := h.ids("enrolment", records.ListQuery{Since: time.Now().Add(time.Hour)}); len(got) != 0 {
		t.Errorf("recorded in an hour: %q", got)
	}
	if got := h.ids("enrolment", records.ListQuery{Since: last.RecordedAt}); !slices.Equal(got, []string{last.ID}) {
		t.Errorf("recorded since the last: %q", got)
	}
	for _, test := range []struct {
		kind string
		q    records.ListQuery
		want string
	}{
		{"school", records.ListQuery{Child: first.ID}, "child not-possible"},
		{"child", records.ListQuery{Child: "1"}, "child format"},
		{"child", records.ListQuery{School: a.ID}, "school not-possible"},
		{"enrolment", records.ListQuery{School: "x"}, "school format"},
		{"ks4-result", records.ListQuery{From: day("2025-09-01")}, "from not-possible"},
		{"child", records.ListQuery{After: "1"}, "after format"},
		{"school", records.ListQuery{After: first.ID}, "after format"},
	} {
		_, err := h.store.List(t.Context(), everything, kind(test.kind), test.q)
		wants(t, err, test.want)
	}
}

// A day that no partition is kept for is a problem of the record, not of the
// store.
func TestAttendanceBeforeThereIsAny(t *testing.T) {
	t.Parallel()
	h := open(t)
	child, school := h.child(upn("873400120001")), h.school("8734001")
	h.enrolment(child, school, "2018-09-01", "")
	err := h.store.Put(t.Context(), welfare, &records.Attendance{Child: child.ID, School: school.ID, Date: day("2018-10-01"), AM: "/"}, "")
	wants(t, err, "date out-of-range")
	_, err = h.store.PutMark(t.Context(), welfare, records.Mark{Child: child.ID, School: school.ID, Date: day("2018-10-01"), Session: "AM", Code: "/"})
	wants(t, err, "date out-of-range")
}
