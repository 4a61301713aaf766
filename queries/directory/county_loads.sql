-- purpose: which county was loaded first, and the newest load that changed anything of it
-- grain: one row per county that loads are of, and one (NULL) for loads of several
-- params: none
-- columns: county_code, first_load, last_load (numbers of the oldest and the newest load)
SELECT county_code, MIN(load_id) AS first_load, MAX(load_id) AS last_load
FROM meta_load
GROUP BY county_code
ORDER BY first_load
