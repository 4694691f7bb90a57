-- One row for each child. No names: the warehouse holds none.
--   child_id       the child
--   date_of_birth  NULL while unborn
--   expected_date  an unborn child's expected date of birth
--   date_of_death  NULL while alive
--   sex            F, M, U
--   ethnicity      the school census's code: WBRI
CREATE OR REPLACE VIEW main.child AS
SELECT c.id AS child_id, c.date_of_birth, c.expected_date, c.date_of_death, c.sex::VARCHAR AS sex, c.ethnicity::VARCHAR AS ethnicity
FROM facts.child c;
