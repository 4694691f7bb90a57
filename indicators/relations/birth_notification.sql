-- One row for each birth notification: a notification of a birth by the child health
-- information service.
--   birth_notification_id  the record
--   child_id               the child
--   date                   the day on which the authority was told
--   weight_g               the weight at birth in grams; NULL where not given
--   gestation_weeks        the weeks of pregnancy; NULL where not given
--   number_of_births       how many were born: 2 for twins; NULL where not given
--   birth_order            which of them this is; NULL where not given
--   feeding                how the baby was fed at birth; NULL where not given
CREATE OR REPLACE VIEW main.birth_notification AS
SELECT r.id AS birth_notification_id, r.child_id, r.date, r.weight_g, r.gestation_weeks, r.number_of_births, r.birth_order, r.feeding::VARCHAR AS feeding
FROM facts.birth_notification r;
