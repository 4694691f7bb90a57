-- The attendance of each child of attendance_sum in a period, with the child's
-- circumstances on the period's day, as kept.period_attendance holds it. The
-- columns of the circumstances follow (see attendance.go). What ended before the
-- first of the days is of no child's circumstances, so it is not sorted.
WITH lately AS (
    SELECT * FROM kept.circumstances c SEMI JOIN attendance_sum a ON a.child_id = c.child_id
    WHERE c.to_date IS NULL OR c.to_date > (SELECT min(day) FROM attendance_sum)
)
SELECT s.period_key, s.child_id, s.school_id, s.academic_year,
       (s.academic_year - year(b.date_of_birth) - (month(b.date_of_birth) >= 9)::INTEGER)::TINYINT AS age_at_year_start,
       s.marks, s.possible, s.present, s.authorised, s.unauthorised, s.illness, s.part_time, s.day /* circumstances */
FROM attendance_sum s JOIN main.child b ON b.child_id = s.child_id
ASOF LEFT JOIN lately c ON c.child_id = s.child_id AND s.day >= c.from_date
