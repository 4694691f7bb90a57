-- One row for each child missing education: a time for which a child of compulsory
-- school age is missing education.
--   missing_education_id  the record
--   child_id              the child
--   main_reason           why
--   last_school_id        the last school that is known; NULL where not given
--   from_date             the first day
--   to_date               the day after the last day; NULL while it lasts
--   found_date            the day on which the child was found; NULL where not given
--   outcome               what became of it; NULL where not given
CREATE OR REPLACE VIEW main.missing_education AS
SELECT r.id AS missing_education_id, r.child_id, r.main_reason::VARCHAR AS main_reason, r.last_school_id, r.from_date, r.to_date, r.found_date,
       r.outcome::VARCHAR AS outcome
FROM facts.missing_education r;
