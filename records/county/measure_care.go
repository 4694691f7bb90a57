package county

import (
	"context"

	"github.com/jackc/pgx/v5"
)

func (m *measure) referrals(ctx context.Context, tx pgx.Tx) error {
	return m.ask(ctx, tx, "count the referrals", `/* county.referrals */
		WITH referral AS (
			SELECT c.*, EXISTS (SELECT FROM social_care_case e WHERE e.child_id = c.child_id AND e.from_date < c.from_date AND e.from_date > c.from_date - interval '1 year') AS again,
			       coalesce(c.closure, '') IN ('RC8', 'RC9') AS dismissed
			FROM social_care_case c WHERE c.from_date > $1::date - interval '1 year' AND c.from_date <= $1)
		SELECT 'referrals', count(*)::float8 FROM referral
		UNION ALL SELECT 'children referred', count(DISTINCT child_id) FROM referral
		UNION ALL SELECT 'no action', 100.0 * count(*) FILTER (WHERE no_further_action) / nullif(count(*), 0) FROM referral
		UNION ALL SELECT 'no need', 100.0 * count(*) FILTER (WHERE dismissed AND NOT no_further_action) / nullif(count(*), 0) FROM referral
		UNION ALL SELECT 'again', 100.0 * count(*) FILTER (WHERE again) / nullif(count(*), 0) FROM referral
		UNION ALL SELECT 'started', count(*) FILTER (WHERE NOT dismissed) FROM referral
		UNION ALL SELECT 'ended', count(*) FROM social_care_case WHERE to_date > $1::date - interval '1 year' AND to_date <= $1
			AND coalesce(closure, '') NOT IN ('RC8', 'RC9')`, m.march().time())
}

func (m *measure) cases(ctx context.Context, tx pgx.Tx) error {
	return m.ask(ctx, tx, "count the open cases", `/* county.cases */
		WITH open AS (
			SELECT CASE WHEN from_date > $1::date - interval '3 months' THEN '3 months' WHEN from_date > $1::date - interval '6 months' THEN '6 months'
			            WHEN from_date > $1::date - interval '1 year' THEN '12 months' WHEN from_date > $1::date - interval '2 years' THEN '24 months' ELSE 'longer' END AS since
			FROM social_care_case WHERE from_date <= $1 AND coalesce(to_date, 'infinity') > $1)
		SELECT 'open', count(*)::float8 FROM open
		UNION ALL SELECT 'open ' || since, 100.0 * count(*) / (SELECT count(*) FROM open) FROM open GROUP BY since
		UNION ALL SELECT 'caseload', (sum(h.cases) / nullif(sum(e.full_time_equivalent), 0))::float8
			FROM (SELECT worker_id, count(*) AS cases FROM involvement WHERE allocated AND role = 'social-worker' AND from_date <= $2 AND coalesce(to_date, 'infinity') > $2 GROUP BY worker_id) h
			JOIN employment e ON e.worker_id = h.worker_id AND e.from_date <= $2 AND coalesce(e.to_date, 'infinity') > $2`, m.march().time(), m.today.time())
}

func (m *measure) care(ctx context.Context, tx pgx.Tx) error {
	return m.ask(ctx, tx, "count the looked after", `/* county.care */
		SELECT 'looked after', count(*)::float8 FROM looked_after_period WHERE from_date <= $1 AND coalesce(to_date, 'infinity') > $1
		UNION ALL SELECT 'entered', count(*) FROM looked_after_period WHERE from_date > $1::date - interval '1 year' AND from_date <= $1
		UNION ALL SELECT 'left', count(*) FROM looked_after_period WHERE to_date > $1::date - interval '1 year' AND to_date <= $1
		UNION ALL SELECT 'adopted', count(*) FROM looked_after_period WHERE to_date > $1::date - interval '1 year' AND to_date <= $1 AND end_reason IN ('E11', 'E12')
		UNION ALL SELECT 'guardians', 100.0 * count(*) FILTER (WHERE end_reason IN ('E45', 'E46', 'E47', 'E48')) / nullif(count(*), 0)
			FROM looked_after_period WHERE to_date > $1::date - interval '1 year' AND to_date <= $1`, m.march().time())
}

func (m *measure) homes(ctx context.Context, tx pgx.Tx) error {
	return m.ask(ctx, tx, "count the placements", `/* county.homes */
		WITH home AS (
			SELECT (SELECT h.type FROM placement h WHERE h.period_id = l.id AND h.from_date <= $1 AND coalesce(h.to_date, 'infinity') > $1) AS type,
			       (SELECT count(*) FROM placement h WHERE h.period_id = l.id AND h.from_date <= $1 AND coalesce(h.to_date, 'infinity') > $1::date - interval '1 year') AS homes
			FROM looked_after_period l WHERE l.from_date <= $1 AND coalesce(l.to_date, 'infinity') > $1)
		SELECT 'fostered', 100.0 * count(*) FILTER (WHERE type LIKE 'U%') / nullif(count(*), 0) FROM home
		UNION ALL SELECT 'in homes', 100.0 * count(*) FILTER (WHERE type IN ('K1', 'K2')) / nullif(count(*), 0) FROM home
		UNION ALL SELECT 'three homes', 100.0 * count(*) FILTER (WHERE homes >= 3) / nullif(count(*), 0) FROM home`, m.march().time())
}

// results are those of the last exams whose results are out, of all, of those
// looked after for a year at 31 March before, and of those in need then.
func (m *measure) results(ctx context.Context, tx pgx.Tx) error {
	return m.ask(ctx, tx, "count the results", `/* county.results */
		WITH latest AS (SELECT max(year) AS year FROM ks4_result),
		pupil AS (
			SELECT r.child_id, r.attainment8, e.points >= 4 AND a.points >= 4 AS passed, make_date(r.year, 3, 31) AS march
			FROM ks4_result r JOIN latest USING (year) JOIN ks4_grade e ON e.code = r.english_grade JOIN ks4_grade a ON a.code = r.maths_grade),
		groups AS (
			SELECT '' AS name, attainment8, passed FROM pupil
			UNION ALL SELECT ' care', attainment8, passed FROM pupil p
			WHERE EXISTS (SELECT FROM looked_after_period l WHERE l.child_id = p.child_id AND l.from_date <= march - interval '1 year' AND coalesce(l.to_date, 'infinity') > march)
			UNION ALL SELECT ' need', attainment8, passed FROM pupil p
			WHERE EXISTS (SELECT FROM social_care_case s WHERE s.child_id = p.child_id AND s.from_date <= march AND coalesce(s.to_date, 'infinity') > march
			              AND NOT s.no_further_action AND coalesce(s.closure, '') NOT IN ('RC8', 'RC9'))
			  AND NOT EXISTS (SELECT FROM looked_after_period l WHERE l.child_id = p.child_id AND l.from_date <= march AND coalesce(l.to_date, 'infinity') > march))
		SELECT 'attainment 8' || name, avg(attainment8)::float8 FROM groups GROUP BY name
		UNION ALL SELECT 'grade 4' || name, 100.0 * avg(passed::int)::float8 FROM groups GROUP BY name`)
}
