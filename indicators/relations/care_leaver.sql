-- One row for each time that a young person had a care-leaver status.
--   care_leaver_id       the record
--   child_id             the child
--   eligibility          the status in law
--   from_date            the first day
--   to_date              the day after the last day; NULL while it lasts
--   staying_put          whether they stay with their former foster carer
--   personal_adviser_id  the personal adviser; NULL where not given
CREATE OR REPLACE VIEW main.care_leaver AS
SELECT r.id AS care_leaver_id, r.child_id, r.eligibility::VARCHAR AS eligibility, r.from_date, r.to_date, r.staying_put, r.personal_adviser_id
FROM facts.care_leaver r;
