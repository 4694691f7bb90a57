-- One row for each previous permanence: how a child who came to be looked after had
-- been placed for good before.
--   previous_permanence_id  the record
--   child_id                the child
--   period_id               the looked-after period that it belongs to
--   previous                the order before (SSDA903 codes)
--   order_year              the year of that order, where it is known; NULL where not given
CREATE OR REPLACE VIEW main.previous_permanence AS
SELECT r.id AS previous_permanence_id, r.child_id, r.period_id, r.previous::VARCHAR AS previous, r.order_year
FROM facts.previous_permanence r;
