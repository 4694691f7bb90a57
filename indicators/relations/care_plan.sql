-- One row for each care plan: the plan for the permanence of a looked-after child,
-- from a day to a day.
--   care_plan_id  the record
--   child_id      the child
--   period_id     the looked-after period that it belongs to
--   aim           what the plan is for
--   parallel_aim  what is planned besides, should that fail; NULL where not given
--   from_date     the day on which the plan was made
--   to_date       the day after the last day
CREATE OR REPLACE VIEW main.care_plan AS
SELECT r.id AS care_plan_id, r.child_id, r.period_id, r.aim::VARCHAR AS aim, r.parallel_aim::VARCHAR AS parallel_aim, r.from_date, r.to_date
FROM facts.care_plan r;
