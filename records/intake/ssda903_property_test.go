package intake_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"onevision/access"
	"onevision/records"
)

// history draws a child's episodes from 2019 on: periods of being looked after
// that obey the rules of the return.
func history(rt *rapid.T) (rows []records.Episode) {
	days := rapid.IntRange(1, 260)
	code := func(label string, codes ...string) string { return rapid.SampledFrom(codes).Draw(rt, label) }
	lives := func(e *records.Episode) {
		e.Type, e.Provider = code("PLACE", "U1", "U4", "U6", "K2", "R1", "S1"), code("PROVIDER", "PR1", "PR4", "PR5")
		e.Postcode, e.URN = code("PL_POST", "", "CB1 2AB", "PE13 1AA"), code("URN", "", "SC123456", "1234567")
	}
	e := records.Episode{From: records.NewDate(2019, 4, 1).Add(rapid.IntRange(0, 1200).Draw(rt, "first")), Reason: "S", Status: code("LS", "V2", "C1", "L2"), Need: code("CIN", "N1", "N5", "N8")}
	e.Home = code("HOME_POST", "", "CB1 2AC")
	lives(&e)
	for range rapid.IntRange(0, 14).Draw(rt, "changes") {
		to := e.From.Add(days.Draw(rt, "days"))
		if to.After(records.NewDate(2026, 11, 1)) {
			break
		}
		next := e
		e.To, next.From, next.To = to, to, records.Date{}
		if rapid.IntRange(0, 4).Draw(rt, "leaves") == 0 {
			e.End, e.Change = code("REC", "E4A", "E8", "E13"), code("CHANGE", "", "CARPL")
			next.From, next.Reason = to.Add(rapid.IntRange(0, 90).Draw(rt, "away")), "S"
			next.Status, next.Need, next.Home, next.Change = code("LS", "V2", "C1", "L2"), code("CIN", "N1", "N5", "N8"), code("HOME_POST", "", "CB1 2AC"), ""
			lives(&next)
			if rows = append(rows, e); next.From.After(records.NewDate(2026, 11, 1)) {
				return rows
			}
			e = next
			continue
		}
		e.End, next.Reason = "X1", code("RNE", "L", "P", "T", "B", "U")
		if strings.Contains("LBU", next.Reason) {
			others := []string{}
			for _, s := range []string{"V2", "C1", "C2", "E1"} {
				if s != e.Status {
					others = append(others, s)
				}
			}
			next.Status = code("LS", others...)
		}
		if next.Reason != "L" {
			e.Change = code("CHANGE", "", "CARPL", "CLOSE")
			lives(&next)
		}
		rows = append(rows, e)
		e = next
	}
	return append(rows, e)
}

// inYear are the rows as the return of the year to 31 March shows them.
func inYear(rows []records.Episode, year int) (shown []records.Episode) {
	first, end := records.NewDate(year-1, time.April, 1), records.NewDate(year, time.April, 1)
	for _, e := range rows {
		if !e.From.Before(end) || !e.To.IsZero() && e.To.Before(first) {
			continue
		}
		if e.To.IsZero() || !e.To.Before(end) {
			e.To, e.End, e.Change = records.Date{}, "", ""
		}
		shown = append(shown, e)
	}
	return shown
}

func dmy(d records.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.Time().Format("02/01/2006")
}

func csvRow(child string, e records.Episode) string {
	return strings.Join([]string{child, dmy(e.From), e.Reason, e.Status, e.Need, e.Type, e.Provider, dmy(e.To), e.End, e.Change, e.Home, e.Postcode, e.URN}, ",") + "\n"
}

