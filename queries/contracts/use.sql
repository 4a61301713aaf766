-- purpose: where people with and without a contract go for care
-- grain: institution they belong to × group × contract status, over a period; people are the mean of the months reported
-- params: first_month, last_month
-- columns: institution_code, population_group, contract_status, months, people, visits, own_visits, first_visits, primary_first_visits, admissions, chronic_visits, lead_chronic_visits
SELECT institution_code, population_group, contract_status,
       COUNT(*) AS months,
       CAST(AVG(people) AS DOUBLE PRECISION) AS people,
       SUM(visits) AS visits,
       SUM(own_visits) AS own_visits,
       SUM(first_visits) AS first_visits,
       SUM(primary_first_visits) AS primary_first_visits,
       SUM(admissions) AS admissions,
       SUM(chronic_visits) AS chronic_visits,
       SUM(lead_chronic_visits) AS lead_chronic_visits
FROM fact_contract_use
WHERE month BETWEEN :first_month AND :last_month
GROUP BY institution_code, population_group, contract_status
ORDER BY institution_code, population_group, contract_status
