-- One row for each child protection plan: a child protection plan.
--   child_protection_plan_id  the record
--   child_id                  the child
--   case_id                   the social-care case that it belongs to
--   conference_id             the conference that made it
--   from_date                 the first day of the plan, that of the conference
--   to_date                   the day after its last day; NULL while it lasts
--   initial_category          the category of abuse when it began
--   latest_category           the category of abuse that it has now
--   end_reason                why it ended; NULL where not given
CREATE OR REPLACE VIEW main.child_protection_plan AS
SELECT r.id AS child_protection_plan_id, r.child_id, r.case_id, r.conference_id, r.from_date, r.to_date, r.initial_category::VARCHAR AS initial_category,
       r.latest_category::VARCHAR AS latest_category, r.end_reason::VARCHAR AS end_reason
FROM facts.child_protection_plan r;
