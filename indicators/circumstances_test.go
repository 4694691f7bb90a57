package indicators_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"onevision/indicators"
	"onevision/indicators/indicatorstest"
)

// lines runs a query and gives its rows as text: cells divided by blanks, - for
// NULL.
func lines(t *testing.T, w *indicatorstest.Warehouse, query string) []string {
	t.Helper()
	var out []string
	err := w.Read(t.Context(), func(ctx context.Context, c *sql.Conn, _ indicators.Position) error {
		rows, err := c.QueryContext(ctx, `SELECT COLUMNS(*)::VARCHAR FROM (`+query+`)`)
		if err != nil {
			return err
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err != nil {
			return err
		}
		for rows.Next() {
			cells, into := make([]sql.NullString, len(names)), make([]any, len(names))
			for i := range cells {
				into[i] = &cells[i]
			}
			if err := rows.Scan(into...); err != nil {
				return err
			}
			var line []string
			for _, c := range cells {
				if !c.Valid {
					c.String = "-"
				}
				line = append(line, c.String)
			}
			out = append(out, strings.Join(line, " "))
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// One child's life, read in rows: unborn and known to social care, born on 29
// February, at school, looked after for a while, dead.
func TestCircumstancesOfAChild(t *testing.T) {
	w := open(t, "")
	w.Fill("child", `id | date_of_birth | date_of_death
		1 | 2016-02-29 | 2027-09-14
		2 | 2019-09-01 |`)
	w.Fill("address", `child_id | type | district | from_date | to_date
		1 | home      | E07000008 | 2016-02-29 |
		1 | placement | E07000009 | 2025-06-01 | 2025-07-01`)
	w.Fill("enrolment", `child_id | school_id | status | from_date | to_date
		1 | 10 | M | 2020-09-07 |
		1 | 11 | S | 2020-09-07 |
		1 | 12 | C | 2022-01-01 | 2022-03-01`)
	w.Fill("social_care_case", `child_id | from_date | to_date | no_further_action
		1 | 2015-12-01 | 2016-03-01 | false
		1 | 2023-01-01 | 2023-02-01 | true`)
	w.Fill("involvement", `child_id | case_id | team_id | allocated | from_date | to_date
		1 |   | 5 | true  | 2025-05-01 |
		1 | 1 | 6 | true  | 2025-06-01 | 2025-07-01
		1 | 1 | 7 | false | 2020-01-01 |`)
	w.Fill("looked_after_period", `child_id | from_date | to_date
		1 | 2025-06-01 | 2025-08-01`)
	w.Fill("legal_status", `child_id | period_id | status | from_date | to_date
		1 | 1 | V2 | 2025-06-01 | 2025-07-01
		1 | 1 | V4 | 2025-07-01 | 2025-08-01`)
	w.Fill("placement", `child_id | period_id | type | from_date | to_date
		1 | 1 | U6 | 2025-06-01 | 2025-08-01`)
	w.Engine(saturday, indicatorstest.Few)
	got := strings.Join(lines(t, w, `SELECT * EXCLUDE (social_care_group, sen, sen_need, free_school_meals) FROM main.circumstances WHERE child_id = 1 ORDER BY from_date`), "\n")
	want := strings.TrimSpace(`
1 2015-12-01 2016-02-29 - - - unborn U NOBT false - - true in-need -
1 2016-02-29 2016-03-01 E07000008 - - under 1 U NOBT false - - true in-need -
1 2016-03-01 2017-03-01 E07000008 - - under 1 U NOBT false - - false none -
1 2017-03-01 2020-09-01 E07000008 - - 1 to 4 U NOBT false - - false none -
1 2020-09-01 2020-09-07 E07000008 - 0 1 to 4 U NOBT false - - false none -
1 2020-09-07 2021-03-01 E07000008 10 0 1 to 4 U NOBT false - - false none -
1 2021-03-01 2021-09-01 E07000008 10 0 5 to 9 U NOBT false - - false none -
1 2021-09-01 2022-01-01 E07000008 10 1 5 to 9 U NOBT false - - false none -
1 2022-01-01 2022-03-01 E07000008 10 1 5 to 9 U NOBT false - - false none -
1 2022-03-01 2022-09-01 E07000008 10 1 5 to 9 U NOBT false - - false none -
1 2022-09-01 2023-09-01 E07000008 10 2 5 to 9 U NOBT false - - false none -
1 2023-09-01 2024-09-01 E07000008 10 3 5 to 9 U NOBT false - - false none -
1 2024-09-01 2025-05-01 E07000008 10 4 5 to 9 U NOBT false - - false none -
1 2025-05-01 2025-06-01 E07000008 10 4 5 to 9 U NOBT false - - false none 5
1 2025-06-01 2025-07-01 E07000008 10 4 5 to 9 U NOBT true V2 U6 false looked-after 6
1 2025-07-01 2025-08-01 E07000008 10 4 5 to 9 U NOBT false V4 U6 false none 5
1 2025-08-01 2025-09-01 E07000008 10 4 5 to 9 U NOBT false - - false none 5
1 2025-09-01 2026-03-01 E07000008 10 5 5 to 9 U NOBT false - - false none 5
1 2026-03-01 2026-09-01 E07000008 10 5 10 to 15 U NOBT false - - false none 5
1 2026-09-01 2027-09-01 E07000008 10 6 10 to 15 U NOBT false - - false none 5
1 2027-09-01 2027-09-15 E07000008 10 7 10 to 15 U NOBT false - - false none 5`)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// Born on 1 September: the oldest of her year group, which is reception at four.
	if got := lines(t, w, `SELECT from_date FROM main.circumstances WHERE child_id = 2 AND year_group = 0 AND age_band = '5 to 9'`); fmt.Sprint(got) != "[2024-09-01]" {
		t.Errorf("reception of the second child begins %v", got)
	}
}

// On each of many days, each circumstance is what its own relation says, and
// what a breakdown by school or team would take; one row for a child and day.
func TestCircumstancesAgreeWithTheirSources(t *testing.T) {
	w := open(t, "")
	w.Exec(`SELECT setseed(0.25)`)
	day := `DATE '2020-01-01' + (random() * 2000)::INTEGER`
	span := `SELECT child, from_date, CASE WHEN random() < 0.7 THEN from_date + 1 + (random() * 600)::INTEGER END AS to_date FROM (SELECT 1 + (random() * 99)::INTEGER AS child, ` + day + ` AS from_date FROM range(%d))`
	w.Exec(`INSERT INTO facts.child (id, date_of_birth, date_of_death) SELECT i, CASE WHEN i % 9 > 0 THEN DATE '2000-01-01' + (random() * 7600)::INTEGER END, CASE WHEN i % 7 = 0 THEN DATE '2022-01-01' + (random() * 900)::INTEGER END FROM range(1, 101) r(i)`)
	w.Exec(fmt.Sprintf(`INSERT INTO facts.address SELECT row_number() OVER (), child, CASE WHEN random() < 0.8 THEN 'home' ELSE 'placement' END, 'E0700000' || (random() * 4)::INTEGER, from_date, to_date FROM (`+span+`)`, 300))
	w.Exec(fmt.Sprintf(`INSERT INTO facts.enrolment SELECT row_number() OVER (), child, (random() * 30)::INTEGER, ['C', 'M', 'S', 'G'][1 + (random() * 3)::INTEGER], from_date, to_date FROM (`+span+`)`, 300))
	w.Exec(fmt.Sprintf(`INSERT INTO facts.social_care_case (id, child_id, from_date, to_date, no_further_action) SELECT row_number() OVER (), child, from_date, to_date, random() < 0.3 FROM (`+span+`)`, 200))
	w.Exec(fmt.Sprintf(`INSERT INTO facts.involvement (id, child_id, case_id, team_id, allocated, from_date, to_date) SELECT row_number() OVER (), child, CASE WHEN random() < 0.5 THEN 1 END, (random() * 6)::INTEGER, random() < 0.7, from_date, to_date FROM (`+span+`)`, 300))
	w.Exec(fmt.Sprintf(`INSERT INTO facts.legal_status SELECT row_number() OVER (), child, NULL, ['V2', 'C2', 'V3', 'V4'][1 + (random() * 3)::INTEGER], from_date, to_date FROM (`+span+`)`, 100))
	w.Engine(saturday, indicatorstest.Few)

	on := `d.day >= x.from_date AND (x.to_date IS NULL OR x.to_date > d.day)`
	wrong := lines(t, w, `
		WITH d AS (SELECT (DATE '2019-12-01' + 13 * i::INTEGER)::DATE AS day FROM range(0, 220) r(i)),
		child AS (SELECT c.child_id, d.day, c.date_of_birth FROM main.child c, d WHERE c.date_of_death IS NULL OR c.date_of_death >= d.day),
		is_so AS (
			SELECT d.day, x.child_id, count(*) AS n, any_value(x.district) AS district, any_value(x.school_id) AS school_id, any_value(x.team_id) AS team_id,
			       any_value(x.looked_after) AS looked_after, any_value(x.case_open) AS case_open, any_value(x.year_group) AS year_group, any_value(x.age_band) AS age_band
			FROM d JOIN main.circumstances x ON `+on+` GROUP BY ALL),
		school AS (SELECT d.day, x.child_id, arg_min(x.school_id, (x.from_date, x.school_id)) AS is_it FROM d JOIN main.enrolment x ON `+on+` WHERE x.status IN ('C', 'M') GROUP BY ALL),
		team AS (SELECT d.day, x.child_id, arg_min(x.team_id, (x.case_id IS NULL, x.from_date, x.team_id)) AS is_it FROM d JOIN main.involvement x ON `+on+` WHERE x.allocated GROUP BY ALL),
		home AS (SELECT d.day, x.child_id, list(x.district) AS one_of, max(x.from_date) AS newest FROM d JOIN main.address x ON `+on+` WHERE x.type = 'home' GROUP BY ALL),
		care AS (SELECT DISTINCT d.day, x.child_id FROM d JOIN main.looked_after x ON `+on+`),
		open_case AS (SELECT DISTINCT d.day, x.child_id FROM d JOIN main.social_care_case x ON `+on+` WHERE NOT x.no_further_action)
		SELECT c.day, c.child_id, i.n FROM child c LEFT JOIN is_so i ON i.day = c.day AND i.child_id = c.child_id
		LEFT JOIN school s ON s.day = c.day AND s.child_id = c.child_id LEFT JOIN team t ON t.day = c.day AND t.child_id = c.child_id
		LEFT JOIN home h ON h.day = c.day AND h.child_id = c.child_id
		LEFT JOIN care l ON l.day = c.day AND l.child_id = c.child_id LEFT JOIN open_case o ON o.day = c.day AND o.child_id = c.child_id
		WHERE i.school_id IS DISTINCT FROM s.is_it OR i.team_id IS DISTINCT FROM t.is_it OR (i.district IS NULL) <> (h.one_of IS NULL) OR NOT coalesce(list_contains(h.one_of, i.district), true)
		   OR coalesce(i.looked_after, false) <> (l.child_id IS NOT NULL) OR coalesce(i.case_open, false) <> (o.child_id IS NOT NULL) OR i.n > 1
		   OR (i.n IS NULL AND c.day >= c.date_of_birth)
		   OR i.year_group IS DISTINCT FROM (SELECT CASE WHEN y BETWEEN 0 AND 13 AND c.day >= c.date_of_birth AND i.n > 0 THEN y END FROM (SELECT datesub('year', c.date_of_birth, make_date(year(c.day) - (month(c.day) < 9)::INTEGER, 8, 31)) - 4 AS y))
		   OR i.age_band IS DISTINCT FROM CASE WHEN i.n IS NULL OR c.date_of_birth IS NULL THEN NULL WHEN c.day < c.date_of_birth THEN 'unborn'
		       WHEN datesub('year', c.date_of_birth, c.day) < 1 THEN 'under 1' WHEN datesub('year', c.date_of_birth, c.day) < 5 THEN '1 to 4' WHEN datesub('year', c.date_of_birth, c.day) < 10 THEN '5 to 9'
		       WHEN datesub('year', c.date_of_birth, c.day) < 16 THEN '10 to 15' WHEN datesub('year', c.date_of_birth, c.day) < 18 THEN '16 to 17' ELSE '18 and over' END`)
	if len(wrong) > 0 {
		t.Errorf("%d children and days are not as their sources say, the first: %s", len(wrong), wrong[0])
	}
	if empty := lines(t, w, `SELECT * FROM main.circumstances WHERE to_date <= from_date`); len(empty) > 0 {
		t.Errorf("spans without a day: %v", empty)
	}
	if n := lines(t, w, `SELECT count(*) > 15000, count_if(looked_after) > 300, count_if(case_open) > 500 FROM main.circumstances x, (SELECT (DATE '2019-12-01' + 13 * i::INTEGER)::DATE AS day FROM range(0, 220) r(i)) d WHERE `+on); n[0] != "true true true" {
		t.Errorf("too little was compared: %s", n)
	}
}

// The calendar knows weekends, bank holidays, half terms and terms, and says
// where it does not know.
func TestCalendar(t *testing.T) {
	w := open(t, "")
	w.SchoolYear(2025)
	w.Fill("bank_holiday", `day | name
		2025-12-25 | Christmas Day
		2025-12-26 | Boxing Day
		2026-04-03 | Good Friday
		2026-05-04 | Early May bank holiday`)
	w.Engine(saturday, indicatorstest.Few)
	got := strings.Join(lines(t, w, `SELECT * EXCLUDE (working_days, school_days) FROM main.calendar WHERE day IN (DATE '2025-10-24', DATE '2025-10-26', DATE '2025-12-25', DATE '2026-01-05', DATE '2026-03-31', DATE '2026-05-04', DATE '2026-09-01', DATE '2027-05-03') ORDER BY day`), "\n")
	want := strings.TrimSpace(`
2025-10-24 5 - true false 2025-10-20 2025-10-01 - autumn 2025 2025 2025
2025-10-26 7 - false false 2025-10-20 2025-10-01 - autumn 2025 2025 2025
2025-12-25 4 Christmas Day false false 2025-12-22 2025-12-01 - - 2025 2025 2025
2026-01-05 1 - true true 2026-01-05 2026-01-01 3 spring 2025 2025 2026
2026-03-31 2 - true false 2026-03-30 2026-03-01 - - 2025 2025 2026
2026-05-04 1 Early May bank holiday false false 2026-05-04 2026-05-01 5 summer 2025 2026 2026
2026-09-01 2 - true - 2026-08-31 2026-09-01 - - 2026 2026 2026
2027-05-03 1 - - - 2027-05-03 2027-05-01 - - 2026 2027 2027`)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// Working days are counted after the first day: Wednesday 24 December to
	// Wednesday 31 December has Monday, Tuesday and Wednesday. Of a span that
	// reaches into a year that is not known, the count is not known.
	count := `SELECT b.working_days - a.working_days, b.school_days - a.school_days FROM main.calendar a, main.calendar b WHERE a.day = DATE '%s' AND b.day = DATE '%s'`
	for span, want := range map[[2]string]string{
		{"2025-12-24", "2025-12-31"}: "3 0",
		{"2025-12-18", "2026-01-05"}: "10 1", // Friday 19 December is a holiday of schools, and New Year's Day was not recorded
		{"2026-12-31", "2027-01-04"}: "- -",
	} {
		if got := lines(t, w, fmt.Sprintf(count, span[0], span[1])); got[0] != want {
			t.Errorf("days after %v: %v, want %s", span, got, want)
		}
	}
	if n := lines(t, w, `SELECT count(*), count(DISTINCT day), min(day), max(day) FROM main.calendar`); n[0] != "18263 18263 2000-01-01 2049-12-31" {
		t.Errorf("%v", n)
	}
}

// An indicator about children in care on school days is one short query.
func TestADefinitionReadsCircumstancesAndTheCalendar(t *testing.T) {
	problems := indicators.Check(t.Context(), fstest.MapFS{
		"x/a.yaml": {Data: []byte(`id: care-days
title: Absence of children in care
meaning: Of all sessions of children in care, the share missed.
theme: attendance
unit: percent
polarity: low
periods: [month]
as_at: period-end
schedule: "45 6 * * *"
breakdowns: [school]
source: test
counts: sessions missed
of: possible sessions
sql: |
  SELECT p.period_id, a.child_id, sum(a.authorised + a.unauthorised) AS numerator, sum(a.possible) AS denominator
  FROM attendance a ASOF JOIN circumstances c ON c.child_id = a.child_id AND c.from_date <= a.date
  JOIN calendar d ON d.day = a.date AND d.school_day
  JOIN period p ON a.date BETWEEN p.first_day AND p.last_day
  WHERE c.looked_after AND c.year_group BETWEEN 1 AND 11
  GROUP BY ALL
examples: a.examples.yaml
`)},
		"x/a.examples.yaml": {Data: []byte(`examples:
  - name: Only while in care
    today: 2026-12-16
    periods: [month]
    facts:
      half_term: |
        academic_year | number | first_day | last_day
        2026 | 2 | 2026-11-02 | 2026-12-18
      child: |
        id | date_of_birth
        1  | 2016-05-01
      enrolment: |
        child_id | school_id | from_date
        1 | 1 | 2026-09-01
      looked_after_period: |
        child_id | from_date | to_date
        1 | 2026-11-10 | 2026-11-12
      attendance: |
        child_id | school_id | date       | am | pm
        1        | 1         | 2026-11-09 | O  | \
        1        | 1         | 2026-11-10 | O  | \
        1        | 1         | 2026-11-11 | /  | \
        1        | 1         | 2026-11-12 | O  | \
    expect: |
      period_id     | breakdown | member | numerator | denominator
      month:2026-11 |           |        | 1         | 4
      month:2026-11 | school    | 1      | 1         | 4
`)},
	}, memory{})
	for _, p := range problems {
		t.Error(p)
	}
}

// What special needs, free meals and protection plans make of a child's days.
func TestCircumstancesOfNeed(t *testing.T) {
	w := open(t, "")
	w.Fill("child", `id | date_of_birth
		1 | 2018-09-01`)
	w.Fill("sen_status", `child_id | provision | from_date | to_date
		1 | K | 2024-01-01 | 2024-06-01
		1 | E | 2024-06-01 |`)
	w.Fill("sen_need", `child_id | need | rank | from_date
		1 | SLCN | 2 | 2024-01-01
		1 | ASD | 1 | 2024-01-01`)
	w.Fill("entitlement", `child_id | type | from_date | to_date
		1 | pupil-premium | 2023-09-01 |
		1 | fsm | 2024-02-01 | 2024-03-01`)
	w.Fill("social_care_case", `id | child_id | from_date
		7 | 1 | 2024-04-01`)
	w.Fill("child_protection_plan", `child_id | case_id | from_date | to_date
		1 | 7 | 2024-05-01 | 2024-07-01`)
	w.Engine(saturday, indicatorstest.Few)
	got := lines(t, w, `SELECT from_date, sen, sen_need, free_school_meals, social_care_group FROM main.circumstances WHERE child_id = 1 AND from_date BETWEEN DATE '2023-12-31' AND DATE '2024-07-31' ORDER BY from_date`)
	want := []string{
		"2024-01-01 K ASD no none", "2024-02-01 K ASD yes none", "2024-03-01 K ASD no none", "2024-04-01 K ASD no in-need",
		"2024-05-01 K ASD no protection-plan", "2024-06-01 E ASD no protection-plan", "2024-07-01 E ASD no in-need",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
