-- One row for each reduced timetable: a time for which a pupil attends school for a
-- part of the week only, by agreement.
--   reduced_timetable_id  the record
--   child_id              the child
--   school_id             the school
--   main_reason           why
--   sessions              how many sessions of the ten of a week are at school
--   parents_agreed        whether the parents agreed
--   review_date           the day by which it is reviewed; NULL where not given
--   from_date             the first day
--   to_date               the day on which the pupil is to be back full time
CREATE OR REPLACE VIEW main.reduced_timetable AS
SELECT r.id AS reduced_timetable_id, r.child_id, r.school_id, r.main_reason::VARCHAR AS main_reason, r.sessions, r.parents_agreed, r.review_date,
       r.from_date, r.to_date
FROM facts.reduced_timetable r;
