-- One row for each child in need plan: a child in need plan.
--   cin_plan_id  the record
--   child_id     the child
--   case_id      the social-care case that it belongs to
--   from_date    the first day of the plan
--   to_date      the day after its last day; NULL while it lasts
CREATE OR REPLACE VIEW main.cin_plan AS
SELECT r.id AS cin_plan_id, r.child_id, r.case_id, r.from_date, r.to_date
FROM facts.cin_plan r;
