-- Code tables. Codes are data, dated; a record's code columns refer to them,
-- so an unknown code cannot be stored and cannot reach the warehouse.

-- +goose Up
CALL make_codes('sex');
INSERT INTO sex VALUES ('F', 'Female', 1), ('M', 'Male', 2), ('U', 'Not known or not yet known', 3);

CALL make_codes('ethnicity');
INSERT INTO ethnicity VALUES
 ('WBRI', 'White British', 1), ('WIRI', 'White Irish', 2), ('WIRT', 'Traveller of Irish heritage', 3), ('WROM', 'Gypsy or Roma', 4), ('WOTH', 'Any other White background', 5),
 ('MWBC', 'White and Black Caribbean', 6), ('MWBA', 'White and Black African', 7), ('MWAS', 'White and Asian', 8), ('MOTH', 'Any other mixed background', 9),
 ('AIND', 'Indian', 10), ('APKN', 'Pakistani', 11), ('ABAN', 'Bangladeshi', 12), ('CHNE', 'Chinese', 13), ('AOTH', 'Any other Asian background', 14),
 ('BCRB', 'Black Caribbean', 15), ('BAFR', 'Black African', 16), ('BOTH', 'Any other Black background', 17),
 ('OOTH', 'Any other ethnic group', 18), ('REFU', 'Refused', 19), ('NOBT', 'Not yet obtained', 20);

CALL make_codes('district');
INSERT INTO district VALUES
 ('E07000008', 'Cambridge', 1), ('E07000009', 'East Cambridgeshire', 2), ('E07000010', 'Fenland', 3), ('E07000011', 'Huntingdonshire', 4), ('E07000012', 'South Cambridgeshire', 5), ('OUT', 'Outside the authority', 6);

-- Which district a postcode sector lies in: the authority fills it.
CREATE TABLE postcode_sector (
    sector    text PRIMARY KEY,              -- 'CB1 2'
    district  text NOT NULL REFERENCES district (code)
);
GRANT SELECT ON postcode_sector TO onevision_app;

CALL make_codes('name_type');
INSERT INTO name_type VALUES ('legal', 'Legal name', 1), ('known', 'Known as', 2), ('former', 'Former name', 3), ('alias', 'Alias', 4);

CALL make_codes('address_type');
INSERT INTO address_type VALUES ('home', 'Home', 1), ('placement', 'Placement', 2), ('other', 'Other', 3);

CALL make_codes('school_phase');
INSERT INTO school_phase VALUES ('primary', 'Primary', 1), ('secondary', 'Secondary', 2), ('special', 'Special', 3), ('all-through', 'All-through', 4), ('ap', 'Alternative provision', 5);

CALL make_codes('enrolment_status');
INSERT INTO enrolment_status VALUES ('C', 'Current (single registration)', 1), ('M', 'Current main (dual registration)', 2), ('S', 'Current subsidiary (dual registration)', 3), ('G', 'Guest', 4);

