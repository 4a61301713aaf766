-- purpose: staff that lead hospitals posted to members for a while or for longer, and members sent up for training, pair by pair
-- grain: sender × receiver × kind, over a period; people are the most of any month
-- params: first_month, last_month
-- columns: from_code, to_code, kind, people, person_days, qualified_people
SELECT from_code, to_code, kind,
       MAX(people) AS people,
       SUM(person_days) AS person_days,
       MAX(qualified_people) AS qualified_people
FROM fact_posting
WHERE month BETWEEN :first_month AND :last_month
GROUP BY from_code, to_code, kind
ORDER BY kind, from_code, to_code
