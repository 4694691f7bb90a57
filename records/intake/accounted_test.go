package intake_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Whatever a file holds, every row of it is added, changed, unchanged,
// unmatched or rejected; what was rejected comes back in a file that, when
// each row in it has been put right, goes in whole.
func TestEveryRowIsAccountedFor(t *testing.T) {
	h := newFixture(t, 8)
	strays := []string{upn(700), upn(701)}
	rapid.Check(t, func(rt *rapid.T) {
		var text strings.Builder
		text.WriteString(marksHeader)
		n := rapid.IntRange(1, 60).Draw(rt, "rows")
		for i := range n {
			who := rapid.SampledFrom(append(strays, h.upns...)).Draw(rt, "upn")
			date := fmt.Sprintf("2026-%02d-%02d", rapid.IntRange(9, 10).Draw(rt, "month"), rapid.IntRange(1, 30).Draw(rt, "day"))
			session := rapid.SampledFrom([]string{"AM", "PM"}).Draw(rt, "session")
			code := rapid.SampledFrom([]string{map[string]string{"AM": "/", "PM": `\`}[session], "L", "O", "I", "C2"}).Draw(rt, "code")
			minutes := rapid.SampledFrom([]string{"", "", "0", "5"}).Draw(rt, "minutes")
			row := []string{"8734001", who, date, session, code, minutes}
			if rapid.IntRange(0, 3).Draw(rt, "spoil") == 0 && i < n-1 { // the last stays whole: it would look cut off
				row[rapid.IntRange(0, 5).Draw(rt, "column")] = rapid.SampledFrom([]string{"x", "=1+1", "'", "'=x", "-1", "\"", "\"\"", "a,b", "é", " ", "2026-02-30", "9999999999"}).Draw(rt, "value")
			}
			text.WriteString(strings.Join(row, ",") + rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(rt, "end"))
		}
		report, rejects, err := h.importing("attendance", text.String())
		if err != nil {
			rt.Fatal(err)
		}
		if int64(n) != report.Rows || report.Added+report.Changed+report.Unchanged+report.Unmatched+report.Rejected != report.Rows {
			rt.Fatalf("%d rows became %v", n, counts(report))
		}
		stands := h.count(`SELECT coalesce(sum(version), 0) FROM attendance`)
		twice, _, err := h.importing("attendance", text.String())
		if err != nil {
			rt.Fatal(err)
		}
		if twice.Added+twice.Changed != 0 || twice.Rejected != report.Rejected || twice.Unmatched != report.Unmatched || h.count(`SELECT coalesce(sum(version), 0) FROM attendance`) != stands {
			rt.Fatalf("the same file again: %v after %v", counts(twice), counts(report))
		}
		if report.Rejected == 0 {
			return
		}
		rows, err := csv.NewReader(strings.NewReader(rejects)).ReadAll()
		if err != nil || int64(len(rows)) != report.Rejected+1 {
			rt.Fatalf("%d rejects, %d rows in their file, %v", report.Rejected, len(rows)-1, err)
		}
		unread, _, err := h.importing("attendance", rejects)
		if err != nil || unread.Rows != report.Rejected {
			rt.Fatalf("the rejects as they are: %v, %v", counts(unread), err)
		}
		var fixed bytes.Buffer
		w := csv.NewWriter(&fixed)
		for i, r := range rows {
			if i > 0 { // a session of its own for each
				half := i / 8 % 2
				copy(r, []string{"8734001", h.upns[i%8], fmt.Sprintf("2026-11-%02d", 1+i/16), []string{"AM", "PM"}[half], []string{"/", `\`}[half], ""})
			}
			if err := w.Write(r); err != nil {
				rt.Fatal(err)
			}
		}
		w.Flush()
		final, left, err := h.importing("attendance", fixed.String())
		if err != nil || final.Rejected+final.Unmatched != 0 || left != "" {
			rt.Fatalf("the corrected rejects: %v, %v, %s", counts(final), err, left)
		}
	})
}
