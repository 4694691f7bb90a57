-- One row for each time that a child had SEN support, a plan or neither, as the
-- school census has it.
--   sen_status_id  the record
--   child_id       the child
--   school_id      the school that recorded it; NULL where not given
--   provision      sEN support, or a plan (school census codes)
--   from_date      the first day
--   to_date        the day after the last day; NULL while it lasts
CREATE OR REPLACE VIEW main.sen_status AS
SELECT r.id AS sen_status_id, r.child_id, r.school_id, r.provision::VARCHAR AS provision, r.from_date, r.to_date
FROM facts.sen_status r;
