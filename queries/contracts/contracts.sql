-- purpose: family-doctor contracts of in-county institutions
-- grain: institution × population group × month
-- params: first_month, last_month
-- columns: institution_code, population_group, month, population, contracted, fulfilled, due, renewed, fee_fiscal, fee_fund, fee_person, paid_people, teams
SELECT f.institution_code, f.population_group, f.month, f.population, f.contracted, f.fulfilled, f.due, f.renewed,
       f.fee_fiscal, f.fee_fund, f.fee_person, f.paid_people, f.teams
FROM fact_contract f
JOIN dim_institution i ON i.institution_code = f.institution_code
WHERE f.month BETWEEN :first_month AND :last_month AND i.in_county
ORDER BY f.institution_code, f.population_group, f.month
