-- purpose: the newest staff return up to a date
-- grain: one row
-- params: last
-- columns: quarter
SELECT MAX(quarter) AS quarter
FROM fact_workforce
WHERE quarter <= :last
