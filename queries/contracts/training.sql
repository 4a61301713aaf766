-- purpose: staff that members sent up for training
-- grain: sender × receiver × month
-- params: first_month, last_month
-- scope: sender
-- columns: from_code, kind, month, people, person_days, people_3_months
SELECT from_code, kind, month, people, person_days, people_3_months
FROM fact_posting
WHERE month BETWEEN :first_month AND :last_month AND kind = 'training_up'
ORDER BY from_code, to_code, month
