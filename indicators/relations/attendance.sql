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
SELECT m.child_id, m.school_id, m.date, m.marks,
       (m.counted & 3)::TINYINT AS possible,
       ((m.counted >> 2) & 3)::TINYINT AS present,
       ((m.counted >> 4) & 3)::TINYINT AS authorised,
       ((m.counted >> 6) & 3)::TINYINT AS unauthorised,
       (year(m.date) - (month(m.date) < 9)::INTEGER - year(c.date_of_birth) - (month(c.date_of_birth) >= 9)::INTEGER)::INTEGER AS age_at_year_start,
       (year(m.date) - (month(m.date) < 9)::INTEGER)::INTEGER AS academic_year
FROM (
    -- A mark is an ENUM, so what it means is read from a list by the mark's place
    -- in its type, which is many times faster than joining by its text. The four
    -- meanings are two bits each of one number: one addition adds them all.
    SELECT a.child_id, a.school_id, a.date, (a.am IS NOT NULL)::TINYINT + (a.pm IS NOT NULL)::TINYINT AS marks,
           coalesce(list_extract(k.counted, enum_code(a.am) + 1), 0) + coalesce(list_extract(k.counted, enum_code(a.pm) + 1), 0) AS counted
    FROM facts.attendance a CROSS JOIN (
        SELECT list(coalesce(k.possible + 4 * k.present + 16 * k.authorised + 64 * k.unauthorised, 0)::SMALLINT ORDER BY t.place) AS counted
        FROM (
            SELECT unnest(codes) AS code, generate_subscripts(codes, 1) AS place
            FROM (SELECT enum_range((SELECT e.am FROM facts.attendance e LIMIT 1)) AS codes)
        ) t LEFT JOIN main.mark_meaning k ON k.code = t.code
    ) k
) m
JOIN facts.child c ON c.id = m.child_id;
