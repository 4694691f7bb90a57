-- One row for each enquiry under section 47 of the Children Act 1989.
--   section_47_id            the record
--   child_id                 the child
--   case_id                  the social-care case that it belongs to
--   start_date               the day of the strategy discussion that began it
--   end_date                 the day on which it ended; NULL while it lasts
--   conference_not_required  whether it was found that no conference is needed
--   outcome                  what it led to; NULL where not given
--   worker_id                the worker who led it; NULL where not given
CREATE OR REPLACE VIEW main.section_47 AS
SELECT r.id AS section_47_id, r.child_id, r.case_id, r.from_date AS start_date, r.to_date - 1 AS end_date, r.conference_not_required, r.outcome::VARCHAR AS
       outcome, r.worker_id
FROM facts.section_47 r;
