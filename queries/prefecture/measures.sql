-- purpose: what the indicators of all counties are divided from, month by month
-- grain: county × month × measure
-- params: first_month, last_month, scheme_code (all: every scheme together)
-- scope: county
-- columns: unit, month, measure, value, incomplete, reported, expected
SELECT county_code AS unit, month, measure, value, incomplete, reported, expected
FROM mart_county_measure
WHERE month BETWEEN :first_month AND :last_month AND scheme = :scheme_code
ORDER BY month, county_code, measure
