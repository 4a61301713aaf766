-- purpose: discharges of the lead hospitals in a span of months, what rehabilitation sent down is held against
-- grain: lead hospital
-- params: first_month, last_month
-- columns: institution_code, discharges
SELECT b.institution_code, SUM(b.discharges) AS discharges
FROM fact_bed b
JOIN dim_institution i ON i.institution_code = b.institution_code
WHERE i.role = 'lead' AND b.month BETWEEN :first_month AND :last_month
GROUP BY b.institution_code
ORDER BY b.institution_code
