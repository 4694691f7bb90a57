-- One row for each home-to-school transport: a child’s transport from home to school,
-- from a day to a day: why they are entitled to it, and how they travel.
--   transport_id         the record
--   child_id             the child
--   school_id            the school
--   eligibility          why the child is entitled to it
--   mode                 how the child travels
--   distance_miles       the walking distance in miles; NULL where not given
--   passenger_assistant  whether a passenger assistant travels with the child
--   wheelchair           whether the vehicle must take a wheelchair
--   application_date     the day of the application; NULL where not given
--   decision_date        the day of the decision; NULL where not given
--   from_date            the first day
--   to_date              the day after the last day
CREATE OR REPLACE VIEW main.transport AS
SELECT r.id AS transport_id, r.child_id, r.school_id, r.eligibility::VARCHAR AS eligibility, r.mode::VARCHAR AS mode, r.distance_miles,
       r.passenger_assistant, r.wheelchair, r.application_date, r.decision_date, r.from_date, r.to_date
FROM facts.transport r;