// Whatever histories children have, their returns of several years, in turn or
// the last year first, come back out of periods, legal statuses and placements
// as they went in; any of them again changes nothing.
func TestEpisodesComeBackAsTheyWent(t *testing.T) {
	h := newFixture(t, 0)
	if _, err := h.admin.Exec(t.Context(), `INSERT INTO postcode_sector VALUES ('CB1 2', 'E07000008')`); err != nil {
		t.Fatal(err)
	}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		histories := map[string][]records.Episode{}
		var header strings.Builder
		header.WriteString(headerHeader)
		var numbers []string
		for range rapid.IntRange(1, 3).Draw(rt, "children") {
			n++
			child := fmt.Sprint(n)
			numbers = append(numbers, child)
			histories[child] = history(rt)
			fmt.Fprintf(&header, "%s,1,14/02/2011,WBRI,,,\n", child)
		}
		h.imported("", header.String())
		files := map[int]string{}
		for year := 2020; year <= 2027; year++ {
			var text strings.Builder
			for _, child := range numbers {
				for _, e := range inYear(histories[child], year) {
					text.WriteString(csvRow(child, e))
				}
			}
			if text.Len() > 0 {
				files[year] = episodesHeader + text.String()
			}
		}
		turn := []int{2020, 2021, 2022, 2023, 2024, 2025, 2026, 2027}
		forward := rapid.Bool().Draw(rt, "in turn")
		if !forward {
			turn = []int{2027, 2026, 2025, 2024, 2023, 2022, 2021, 2020}
		}
		for _, year := range turn {
			if files[year] == "" {
				continue
			}
			report, _ := h.imported("", files[year])
			if report.Rejected+report.Unmatched > 0 {
				rt.Fatalf("%d: %v %+v %+v\n%s", year, counts(report), report.RejectedRows, report.UnmatchedRows, files[year])
			}
			if !forward {
				continue
			}
			for _, child := range numbers {
				var known []records.Episode
				for y := 2020; y <= year; y++ {
					for _, e := range inYear(histories[child], y) {
						if i := len(known); i > 0 && known[i-1].From == e.From {
							known[i-1] = e
						} else if i == 0 || known[i-1].From.Before(e.From) {
							known = append(known, e)
						}
					}
				}
				h.same(rt, child, known)
			}
		}
		for _, child := range numbers {
			h.same(rt, child, histories[child])
		}
		before := h.versions()
		for year, text := range files {
			report, _ := h.imported("", text)
			if report.Unchanged != report.Rows || len(report.Records) > 0 {
				rt.Fatalf("%d again: %v %+v %+v\n%s", year, counts(report), report.ChangedRows, report.UnmatchedRows, text)
			}
		}
		if after := h.versions(); after != before {
			rt.Fatalf("all years again wrote %d versions", after-before)
		}
	})
}

// same fails unless the child's episodes on record are these.
func (h *fixture) same(rt *rapid.T, child string, want []records.Episode) {
	var id string
	err := h.admin.QueryRow(h.t.Context(), `SELECT c.public_id::text FROM child c JOIN child_identifier i ON i.child_id = c.id WHERE i.value = $1`, child).Scan(&id)
	if err != nil {
		rt.Fatal(err)
	}
	got, err := h.store.Episodes(h.t.Context(), access.System(access.Importing), id)
	if err != nil {
		rt.Fatal(err)
	}
	var a, b strings.Builder
	for _, e := range want {
		a.WriteString(csvRow(child, e))
	}
	for _, e := range got {
		b.WriteString(csvRow(child, e))
	}
	if a.String() != b.String() {
		rt.Fatalf("child %s: on record is\n%swant\n%s", child, b.String(), a.String())
	}
}

// How fast a return goes in: children with five episodes each, new and again.
func BenchmarkEpisodes(b *testing.B) {
	for _, children := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(children), func(b *testing.B) {
			h := newFixture(b, 0)
			var header, episodes strings.Builder
			header.WriteString(headerHeader)
			episodes.WriteString(episodesHeader)
			for c := range children {
				fmt.Fprintf(&header, "%d,1,14/02/2011,WBRI,,,\n", c+1)
				e := records.Episode{From: records.NewDate(2022, 4, 2).Add(c % 300), Reason: "S", Status: "C1", Need: "N1", Type: "U6", Provider: "PR1", Postcode: "CB1 2AB"}
				for i := range 5 {
					next := e
					if e.To, e.End = e.From.Add(90), "X1"; i == 4 {
						e.To, e.End = records.Date{}, ""
					}
					episodes.WriteString(csvRow(fmt.Sprint(c+1), e))
					next.From, next.Reason = e.To, "P"
					e = next
				}
			}
			for b.Loop() {
				for _, f := range []struct{ name, text string }{{"header", header.String()}, {"episodes", episodes.String()}, {"header again", header.String()}, {"episodes again", episodes.String()}} {
					begun := time.Now()
					report, _ := h.imported("", f.text)
					b.Logf("%s: %d rows, %.0f a second %v", f.name, report.Rows, float64(report.Rows)/time.Since(begun).Seconds(), counts(report))
				}
			}
		})
	}
}
