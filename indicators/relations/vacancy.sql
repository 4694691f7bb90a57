-- One row for each vacancy: a post of a social worker that nobody holds, from a day to
-- a day. One that an agency worker covers is vacant all the same.
--   vacancy_id            the record
--   team_id               the team
--   role                  what the post is (social work workforce census)
--   full_time_equivalent  how much of a full-time week, 0 to 1
--   covered_by_agency     whether an agency worker covers it
--   from_date             the first day on which nobody held it
--   to_date               the day on which somebody holds it again, or it is given up
CREATE OR REPLACE VIEW main.vacancy AS
SELECT r.id AS vacancy_id, r.team_id, r.role::VARCHAR AS role, r.full_time_equivalent, r.covered_by_agency, r.from_date, r.to_date
FROM facts.vacancy r;
