-- One row for each immunisation status: whether the immunisations of a looked-after
-- child were up to date on a day.
--   immunisation_status_id  the record
--   child_id                the child
--   period_id               the looked-after period that it belongs to
--   date                    the day of which it is said
--   up_to_date              whether all immunisations due by then had been given
CREATE OR REPLACE VIEW main.immunisation_status AS
SELECT r.id AS immunisation_status_id, r.child_id, r.period_id, r.date, r.up_to_date
FROM facts.immunisation_status r;
