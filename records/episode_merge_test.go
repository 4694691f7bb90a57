package records

import "testing"

// TestMergeKeepsHowItWentOn: a row of the file that lasts at the end of its year
// goes on as the record says that the row it replaces did, also when that row is
// cut short by the file's own.
func TestMergeKeepsHowItWentOn(t *testing.T) {
	began, moved, left := NewDate(2023, 6, 1), NewDate(2024, 6, 1), NewDate(2025, 9, 1)
	standing := []*care{{
		from: began, to: left, end: "E4A", need: "N1",
		statuses: []status{{code: "C2", from: began, to: left}},
		places: []place{
			{kind: "U6", provider: "PR1", from: began, to: moved, change: "CARPL"},
			{kind: "K2", provider: "PR4", from: moved, to: left},
		},
	}}
	file := []Episode{{From: NewDate(2024, 10, 1), Reason: "P", Status: "C2", Need: "N1", Type: "U4", Provider: "PR1"}}
	rows, problem := merge(standing, file, NewDate(2025, 4, 1), NewDate(2024, 4, 1))
	if problem != nil {
		t.Fatalf("refused: %+v", problem)
	}
	if len(rows) != 3 {
		t.Fatalf("%d rows, not 3: %+v", len(rows), rows)
	}
	if cut := rows[1]; cut.To != file[0].From || cut.End != continues {
		t.Errorf("the row that the file cuts short ends on %v with %s", cut.To, cut.End)
	}
	if last := rows[2]; last.To != left || last.End != "E4A" {
		t.Errorf("the file's row ends on %v with %q, not on %v with E4A", last.To, last.End, left)
	}
}
