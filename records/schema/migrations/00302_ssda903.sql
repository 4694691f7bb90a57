-- What the episodes of the SSDA903 return say beside legal status, placement and
-- need, so that the episodes can be derived again as they came: how the record
-- of a period begins (RNE of its first row), whether a placement goes on with
-- the same carer (T and U), why it ended (REASON_PLACE_CHANGE), its URN, and
-- the postcode of the child's home.

-- +goose Up
CALL make_codes('episode_reason');
INSERT INTO episode_reason VALUES
 ('S','Started to be looked after',1),('L','Change of legal status only',2),('P','Change of placement and carer',3),('T','Change of placement, same carer',4),
 ('B','Change of legal status, placement and carer',5),('U','Change of legal status and placement, same carer',6);

CALL make_codes('placement_change');
INSERT INTO placement_change VALUES
 ('CARPL','Change of the care plan',1),('CLOSE','The resource closed',2),('ALLEG','An allegation (section 47)',3),('STAND','Standards of care',4),('APPRR','Approval removed',5),
 ('CREQB','The carer asked, because of the child''s behaviour',6),('CREQO','The carer asked, for another reason',7),('CHILD','The child asked',8),('LAREQ','The responsible authority asked',9),
 ('PLACE','The placement was changed while the child was missing or away',10),('CUSTOD','Custody arrangement',11),('OTHER','Another reason',12);

ALTER TABLE looked_after_period ADD COLUMN begins_with text REFERENCES episode_reason (code);
ALTER TABLE looked_after_period_history ADD COLUMN begins_with text;
ALTER TABLE placement
    ADD COLUMN same_carer boolean NOT NULL DEFAULT false,
    ADD COLUMN change_reason text REFERENCES placement_change (code),
    ADD COLUMN urn text,
    ADD COLUMN home_postcode text;
ALTER TABLE placement_history
    ADD COLUMN same_carer boolean,
    ADD COLUMN change_reason text,
    ADD COLUMN urn text,
    ADD COLUMN home_postcode text;

-- A table's columns in the publication are changed by taking it out and in.
GRANT SELECT (begins_with) ON looked_after_period TO onevision_follow;
GRANT SELECT (same_carer, change_reason) ON placement TO onevision_follow;
ALTER PUBLICATION onevision_facts DROP TABLE looked_after_period, placement;
ALTER PUBLICATION onevision_facts ADD TABLE
    looked_after_period (id, child_id, need, from_date, to_date, end_reason, begins_with),
    placement (id, child_id, period_id, type, provider, district, from_date, to_date, same_carer, change_reason);

-- +goose Down
SELECT 1/0;
