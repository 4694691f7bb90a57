-- One row for each time that a worker was employed in one form: as what, for how much
-- of the week, by the authority or through an agency.
--   employment_id         the record
--   worker_id             the worker
--   role                  what they are employed as (social work workforce census)
--   agency                whether they come through an agency
--   full_time_equivalent  how much of a full-time week, 0 to 1
--   from_date             the first day
--   to_date               the day after the last day
--   leaving_reason        why it ended (social work workforce census; C where it goes on
--                         in another form); NULL where not given
CREATE OR REPLACE VIEW main.employment AS
SELECT r.id AS employment_id, r.worker_id, r.role::VARCHAR AS role, r.agency, r.full_time_equivalent, r.from_date, r.to_date,
       r.leaving_reason::VARCHAR AS leaving_reason
FROM facts.employment r;