-- School Attendance (Pupil Registration) (England) Regulations 2024, in force
-- from 19 August 2024; codes that ended then stay for older dates. counts_as is
-- the statistical meaning (DfE, Pupil absence in schools in England, methodology):
-- possible sessions are present + approved activity + authorised + unauthorised.
CALL make_codes('attendance_code');
ALTER TABLE attendance_code ADD COLUMN counts_as text NOT NULL CHECK (counts_as IN ('present', 'approved-activity', 'authorised', 'unauthorised', 'not-possible', 'not-collected'));
INSERT INTO attendance_code (code, label, position, valid_from, valid_to, counts_as) VALUES
 ('/',  'Present, morning', 1, '1900-01-01', NULL, 'present'),
 ('\',  'Present, afternoon', 2, '1900-01-01', NULL, 'present'),
 ('L',  'Late, before the register closed', 3, '1900-01-01', NULL, 'present'),
 ('K',  'Attending education provision arranged by the local authority', 4, '2024-08-19', NULL, 'approved-activity'),
 ('V',  'Educational visit or trip', 5, '1900-01-01', NULL, 'approved-activity'),
 ('P',  'Approved sporting activity', 6, '1900-01-01', NULL, 'approved-activity'),
 ('W',  'Work experience', 7, '1900-01-01', NULL, 'approved-activity'),
 ('B',  'Other supervised off-site educational activity', 8, '1900-01-01', NULL, 'approved-activity'),
 ('D',  'Dual registered, at the other school', 9, '1900-01-01', NULL, 'not-possible'),
 ('C',  'Leave of absence, exceptional circumstances', 10, '1900-01-01', NULL, 'authorised'),
 ('C1', 'Leave for a regulated performance or employment abroad', 11, '2024-08-19', NULL, 'authorised'),
 ('C2', 'Temporary part-time timetable', 12, '2024-08-19', NULL, 'authorised'),
 ('E',  'Suspended or permanently excluded, no alternative provision made', 13, '1900-01-01', NULL, 'authorised'),
 ('I',  'Illness', 14, '1900-01-01', NULL, 'authorised'),
 ('J1', 'Job or college interview', 15, '2024-08-19', NULL, 'authorised'),
 ('M',  'Medical or dental appointment', 16, '1900-01-01', NULL, 'authorised'),
 ('R',  'Religious observance', 17, '1900-01-01', NULL, 'authorised'),
 ('S',  'Study leave', 18, '1900-01-01', NULL, 'authorised'),
 ('T',  'Parent travelling for occupational purposes', 19, '1900-01-01', NULL, 'authorised'),
 ('G',  'Holiday not granted', 20, '1900-01-01', NULL, 'unauthorised'),
 ('N',  'Reason not yet established', 21, '1900-01-01', NULL, 'unauthorised'),
 ('O',  'Absent, no satisfactory reason', 22, '1900-01-01', NULL, 'unauthorised'),
 ('U',  'Arrived after the register closed', 23, '1900-01-01', NULL, 'unauthorised'),
 ('Q',  'Unable to attend: lack of access arrangements', 24, '2024-08-19', NULL, 'not-possible'),
 ('X',  'Non-compulsory school age pupil not required to attend', 25, '1900-01-01', NULL, 'not-possible'),
 ('Y1', 'Unable to attend: normal transport not available', 26, '2024-08-19', NULL, 'not-possible'),
 ('Y2', 'Unable to attend: widespread disruption to travel', 27, '2024-08-19', NULL, 'not-possible'),
 ('Y3', 'Unable to attend: part of the school premises closed', 28, '2024-08-19', NULL, 'not-possible'),
 ('Y4', 'Unable to attend: whole school site unexpectedly closed', 29, '2024-08-19', NULL, 'not-possible'),
 ('Y5', 'Unable to attend: in criminal justice detention', 30, '2024-08-19', NULL, 'not-possible'),
 ('Y6', 'Unable to attend: public health guidance or law', 31, '2024-08-19', NULL, 'not-possible'),
 ('Y7', 'Unable to attend: other unavoidable cause', 32, '2024-08-19', NULL, 'not-possible'),
 ('Z',  'Prospective pupil not on the register', 33, '1900-01-01', NULL, 'not-collected'),
 ('#',  'Planned whole-school closure', 34, '1900-01-01', NULL, 'not-collected'),
 ('H',  'Authorised family holiday', 35, '1900-01-01', '2024-08-19', 'authorised'),
 ('F',  'Extended authorised family holiday', 36, '1900-01-01', '2024-08-19', 'authorised'),
 ('J',  'Interview (counted as an approved activity)', 37, '1900-01-01', '2024-08-19', 'approved-activity'),
 ('Y',  'Unable to attend, exceptional circumstances', 38, '1900-01-01', '2024-08-19', 'not-possible');

-- points is the grade as a number, for thresholds such as "grade 4 or above".
CALL make_codes('ks4_grade');
ALTER TABLE ks4_grade ADD COLUMN points smallint NOT NULL;
INSERT INTO ks4_grade (code, label, position, valid_from, valid_to, points) VALUES
 ('9','Grade 9',1,'2017-01-01',NULL,9),('8','Grade 8',2,'2017-01-01',NULL,8),('7','Grade 7',3,'2017-01-01',NULL,7),('6','Grade 6',4,'2017-01-01',NULL,6),('5','Grade 5',5,'2017-01-01',NULL,5),
 ('4','Grade 4',6,'2017-01-01',NULL,4),('3','Grade 3',7,'2017-01-01',NULL,3),('2','Grade 2',8,'2017-01-01',NULL,2),('1','Grade 1',9,'2017-01-01',NULL,1),
 ('U','Ungraded',10,'1900-01-01',NULL,0),('X','Absent or not entered',11,'1900-01-01',NULL,0);

CALL make_codes('need');
INSERT INTO need VALUES ('N1','Abuse or neglect',1),('N2','Child''s disability',2),('N3','Parental illness or disability',3),('N4','Family in acute stress',4),('N5','Family dysfunction',5),
 ('N6','Socially unacceptable behaviour',6),('N7','Low income',7),('N8','Absent parenting',8),('N9','Cases other than children in need',9),('N0','Not stated',10);

CALL make_codes('legal_status_code');
INSERT INTO legal_status_code VALUES ('C1','Interim care order',1),('C2','Full care order',2),('D1','Freeing order',3),('E1','Placement order',4),('V2','Accommodated under section 20',5),
 ('V3','Short breaks (agreed series, placements of up to 17 days)',6),('V4','Short breaks (agreed series)',7),('L1','Under police protection',8),('L2','Emergency protection order',9),('L3','Child assessment order',10),
 ('J1','Remanded to local authority or youth detention accommodation',11),('J2','Accommodated under PACE',12),('J3','Sentenced to a youth rehabilitation order with residence',13);

CALL make_codes('placement_type');
INSERT INTO placement_type (code, label, position, valid_from, valid_to) VALUES
 ('U1','Foster placement with relative or friend: long term',1,'1900-01-01',NULL),('U2','Foster placement with relative or friend: fostering for adoption',2,'1900-01-01',NULL),('U3','Foster placement with relative or friend: other',3,'1900-01-01',NULL),
 ('U4','Foster placement with other carer: long term',4,'1900-01-01',NULL),('U5','Foster placement with other carer: fostering for adoption',5,'1900-01-01',NULL),('U6','Foster placement with other carer: other',6,'1900-01-01',NULL),
 ('A3','Placed for adoption with consent, with current foster carer',7,'1900-01-01',NULL),('A4','Placed for adoption with consent, not with current foster carer',8,'1900-01-01',NULL),
 ('A5','Placed for adoption with placement order, with current foster carer',9,'1900-01-01',NULL),('A6','Placed for adoption with placement order, not with current foster carer',10,'1900-01-01',NULL),
 ('P1','Placed with own parents',11,'1900-01-01',NULL),('P2','Independent living',12,'1900-01-01','2025-04-01'),('P3','Residential employment',13,'1900-01-01',NULL),
 ('K1','Secure children''s home',14,'1900-01-01',NULL),('K2','Children''s home',15,'1900-01-01',NULL),('K3','Supported accommodation',16,'2024-04-01',NULL),
 ('R1','Residential care home',17,'1900-01-01',NULL),('R2','NHS or other establishment providing medical or nursing care',18,'1900-01-01',NULL),('R3','Family centre or mother and baby unit',19,'1900-01-01',NULL),('R5','Young offender institution',20,'1900-01-01',NULL),
 ('S1','Residential school',21,'1900-01-01',NULL),('H5','Semi-independent living accommodation',22,'1900-01-01','2025-04-01'),
 ('T0','All types of temporary move',23,'1900-01-01',NULL),('T1','Temporary period in hospital',24,'1900-01-01',NULL),('T2','Temporary absence on holiday',25,'1900-01-01',NULL),('T3','Temporary accommodation whilst normal foster carer is on holiday',26,'1900-01-01',NULL),('T4','Temporary accommodation of seven days or less',27,'1900-01-01',NULL),
 ('Z1','Other placement',28,'1900-01-01','2025-04-01'),('Z11','Other placement (Z11)',29,'2025-04-01',NULL),('Z12','Other placement (Z12)',30,'2025-04-01',NULL),('Z13','Other placement (Z13)',31,'2025-04-01',NULL),('Z14','Other placement (Z14)',32,'2025-04-01',NULL);

CALL make_codes('placement_provider');
INSERT INTO placement_provider VALUES ('PR0','Parent or other person with parental responsibility',1),('PR1','Own provision',2),('PR2','Other local authority',3),('PR3','Other public provision',4),('PR4','Private provision',5),('PR5','Voluntary or third sector provision',6);

CALL make_codes('looked_after_end');
INSERT INTO looked_after_end VALUES ('E11','Adopted, application unopposed',1),('E12','Adopted, consent dispensed with',2),('E2','Died',3),('E3','Care taken over by another authority',4),
 ('E4A','Returned home to live with parents, planned',5),('E4B','Returned home to live with parents, unplanned',6),('E13','Left care to live with another relative',7),('E14','Accommodation on remand ended',8),('E15','Age assessment determined 18 or over',9),
 ('E16','Moved abroad',10),('E17','Aged 18 and remained with current carers',11),('E41','Residence or child arrangements order',12),('E43','Special guardianship order to former foster carers',13),('E44','Special guardianship order to others',14),('E45','Special guardianship order to relatives who were former foster carers',15),('E46','Special guardianship order to other former foster carers',16),('E47','Special guardianship order to relatives not former foster carers',17),('E48','Special guardianship order to others not former foster carers',18),('E5','Moved into independent living, with support',19),('E6','Moved into independent living, no support',20),('E7','Transferred to adult social services',21),('E8','Ceased for any other reason',22),('E9','Sentenced to custody',23);

CALL make_codes('referral_source');
INSERT INTO referral_source VALUES ('1A','Individual: family member',1),('1B','Individual: acquaintance',2),('1C','Individual: self',3),('1D','Individual: other',4),('2A','Schools',5),('2B','Education services',6),
 ('3A','Health services: GP',7),('3B','Health services: health visitor',8),('3C','Health services: school nurse',9),('3D','Health services: other primary',10),('3E','Health services: A&E',11),('3F','Health services: other',12),
 ('4','Housing',13),('5A','Local authority: social care',14),('5B','Local authority: other internal',15),('5C','Local authority: external',16),('5D','Local authority: other external',17),('6','Police',18),('7','Other legal agency',19),('8','Other',20),('9','Anonymous',21),('10','Unknown',22);

CALL make_codes('case_closure');
INSERT INTO case_closure VALUES ('RC1','Adopted',1),('RC2','Died',2),('RC3','Child arrangements order',3),('RC4','Special guardianship order',4),('RC5','Transferred to another authority',5),('RC6','Transferred to adult services',6),('RC7','Services ceased for any other reason',7),('RC8','Case closed after assessment, no further action',8),('RC9','Case closed after assessment, referred to early help',9);

CALL make_codes('involvement_role');
INSERT INTO involvement_role VALUES ('social-worker','Social worker',1),('iro','Independent reviewing officer',2),('personal-adviser','Personal adviser',3),('ewo','Education welfare officer',4),('sen-officer','SEN officer',5),('health-visitor','Health visitor',6);

CALL make_codes('team_service');
INSERT INTO team_service VALUES ('assessment','Assessment',1),('safeguarding','Safeguarding and family support',2),('looked-after','Children in care',3),('disability','Disabled children',4),('leaving-care','Leaving care',5),('education-welfare','Education welfare',6);

-- The authority's school year: one row for each half term, and the days on
-- which the country does not work. Reference data, followed like codes.
CREATE TABLE half_term (
    id             bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    academic_year  smallint NOT NULL,        -- the year it begins in: 2025 is 2025/26
    number         smallint NOT NULL CHECK (number BETWEEN 1 AND 6),
    first_day      date NOT NULL,
    last_day       date NOT NULL CHECK (last_day >= first_day),
    UNIQUE (academic_year, number)
);
CREATE TABLE bank_holiday (
    day   date PRIMARY KEY,
    name  text NOT NULL
);
GRANT SELECT ON half_term, bank_holiday TO onevision_app, onevision_follow;
ALTER PUBLICATION onevision_facts ADD TABLE half_term, bank_holiday;
INSERT INTO bank_holiday VALUES
 ('2024-01-01','New Year''s Day'),('2024-03-29','Good Friday'),('2024-04-01','Easter Monday'),('2024-05-06','Early May bank holiday'),('2024-05-27','Spring bank holiday'),('2024-08-26','Summer bank holiday'),('2024-12-25','Christmas Day'),('2024-12-26','Boxing Day'),
 ('2025-01-01','New Year''s Day'),('2025-04-18','Good Friday'),('2025-04-21','Easter Monday'),('2025-05-05','Early May bank holiday'),('2025-05-26','Spring bank holiday'),('2025-08-25','Summer bank holiday'),('2025-12-25','Christmas Day'),('2025-12-26','Boxing Day'),
 ('2026-01-01','New Year''s Day'),('2026-04-03','Good Friday'),('2026-04-06','Easter Monday'),('2026-05-04','Early May bank holiday'),('2026-05-25','Spring bank holiday'),('2026-08-31','Summer bank holiday'),('2026-12-25','Christmas Day'),('2026-12-28','Boxing Day (substitute day)'),
 ('2027-01-01','New Year''s Day'),('2027-03-26','Good Friday'),('2027-03-29','Easter Monday'),('2027-05-03','Early May bank holiday'),('2027-05-31','Spring bank holiday'),('2027-08-30','Summer bank holiday'),('2027-12-27','Christmas Day (substitute day)'),('2027-12-28','Boxing Day (substitute day)');

-- +goose Down
SELECT 1/0;
