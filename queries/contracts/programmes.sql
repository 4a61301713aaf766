-- purpose: basic public-health programmes of in-county institutions
-- grain: institution × programme × month
-- params: first_month, last_month
-- columns: institution_code, programme, month, eligible, managed, managed_to_standard, controlled, missed, no_reading, new_3m
SELECT f.institution_code, f.programme, f.month, f.eligible, f.managed, f.managed_to_standard, f.controlled, f.missed, f.no_reading, f.new_3m
FROM fact_public_health f
JOIN dim_institution i ON i.institution_code = f.institution_code
WHERE f.month BETWEEN :first_month AND :last_month AND i.in_county
ORDER BY f.institution_code, f.programme, f.month
