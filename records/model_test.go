package records_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"onevision/records"
)

// However marks come, in whatever batches, one by one or again, what stands is
// the last of each session, and every outcome says what happened.
func TestMarksAgreeWithAModel(t *testing.T) {
	t.Parallel()
	h := open(t)
	school := h.school("8734001")
	type session struct {
		date records.Date
		half string
	}
	children := 0
	rapid.Check(t, func(rt *rapid.T) {
		children++
		child := h.child(upn(fmt.Sprintf("87340012%04d", children)))
		h.enrolment(child, school, "2024-09-01", "")
		model := map[session]string{} // code and minutes
		for range rapid.IntRange(1, 4).Draw(rt, "batches") {
			var rows []records.MarkRow
			given := map[session][]string{}
			for range rapid.IntRange(1, 8).Draw(rt, "rows") {
				row := records.MarkRow{
					Line: int64(len(rows)), LAESTAB: "8734001", UPN: child.UPN,
					Date:    day("2025-08-30").Add(rapid.IntRange(0, 3).Draw(rt, "day")), // over the end of a partition
					Session: rapid.SampledFrom([]string{"AM", "PM"}).Draw(rt, "session"),
				}
				row.Code = rapid.SampledFrom([]string{present(row.Session), "L", "O"}).Draw(rt, "code")
				if row.Code == "L" {
					row.MinutesLate = minutes(rapid.Int16Range(1, 2).Draw(rt, "minutes"))
				}
				rows = append(rows, row)
				s := session{row.Date, row.Session}
				given[s] = append(given[s], text(row.Code, row.MinutesLate))
			}
			var outcomes []records.RowOutcome
			var err error
			if len(rows) == 1 && rapid.Bool().Draw(rt, "alone") {
				var result records.Result
				result, err = h.store.PutMark(t.Context(), welfare, records.Mark{Child: child.ID, School: school.ID, Date: rows[0].Date, Session: rows[0].Session, Code: rows[0].Code, Minutes: rows[0].MinutesLate})
				outcomes = []records.RowOutcome{{Result: result}}
			} else {
				outcomes, err = h.store.PutMarks(t.Context(), welfare, rows, records.Batch{Source: ""})
			}
			if err != nil {
				rt.Fatal(err)
			}
			said := map[session]bool{}
			for i, row := range rows {
				s := session{row.Date, row.Session}
				want := records.Unchanged
				agree := true
				for _, g := range given[s] {
					agree = agree && g == given[s][0]
				}
				switch {
				case !agree:
					want = records.Rejected
				case said[s]:
				case model[s] == "":
					want = records.Added
				case model[s] != given[s][0]:
					want = records.Changed
				}
				said[s] = true
				if outcomes[i].Result != want {
					rt.Fatalf("row %d of %v: %v; want %v", i, rows, outcomes[i].Result, want)
				}
			}
			for i, row := range rows {
				if outcomes[i].Result != records.Rejected {
					model[session{row.Date, row.Session}] = text(row.Code, row.MinutesLate)
				}
			}
			list, err := h.store.List(t.Context(), welfare, kind("attendance"), records.ListQuery{Child: child.ID})
			if err != nil {
				rt.Fatal(err)
			}
			stands := 0
			for _, rec := range list.Records {
				a := rec.(*records.Attendance)
				for half, got := range map[string]string{"AM": text(a.AM, a.AMMinutes), "PM": text(a.PM, a.PMMinutes)} {
					if got != model[session{a.Date, half}] {
						rt.Fatalf("%s %s is %q; want %q", a.Date, half, got, model[session{a.Date, half}])
					}
					if got != "" {
						stands++
					}
				}
			}
			if stands != len(model) {
				rt.Fatalf("%d marks stand; want %d", stands, len(model))
			}
		}
	})
}

func text(code string, late *int16) string {
	if late == nil {
		return code
	}
	return fmt.Sprint(code, *late)
}

// present is the register's mark for present in a session.
func present(session string) string {
	if session == "PM" {
		return `\`
	}
	return "/"
}
