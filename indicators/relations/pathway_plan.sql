-- One row for each pathway plan: a pathway plan of a young person who is or was looked
-- after: made, or reviewed, on a day.
--   pathway_plan_id         the record
--   child_id                the child
--   date                    the day on which it was made or reviewed
--   review                  whether it was a review of the plan
--   young_person_took_part  whether the young person took part
--   worker_id               who made or reviewed it; NULL where not given
CREATE OR REPLACE VIEW main.pathway_plan AS
SELECT r.id AS pathway_plan_id, r.child_id, r.date, r.review, r.young_person_took_part, r.worker_id
FROM facts.pathway_plan r;
