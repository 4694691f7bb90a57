-- One row for each disability: a disability of a child, from a day to a day (CIN
-- census codes).
--   disability_id  the record
--   child_id       the child
--   code           the disability
--   from_date      the first day
--   to_date        the day after the last day; NULL while it lasts
CREATE OR REPLACE VIEW main.disability AS
SELECT r.id AS disability_id, r.child_id, r.code::VARCHAR AS code, r.from_date, r.to_date
FROM facts.disability r;
