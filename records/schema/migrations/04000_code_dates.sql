-- Codes that had other dates or labels than the returns that they belong to: the
-- year in which each code first stood in, or was last accepted by, the children in
-- need census and the SSDA903 (records/testdata/codes.csv says it of every code).

-- +goose Up
UPDATE referral_source SET label = 'Local authority: early help', valid_from = '2022-04-01' WHERE code = '5D';
UPDATE case_closure SET valid_from = '2022-04-01' WHERE code = 'RC9';
UPDATE looked_after_end SET valid_to = '2018-04-01' WHERE code IN ('E43', 'E44');
UPDATE looked_after_end SET valid_from = '2018-04-01' WHERE code IN ('E45', 'E46', 'E47', 'E48');
UPDATE placement_type SET valid_to = '2023-10-28' WHERE code = 'P2';
UPDATE placement_change SET label = 'Change in the status of the placement only' WHERE code = 'PLACE';
UPDATE placement_change SET label = 'Custody arrangement', valid_from = '2018-04-01' WHERE code = 'CUSTOD';
UPDATE legal_status_code SET valid_to = '2005-12-30' WHERE code = 'D1';
UPDATE legal_status_code SET valid_from = '2005-12-30' WHERE code = 'E1';

-- +goose Down
SELECT 1/0;
