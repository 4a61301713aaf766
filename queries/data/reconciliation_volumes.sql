-- purpose: visits, discharges and bed-days of an institution and month, to be held against what was settled
-- grain: institution in the county × month × side
-- params: first, last
-- columns: institution_code, month, side, amount
SELECT institution_code, month, 'visits' AS side, SUM(visits) AS amount
FROM fact_outpatient WHERE month BETWEEN :first AND :last GROUP BY institution_code, month
UNION ALL
SELECT institution_code, month, 'discharges' AS side, SUM(discharges) AS amount
FROM fact_bed WHERE month BETWEEN :first AND :last GROUP BY institution_code, month
UNION ALL
SELECT institution_code, month, 'bed_days' AS side, SUM(discharged_bed_days) AS amount
FROM fact_bed WHERE month BETWEEN :first AND :last GROUP BY institution_code, month
