-- The attendance of each child of attendance_sum in a period, with the child's
-- circumstances on the period's day, as kept.period_attendance holds it. The
-- columns of the circumstances follow (see shared.go).
SELECT s.period_key, s.child_id, s.school_id, s.academic_year,
       (s.academic_year - year(b.date_of_birth) - (month(b.date_of_birth) >= 9)::INTEGER)::TINYINT AS age_at_year_start,
       s.marks, s.possible, s.present, s.authorised, s.unauthorised, s.day /* circumstances */
FROM attendance_sum s JOIN main.child b ON b.child_id = s.child_id
ASOF LEFT JOIN kept.circumstances c ON c.child_id = s.child_id AND s.day >= c.from_date
