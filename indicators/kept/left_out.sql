-- The enrolments and days of the second half of the summer term of which no session
-- counts in figures of absence (DfE, Pupil absence in schools in England,
-- methodology): those of pupils aged 15 on the 31 August before the academic year, at
-- whatever school (school_id is NULL), and those of other pupils at a school on whose
-- roll they came in that half term for the first time. No session is in two rows.
WITH half AS (
    SELECT h.academic_year, h.first_day, h.last_day FROM facts.half_term h WHERE h.number = 6
), aged AS (
    SELECT c.id AS child_id, h.academic_year, h.first_day, h.last_day
    FROM half h JOIN facts.child c ON c.date_of_birth BETWEEN make_date(h.academic_year - 16, 9, 1) AND make_date(h.academic_year - 15, 8, 31)
), begun AS (
    SELECT e.child_id, e.school_id, h.academic_year, h.first_day, h.last_day
    FROM (SELECT child_id, school_id, min(from_date) AS from_date FROM facts.enrolment WHERE status::VARCHAR <> 'G' GROUP BY ALL) e
    JOIN half h ON e.from_date BETWEEN h.first_day AND h.last_day
)
SELECT child_id, NULL::BIGINT AS school_id, first_day, last_day FROM aged
UNION ALL
SELECT b.child_id, b.school_id, b.first_day, b.last_day FROM begun b ANTI JOIN aged a ON a.child_id = b.child_id AND a.academic_year = b.academic_year
