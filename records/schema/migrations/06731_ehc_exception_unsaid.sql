-- An extract or a return says that there was an exception to the 20 weeks, and not which.

-- +goose Up
INSERT INTO ehc_exception VALUES ('unsaid', 'One of them; which is not said', (SELECT max(position) + 1 FROM ehc_exception));

-- +goose Down
SELECT 1/0;
