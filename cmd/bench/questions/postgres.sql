-- The relations of the warehouse that the questions ask, as views over the record
-- store, so that the same SQL can be asked of it; and indexes that a database
-- administrator would give it for such questions.
CREATE SCHEMA IF NOT EXISTS asked;

CREATE OR REPLACE VIEW asked.child AS SELECT id AS child_id, date_of_birth, sex, ethnicity FROM public.child;
CREATE OR REPLACE VIEW asked.school AS SELECT id AS school_id, phase, district FROM public.school;
CREATE OR REPLACE VIEW asked.placement AS SELECT child_id, type, from_date, to_date FROM public.placement;
CREATE OR REPLACE VIEW asked.social_care_case AS SELECT id AS case_id, child_id, from_date, to_date, no_further_action FROM public.social_care_case;

CREATE OR REPLACE VIEW asked.mark_meaning AS
SELECT code, counts_as,
       (counts_as IN ('present', 'approved-activity', 'authorised', 'unauthorised'))::int AS possible,
       (counts_as = 'authorised')::int AS authorised, (counts_as = 'unauthorised')::int AS unauthorised
FROM public.attendance_code;

CREATE OR REPLACE VIEW asked.attendance AS
SELECT a.child_id, a.school_id, a.date,
       coalesce(am.possible, 0) + coalesce(pm.possible, 0) AS possible,
       coalesce(am.authorised, 0) + coalesce(pm.authorised, 0) AS authorised,
       coalesce(am.unauthorised, 0) + coalesce(pm.unauthorised, 0) AS unauthorised,
       (extract(year FROM a.date) - (extract(month FROM a.date) < 9)::int - extract(year FROM c.date_of_birth) - (extract(month FROM c.date_of_birth) >= 9)::int)::int AS age_at_year_start,
       (extract(year FROM a.date) - (extract(month FROM a.date) < 9)::int)::int AS academic_year
FROM public.attendance a
JOIN public.child c ON c.id = a.child_id
LEFT JOIN asked.mark_meaning am ON am.code = a.am
LEFT JOIN asked.mark_meaning pm ON pm.code = a.pm;

CREATE OR REPLACE VIEW asked.session AS
SELECT child_id, school_id, date, am AS code FROM public.attendance WHERE am IS NOT NULL
UNION ALL SELECT child_id, school_id, date, pm FROM public.attendance WHERE pm IS NOT NULL;

CREATE OR REPLACE VIEW asked.looked_after AS
WITH stay AS (
    SELECT child_id, from_date, coalesce(to_date, DATE '9999-12-31') AS to_date FROM public.legal_status WHERE status NOT IN ('V3', 'V4')
    UNION ALL
    SELECT child_id, from_date, coalesce(to_date, DATE '9999-12-31') FROM public.looked_after_period p
    WHERE NOT EXISTS (SELECT FROM public.legal_status l WHERE l.period_id = p.id)
), mark AS (
    SELECT child_id, from_date, to_date,
           from_date > max(to_date) OVER (PARTITION BY child_id ORDER BY from_date, to_date ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS apart
    FROM stay
), island AS (
    SELECT child_id, from_date, to_date, sum(coalesce(apart, true)::int) OVER (PARTITION BY child_id ORDER BY from_date, to_date ROWS UNBOUNDED PRECEDING) AS n
    FROM mark
)
SELECT child_id, min(from_date) AS from_date, nullif(max(to_date), DATE '9999-12-31') AS to_date FROM island GROUP BY child_id, n;

-- attendance has (id, date) and (child_id, school_id, date) already.
CREATE INDEX IF NOT EXISTS asked_attendance ON public.attendance (date, school_id);
CREATE INDEX IF NOT EXISTS asked_case ON public.social_care_case (from_date, to_date) WHERE NOT no_further_action;
CREATE INDEX IF NOT EXISTS asked_placement ON public.placement (child_id, from_date, to_date);
CREATE INDEX IF NOT EXISTS asked_legal_status ON public.legal_status (period_id);
ANALYZE public.attendance, public.social_care_case, public.placement, public.legal_status, public.looked_after_period, public.child, public.school;
