-- What the tables of sandbox_facts.sql hold for the examples of definitions: the
-- codes whose meaning relations read, as the record store has them (a test compares
-- them), and what an example that does not say gets.
INSERT INTO facts.attendance_code (code, counts_as) VALUES
 ('/', 'present'), ('\', 'present'), ('L', 'present'),
 ('K', 'approved-activity'), ('V', 'approved-activity'), ('P', 'approved-activity'), ('W', 'approved-activity'), ('B', 'approved-activity'), ('J', 'approved-activity'),
 ('C', 'authorised'), ('C1', 'authorised'), ('C2', 'authorised'), ('E', 'authorised'), ('I', 'authorised'), ('J1', 'authorised'), ('M', 'authorised'), ('R', 'authorised'), ('S', 'authorised'), ('T', 'authorised'), ('H', 'authorised'), ('F', 'authorised'),
 ('G', 'unauthorised'), ('N', 'unauthorised'), ('O', 'unauthorised'), ('U', 'unauthorised'),
 ('D', 'not-possible'), ('Q', 'not-possible'), ('X', 'not-possible'), ('Y', 'not-possible'), ('Y1', 'not-possible'), ('Y2', 'not-possible'), ('Y3', 'not-possible'), ('Y4', 'not-possible'), ('Y5', 'not-possible'), ('Y6', 'not-possible'), ('Y7', 'not-possible'),
 ('Z', 'not-collected'), ('#', 'not-collected');
INSERT INTO facts.ks4_grade (code, points) VALUES ('9', 9), ('8', 8), ('7', 7), ('6', 6), ('5', 5), ('4', 4), ('3', 3), ('2', 2), ('1', 1), ('U', 0), ('X', 0);
ALTER TABLE facts.child ALTER COLUMN sex SET DEFAULT 'U';
ALTER TABLE facts.child ALTER COLUMN ethnicity SET DEFAULT 'NOBT';
ALTER TABLE facts.address ALTER COLUMN type SET DEFAULT 'home';
ALTER TABLE facts.school ALTER COLUMN from_date SET DEFAULT DATE '1900-01-01';
ALTER TABLE facts.enrolment ALTER COLUMN status SET DEFAULT 'C';
ALTER TABLE facts.team ALTER COLUMN from_date SET DEFAULT DATE '1900-01-01';
ALTER TABLE facts.worker ALTER COLUMN from_date SET DEFAULT DATE '1900-01-01';
ALTER TABLE facts.involvement ALTER COLUMN role SET DEFAULT 'social-worker';
ALTER TABLE facts.involvement ALTER COLUMN allocated SET DEFAULT true;
ALTER TABLE facts.population ALTER COLUMN sex SET DEFAULT 'P';
ALTER TABLE facts.suspension ALTER COLUMN category SET DEFAULT 'SUSP';
ALTER TABLE facts.suspension ALTER COLUMN sessions SET DEFAULT 2;
