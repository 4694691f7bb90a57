package indicators

import (
	"path/filepath"
	"testing"
	"time"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/indicators/library"
)

// countyOf13000 is a year of marks of 10,500 pupils in 30 schools (2.0 million
// rows), code columns as ENUM as in the warehouse.
func countyOf13000(t testing.TB) *store {
	s := newStore(t, filepath.Join(t.TempDir(), "county.duckdb")).facts()
	s.exec(`CREATE TYPE attendance_code AS ENUM (SELECT code FROM facts.attendance_code)`)
	s.exec(`ALTER TABLE facts.attendance ALTER COLUMN am TYPE attendance_code`)
	s.exec(`ALTER TABLE facts.attendance ALTER COLUMN pm TYPE attendance_code`)
	s.exec(`INSERT INTO facts.half_term SELECT i, 2025 + i // 6, i % 6 + 1, DATE '2025-09-01' + ((i // 6) * 364 + i % 6 * 49)::INTEGER, DATE '2025-09-01' + ((i // 6) * 364 + i % 6 * 49 + 39)::INTEGER FROM range(0, 9) r(i)`)
	s.exec(`INSERT INTO facts.school (id, name) SELECT i, 'School ' || i FROM range(1, 31) r(i)`)
	s.exec(`INSERT INTO facts.child (id, date_of_birth) SELECT i, DATE '2008-01-01' + ((i * 7919) % 4400)::INTEGER FROM range(1, 13001) r(i)`)
	s.exec(`INSERT INTO facts.enrolment (id, child_id, school_id, from_date) SELECT i, i, i % 30 + 1, DATE '2025-09-01' FROM range(1, 10501) r(i)`)
	s.exec(`SELECT setseed(0.5)`)
	s.exec(`INSERT INTO facts.attendance
		SELECT row_number() OVER (), e.child_id, e.school_id, d.day,
		       CASE WHEN random() < 0.93 THEN '/' WHEN random() < 0.7 THEN 'I' ELSE 'O' END, CASE WHEN random() < 0.93 THEN '\' WHEN random() < 0.7 THEN 'I' ELSE 'O' END, NULL, NULL
		FROM facts.enrolment e, (SELECT unnest(generate_series(h.first_day, h.last_day, INTERVAL 1 DAY))::DATE AS day FROM facts.half_term h) d
		WHERE isodow(d.day) <= 5 AND d.day <= DATE '2026-11-20' ORDER BY d.day`)
	s.exec(`INSERT INTO facts.team (id, name) SELECT i, 'Team ' || i FROM range(1, 7) r(i)`)
	s.exec(`INSERT INTO facts.social_care_case (id, child_id, from_date, to_date) SELECT i, i, DATE '2024-01-01' + (i % 1000)::INTEGER, CASE WHEN i % 3 > 0 THEN DATE '2024-03-01' + (i % 1000)::INTEGER END FROM range(1, 2001) r(i)`)
	s.exec(`INSERT INTO facts.involvement (id, child_id, case_id, team_id, from_date) SELECT i, i, i, i % 6 + 1, DATE '2024-01-01' + (i % 1000)::INTEGER FROM range(1, 2001) r(i)`)
	return s
}

func fixedClock() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) }

func engineOver(t testing.TB, s *store) *Engine {
	t.Helper()
	l, err := LoadLibrary(library.Files)
	if err != nil {
		t.Fatal(err)
	}
	e, err := NewEngine(EngineOptions{Library: l, Warehouse: s, Now: fixedClock})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// After one mark the truancy of the newest 13 weeks (and months, half terms and
// the year) is computed again well within a second, so that it is seen within 5.
func BenchmarkRunAfterOneMark(b *testing.B) {
	s := countyOf13000(b)
	e := engineOver(b, s)
	var rows int
	s.db.QueryRow(`SELECT count(*) FROM facts.attendance`).Scan(&rows)
	began := time.Now()
	if err := e.Run(b.Context(), nil, 0); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d rows of attendance; everything computed in %v", rows, time.Since(began))
	for b.Loop() {
		s.exec(`UPDATE facts.attendance SET am = CASE am WHEN 'O' THEN 'I' ELSE 'O' END WHERE child_id = 7 AND date = DATE '2026-11-18'`)
		if err := e.Run(b.Context(), []string{"unauthorised-absence"}, recent); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAskACard(b *testing.B) {
	s := countyOf13000(b)
	e := engineOver(b, s)
	if err := e.Run(b.Context(), nil, 0); err != nil {
		b.Fatal(err)
	}
	director := accesstest.Viewer(access.Director)
	for b.Loop() {
		if _, err := e.Ask(b.Context(), director, Question{Indicator: "unauthorised-absence"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAskEachSchoolAfresh(b *testing.B) {
	s := countyOf13000(b)
	e := engineOver(b, s)
	if err := e.Run(b.Context(), nil, 0); err != nil {
		b.Fatal(err)
	}
	for _, role := range []access.Role{access.Director, access.LeadMember} {
		viewer := accesstest.Viewer(role)
		b.Run(string(role), func(b *testing.B) {
			for b.Loop() {
				e.serving.Load().answers.given = map[asked]Answer{}
				if _, err := e.Ask(b.Context(), viewer, Question{Indicator: "unauthorised-absence", Breakdown: "school"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
