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
--   illness            sessions missed through illness, among those with permission
--   part_time          sessions missed under a part-time timetable, among those with permission
--   age_at_year_start  age in years on the 31 August before the academic year; NULL where no date of birth is known
--   academic_year      the year in which the academic year began: 2025 is 2025/26
CREATE OR REPLACE VIEW main.attendance AS
SELECT m.child_id, m.school_id, m.date, (m.counted & 1023)::TINYINT AS marks,
       ((m.counted >> 10) & 1023)::TINYINT AS possible,
       (((m.counted >> 10) & 1023) - ((m.counted >> 20) & 1023) - ((m.counted >> 30) & 1023))::TINYINT AS present,
       ((m.counted >> 20) & 1023)::TINYINT AS authorised,
       ((m.counted >> 30) & 1023)::TINYINT AS unauthorised,
       ((m.counted >> 40) & 1023)::TINYINT AS illness,
       (m.counted >> 50)::TINYINT AS part_time,
       (year(m.date) - (month(m.date) < 9)::INTEGER - year(c.date_of_birth) - (month(c.date_of_birth) >= 9)::INTEGER)::INTEGER AS age_at_year_start,
       (year(m.date) - (month(m.date) < 9)::INTEGER)::INTEGER AS academic_year
FROM kept.day_counted m
JOIN facts.child c ON c.id = m.child_id;
