-- One row for each time for which a child is educated at home.
--   elective_home_education_id  the record
--   child_id                    the child
--   main_reason                 why
--   from_date                   the first day
--   to_date                     the day after the last day; NULL while it lasts
--   notified_date               the day on which the authority was told; NULL where not given
--   suitability                 whether the education was found suitable; NULL where not given
--   reviewed_date               the day on which that was last looked at; NULL where not given
--   end_reason                  why it ended; NULL where not given
CREATE OR REPLACE VIEW main.elective_home_education AS
SELECT r.id AS elective_home_education_id, r.child_id, r.main_reason::VARCHAR AS main_reason, r.from_date, r.to_date, r.notified_date, r.suitability::VARCHAR
       AS suitability, r.reviewed_date, r.end_reason::VARCHAR AS end_reason
FROM facts.elective_home_education r;
