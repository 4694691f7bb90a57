-- The facts as the warehouse holds them, for the examples of definitions: the
-- tables and columns that relations read (a test finds each in the publication),
-- empty but for the codes whose meaning they read. In the warehouse a code column
-- is an ENUM of its code table; here it is text, but for the marks, whose meaning
-- is read by their place in the type.
CREATE SCHEMA facts;
CREATE TABLE facts.child (id BIGINT, date_of_birth DATE, expected_date DATE, date_of_death DATE, sex VARCHAR DEFAULT 'U', ethnicity VARCHAR DEFAULT 'NOBT');
CREATE TABLE facts.address (id BIGINT, child_id BIGINT, type VARCHAR DEFAULT 'home', district VARCHAR, from_date DATE, to_date DATE);
CREATE TABLE facts.school (id BIGINT, laestab VARCHAR, name VARCHAR, phase VARCHAR, district VARCHAR, from_date DATE DEFAULT DATE '1900-01-01', to_date DATE);
CREATE TABLE facts.enrolment (id BIGINT, child_id BIGINT, school_id BIGINT, status VARCHAR DEFAULT 'C', from_date DATE, to_date DATE);
CREATE TYPE mark AS ENUM('/', '\', 'L', 'K', 'V', 'P', 'W', 'B', 'J', 'C', 'C1', 'C2', 'E', 'I', 'J1', 'M', 'R', 'S', 'T', 'H', 'F', 'G', 'N', 'O', 'U', 'D', 'Q', 'X', 'Y', 'Y1', 'Y2', 'Y3', 'Y4', 'Y5', 'Y6', 'Y7', 'Z', '#');
CREATE TABLE facts.attendance (id BIGINT, child_id BIGINT, school_id BIGINT, date DATE, am mark, pm mark, am_minutes SMALLINT, pm_minutes SMALLINT);
CREATE TABLE facts.suspension (id BIGINT, child_id BIGINT, school_id BIGINT, category VARCHAR DEFAULT 'SUSP', reason_1 VARCHAR, from_date DATE, to_date DATE, sessions SMALLINT DEFAULT 2, governors_date DATE, governors_decision VARCHAR, review_date DATE, review_outcome VARCHAR, reinstated_date DATE, withdrawn BOOLEAN DEFAULT false);
CREATE TABLE facts.ks4_result (id BIGINT, child_id BIGINT, school_id BIGINT, year SMALLINT, attainment8 DECIMAL(5,2), english_grade VARCHAR, maths_grade VARCHAR);
CREATE TABLE facts.team (id BIGINT, name VARCHAR, service VARCHAR, from_date DATE DEFAULT DATE '1900-01-01', to_date DATE);
CREATE TABLE facts.worker (id BIGINT, team_id BIGINT, from_date DATE DEFAULT DATE '1900-01-01', to_date DATE);
CREATE TABLE facts.social_care_case (id BIGINT, child_id BIGINT, from_date DATE, to_date DATE, referral_source VARCHAR, need VARCHAR, no_further_action BOOLEAN DEFAULT false, closure VARCHAR);
CREATE TABLE facts.involvement (id BIGINT, child_id BIGINT, case_id BIGINT, worker_id BIGINT, team_id BIGINT, role VARCHAR DEFAULT 'social-worker', allocated BOOLEAN DEFAULT true, from_date DATE, to_date DATE);
CREATE TABLE facts.looked_after_period (id BIGINT, child_id BIGINT, need VARCHAR, from_date DATE, to_date DATE, end_reason VARCHAR, begins_with VARCHAR);
CREATE TABLE facts.looked_after_review (id BIGINT, child_id BIGINT, period_id BIGINT, date DATE, participation VARCHAR);
CREATE TABLE facts.legal_status (id BIGINT, child_id BIGINT, period_id BIGINT, status VARCHAR, from_date DATE, to_date DATE);
CREATE TABLE facts.placement (id BIGINT, child_id BIGINT, period_id BIGINT, type VARCHAR, provider VARCHAR, district VARCHAR, from_date DATE, to_date DATE, same_carer BOOLEAN DEFAULT false, change_reason VARCHAR);
CREATE TABLE facts.half_term (id BIGINT, academic_year SMALLINT, number SMALLINT, first_day DATE, last_day DATE);
CREATE TABLE facts.population (id BIGINT, year SMALLINT, area VARCHAR, age SMALLINT, sex VARCHAR DEFAULT 'P', people BIGINT);
CREATE TABLE facts.bank_holiday (day DATE, name VARCHAR);
CREATE TABLE facts.attendance_code (code VARCHAR, label VARCHAR, position SMALLINT, valid_from DATE, valid_to DATE, counts_as VARCHAR);
INSERT INTO facts.attendance_code (code, counts_as) VALUES
 ('/', 'present'), ('\', 'present'), ('L', 'present'),
 ('K', 'approved-activity'), ('V', 'approved-activity'), ('P', 'approved-activity'), ('W', 'approved-activity'), ('B', 'approved-activity'), ('J', 'approved-activity'),
 ('C', 'authorised'), ('C1', 'authorised'), ('C2', 'authorised'), ('E', 'authorised'), ('I', 'authorised'), ('J1', 'authorised'), ('M', 'authorised'), ('R', 'authorised'), ('S', 'authorised'), ('T', 'authorised'), ('H', 'authorised'), ('F', 'authorised'),
 ('G', 'unauthorised'), ('N', 'unauthorised'), ('O', 'unauthorised'), ('U', 'unauthorised'),
 ('D', 'not-possible'), ('Q', 'not-possible'), ('X', 'not-possible'), ('Y', 'not-possible'), ('Y1', 'not-possible'), ('Y2', 'not-possible'), ('Y3', 'not-possible'), ('Y4', 'not-possible'), ('Y5', 'not-possible'), ('Y6', 'not-possible'), ('Y7', 'not-possible'),
 ('Z', 'not-collected'), ('#', 'not-collected');
CREATE TABLE facts.sex (code VARCHAR, label VARCHAR, position SMALLINT);
CREATE TABLE facts.ethnicity (code VARCHAR, label VARCHAR, position SMALLINT);
CREATE TABLE facts.district (code VARCHAR, label VARCHAR, position SMALLINT);
CREATE TABLE facts.exclusion_category (code VARCHAR, label VARCHAR, position SMALLINT);
CREATE TABLE facts.exclusion_reason (code VARCHAR, label VARCHAR, position SMALLINT);
CREATE TABLE facts.school_phase (code VARCHAR, label VARCHAR, position SMALLINT);
CREATE TABLE facts.legal_status_code (code VARCHAR, label VARCHAR, position SMALLINT);
CREATE TABLE facts.placement_type (code VARCHAR, label VARCHAR, position SMALLINT);
CREATE TABLE facts.ks4_grade (code VARCHAR, label VARCHAR, position SMALLINT, valid_from DATE, valid_to DATE, points SMALLINT);
INSERT INTO facts.ks4_grade (code, points) VALUES ('9', 9), ('8', 8), ('7', 7), ('6', 6), ('5', 5), ('4', 4), ('3', 3), ('2', 2), ('1', 1), ('U', 0), ('X', 0);
