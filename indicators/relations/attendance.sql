-- One row for each child, school and day for which a mark was taken, in sessions
-- (half days, so 0 to 2). Marks count as their code's statistical meaning says
-- (DfE, Pupil absence in schools in England, methodology): possible = present +
-- authorised + unauthorised.
--   child_id           the child
--   school_id          the school that took the register
--   date               the day
--   marks              sessions for which a mark was received, whatever it says
--   possible           sessions that the child could have attended
--   present            sessions attended, approved educational activity included
--   authorised         sessions missed with permission
--   unauthorised       sessions missed without permission
--   age_at_year_start  age in years on the 31 August before the academic year; NULL where no date of birth is known
--   academic_year      the year in which the academic year began: 2025 is 2025/26
CREATE OR REPLACE VIEW main.attendance AS
SELECT a.child_id, a.school_id, a.date,
       (a.am IS NOT NULL)::TINYINT + (a.pm IS NOT NULL)::TINYINT AS marks,
       coalesce(am.possible, 0::TINYINT) + coalesce(pm.possible, 0::TINYINT) AS possible,
       coalesce(am.present, 0::TINYINT) + coalesce(pm.present, 0::TINYINT) AS present,
       coalesce(am.authorised, 0::TINYINT) + coalesce(pm.authorised, 0::TINYINT) AS authorised,
       coalesce(am.unauthorised, 0::TINYINT) + coalesce(pm.unauthorised, 0::TINYINT) AS unauthorised,
       (year(a.date) - (month(a.date) < 9)::INTEGER - year(c.date_of_birth) - (month(c.date_of_birth) >= 9)::INTEGER)::INTEGER AS age_at_year_start,
       (year(a.date) - (month(a.date) < 9)::INTEGER)::INTEGER AS academic_year
FROM facts.attendance a
JOIN facts.child c ON c.id = a.child_id
LEFT JOIN main.mark_meaning am ON am.code = a.am::VARCHAR
LEFT JOIN main.mark_meaning pm ON pm.code = a.pm::VARCHAR;
