-- One row for each eHC plan: an education, health and care plan that the authority
-- maintains.
--   ehc_plan_id      the record
--   child_id         the child
--   assessment_id    the assessment that led to it; none of a plan of another authority that was taken over; NULL where not given
--   from_date        the day on which the final plan was issued, or taken over
--   to_date          the day after the last day on which it is maintained; NULL while it lasts
--   transferred_in   whether it was made by another authority
--   amended_date     the day on which it was last amended; NULL where not given
--   school_id        the school that section I names; NULL where not given
--   setting          where the child is educated, if that is no school; NULL where not given
--   residential      whether the placement is residential; NULL where not given
--   personal_budget  whether there is a personal budget
--   cease_reason     why it ceased; NULL where not given
CREATE OR REPLACE VIEW main.ehc_plan AS
SELECT r.id AS ehc_plan_id, r.child_id, r.assessment_id, r.from_date, r.to_date, r.transferred_in, r.amended_date, r.school_id, r.setting::VARCHAR AS
       setting, r.residential::VARCHAR AS residential, r.personal_budget, r.cease_reason::VARCHAR AS cease_reason
FROM facts.ehc_plan r;
